"""Dated acts on units, what units they began from and ended in, and who succeeds whom."""

import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from orgunits.models.people import User
from orgunits.models.units import OrgUnit, Sector

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Reversible(models.Model):
    """What was recorded by a person and may be taken back by one; the row stays, with who did so and why."""

    effective_on = models.DateField("ngày hiệu lực")
    legal_basis = models.CharField("căn cứ", max_length=500, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)
    reversed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    reversed_at = models.DateTimeField(null=True, blank=True)
    reversal_reason = models.CharField("lý do hủy", max_length=500, blank=True)

    class Meta:
        abstract = True


class ReformQuerySet(models.QuerySet["Reform"]):
    def administered_by(self, user: User, on: datetime.date) -> Self:
        """Reforms of which at least one act is about a unit that the user administers."""
        units = OrgUnit.objects.administered_by(user, on)
        return self.filter(Exists(Reorganisation.objects.filter(reform=OuterRef("pk"), org_unit__in=units)))


class Reform(Reversible):
    """Many acts of one day, recorded from one workbook and taken back only as a whole."""

    sector = models.CharField("hệ thống", max_length=20, choices=Sector)
    name = models.CharField("tên đợt sắp xếp", max_length=250)

    objects = ReformQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_on", "-pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("orgunits:reform_detail", args=[self.pk])


class ReorganisationQuerySet(models.QuerySet["Reorganisation"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        return self.filter(org_unit__in=OrgUnit.objects.visible_to(user, on))

    def standing(self) -> Self:
        """Acts that were not taken back."""
        return self.filter(reversed_at__isnull=True)

    def unfollowed(self) -> Self:
        """Standing acts with something to carry out that is not done yet."""
        return self.standing().filter(followed_up_at__isnull=True).exclude(follow_up={})

    def about(self, unit: OrgUnit) -> Self:
        """Acts on this unit, and those in which it began or ended."""
        return self.filter(Q(org_unit=unit) | Q(units__org_unit=unit)).distinct()


class Reorganisation(Reversible):
    """A dated act on units with its legal basis (Quyết định thành lập, sáp nhập, giải thể …).

    ``org_unit`` is the unit that the act is about; all origin and resulting units are in ``units``. ``before`` keeps
    what the act wrote over: a place that had begun on the very same day. ``kept_share`` is what a unit that goes on
    after a split keeps of its earlier figures, in the same measure as the shares of its successors.
    """

    class Act(models.TextChoices):
        ESTABLISH = "establish", "Thành lập"
        RENAME = "rename", "Đổi tên, đổi cấp, đổi mã"
        MOVE = "move", "Chuyển đơn vị cấp trên"
        MERGE = "merge", "Sáp nhập"
        SPLIT = "split", "Chia tách"
        DISSOLVE = "dissolve", "Kết thúc hoạt động"
        RESTORE = "restore", "Khôi phục"

    ENDING = (Act.MERGE, Act.SPLIT, Act.DISSOLVE)

    act = models.CharField("hình thức", max_length=20, choices=Act)
    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="reorganisations")
    reform = models.ForeignKey(Reform, models.PROTECT, null=True, blank=True, related_name="acts")
    kept_share = models.PositiveIntegerField("phần giữ lại", null=True, blank=True)
    before: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list, blank=True)
    # What is to become of duties, roles and open reports of the units that end, and what became of it (following.py).
    follow_up: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict, blank=True)
    followed_up_at = models.DateTimeField(null=True, blank=True)
    follow_up_error = models.CharField(max_length=500, blank=True)
    follow_up_tries = models.PositiveSmallIntegerField(default=0)

    objects = ReorganisationQuerySet.as_manager()

    if TYPE_CHECKING:
        units: RelatedManager["ReorganisationUnit"]
        successions: RelatedManager["Succession"]

    class Meta:
        ordering = ["effective_on", "pk"]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.effective_on:%d/%m/%Y}"


class ReorganisationUnit(models.Model):
    """A unit that an act began from or that came out of it."""

    class Part(models.TextChoices):
        ORIGIN = "origin", "trước sắp xếp"
        RESULT = "result", "sau sắp xếp"

    reorganisation = models.ForeignKey(Reorganisation, models.PROTECT, related_name="units")
    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="acts")
    part = models.CharField("phần", max_length=8, choices=Part)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["reorganisation", "org_unit", "part"], name="unit_once_in_part_of_act")
        ]

    def __str__(self) -> str:
        return f"{self.org_unit} {self.get_part_display()}"


class Succession(models.Model):
    """Predecessor → successor; ``direct`` is False on the rows that close the relation over several acts.

    ``share`` of a direct row says how much of the predecessor's earlier figures go to this successor in the restated
    view: a whole number in any common measure (members, children), the same for all successors of one act. A single
    successor takes all and needs none; without shares the figures of a split unit cannot be divided and are not.
    """

    reorganisation = models.ForeignKey(Reorganisation, models.PROTECT, related_name="successions")
    predecessor = models.ForeignKey(OrgUnit, models.PROTECT, related_name="successor_links")
    successor = models.ForeignKey(OrgUnit, models.PROTECT, related_name="predecessor_links")
    direct = models.BooleanField(default=True)
    share = models.PositiveIntegerField("phần kế thừa", null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            # Once for each act: a part may be taken from a unit, and years later all of it go the same way.
            models.UniqueConstraint(
                fields=["reorganisation", "predecessor", "successor"], name="succession_once_in_act"
            ),
            models.CheckConstraint(
                condition=~Q(predecessor=models.F("successor")),
                name="succession_between_different_units",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"
