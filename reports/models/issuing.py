"""Which filing of a report went out as an official document, under which number of the register."""

from django.db import models

from plans.models import OutgoingDocument
from reports.models.reports import Revision


class IssuedRevision(models.Model):
    """A filing and the number under which it stands. A correction is another filing and gets its own number.

    After a number was declared void the filing may get another one; the void one stays in the register.
    """

    revision = models.OneToOneField(Revision, models.PROTECT, related_name="issued", verbose_name="lần nộp")
    outgoing = models.OneToOneField(
        OutgoingDocument, models.PROTECT, related_name="issued_revision", verbose_name="văn bản đi"
    )

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.outgoing}"
