"""Django's SMTP backend that tells apart what the mail server refused and what it may have taken without saying so."""

import smtplib
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

DJANGO = "django.core.mail.backends.smtp.EmailBackend"
OURS = "orgunits.smtp.Backend"


class OutcomeUnknown(smtplib.SMTPServerDisconnected):
    """The whole letter went out and no answer came: nobody knows whether the server took it."""


class _Careful(smtplib.SMTP):
    def data(self, msg: Any) -> tuple[int, bytes]:
        """As the library's own, where it matters: what fails after the final dot leaves the outcome open."""
        self.putcmd("data")
        code, answer = self.getreply()
        if code != 354:
            raise smtplib.SMTPDataError(code, answer)
        if isinstance(msg, str):
            msg = msg.replace("\r\n", "\n").replace("\n", "\r\n").encode("ascii")
        text = msg.replace(b"\r\n.", b"\r\n..")
        text = b"." + text if text.startswith(b".") else text
        self.send(text + (b".\r\n" if text.endswith(b"\r\n") else b"\r\n.\r\n"))
        try:
            return self.getreply()
        except OSError as error:  # the library's own errors are of this kind too
            raise OutcomeUnknown(str(error)) from error


class _CarefulSSL(_Careful, smtplib.SMTP_SSL):
    pass


class Backend(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _CarefulSSL if self.use_ssl else _Careful
