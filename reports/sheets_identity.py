"""Which report, form version and unit an Excel file was made for: plain rows in a hidden sheet, with a signature.

The signature keeps a file of another unit from being passed off by typing over the rows. It hides nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.core import signing

SHEET: Final = "_mang_non"
SIGNATURE: Final = "chu-ky"
BASE: Final = "goc"  # marks the rows that hold the draft's text at the download
ONE: Final = "mot-don-vi"
MANY: Final = "nhieu-don-vi"

NOT_OURS = (
    "Tệp này không phải là biểu mẫu tải từ trang này, hoặc phần ghi nhận của biểu mẫu đã bị sửa. Hãy tải biểu mẫu mới, "
    "chép số liệu sang rồi nộp lại."
)


class NotOurs(ValueError):
    """The rows are missing, or were changed; the message is a sentence for the user."""


@dataclass(frozen=True)
class Identity:
    """``subject`` is the report of one unit, or ``<duty>-<period>`` of many; ``unit`` is empty for many."""

    kind: str
    subject: str
    version: int
    unit: str = ""

    @property
    def payload(self) -> str:
        return f"{self.kind}|{self.subject}|{self.version}|{self.unit}"

    def rows(self) -> list[tuple[str, str]]:
        """What is written into the hidden sheet."""
        return [
            ("loai", self.kind),
            ("ma", self.subject),
            ("phien-ban", str(self.version)),
            ("don-vi", self.unit),
            (SIGNATURE, _signer().signature(self.payload)),
        ]


def from_rows(found: Mapping[str, str]) -> Identity:
    """The identity that a file carries; raises NotOurs."""
    version = found.get("phien-ban", "")
    if not (version.isascii() and version.isdigit() and len(version) < 18):
        raise NotOurs(NOT_OURS)
    identity = Identity(found.get("loai", ""), found.get("ma", ""), int(version), found.get("don-vi", ""))
    try:
        _signer().unsign(f"{identity.payload}:{found.get(SIGNATURE, '')}")
    except signing.BadSignature as error:
        raise NotOurs(NOT_OURS) from error
    return identity


def _signer() -> signing.Signer:
    return signing.Signer(salt="reports.sheets")
