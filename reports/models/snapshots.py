"""What a report upward took from below when it was sent: picked texts, sums, the version of each report."""

from typing import TYPE_CHECKING, Any

from django.db import models

from orgunits.models import User
from reports.models.obligations import Obligation
from reports.models.reports import Report, Revision

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class TextPick(models.Model):
    """A passage from a report below in the draft of a report upward, as edited there; it keeps its source."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="text_picks")
    item_code = models.SlugField(max_length=60)  # of the report upward
    source = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    source_code = models.SlugField(max_length=60)  # the item of the source
    text = models.TextField("nội dung", max_length=10000)
    order = models.PositiveSmallIntegerField(default=0)
    picked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    picked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["report", "item_code", "order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["report", "item_code", "source", "source_code"], name="text_picked_once")
        ]

    def __str__(self) -> str:
        return self.text[:80]


class Snapshot(models.Model):
    """The sums from below as they stood when the revision was sent; never changed.

    ``rows`` is one entry for each duty below: {"duty": pk, "name": text, "expected", "filed", "on_time", "submitted",
    "returned", "approved", "waived": counts, "figures": {item code: cells}, "items": the words and goals of the
    figures (asked_items.py), "extended": {obligation pk: last day}} with the figures of approved reports only.
    """

    revision = models.OneToOneField(Revision, models.PROTECT, related_name="snapshot")
    rows: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list)
    taken_at = models.DateTimeField(auto_now_add=True)

    if TYPE_CHECKING:
        children: RelatedManager["SnapshotChild"]

    def __str__(self) -> str:
        return f"{self.revision}"


class SnapshotChild(models.Model):
    """One report expected from below: the revision that counted, or in which state it stood without one."""

    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="children")
    obligation = models.ForeignKey(Obligation, models.PROTECT, related_name="+")
    revision = models.ForeignKey(Revision, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10)  # a Report.Status, "none" where nothing was begun, "waived"
    # Days late at that moment: missing so long, or first filed so late. Empty where it was taken before this was kept.
    late_days = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "obligation"], name="snapshot_child_once")]

    def __str__(self) -> str:
        return f"{self.obligation_id}: {self.state}"
