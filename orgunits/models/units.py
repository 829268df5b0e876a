"""Units with a stable identity, and their dated places in three separate trees."""

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone

from orgunits.vietnamese import searchable, without_marks

if TYPE_CHECKING:
    from orgunits.models.people import User
    from orgunits.models.reorganisations import Reorganisation

SEGMENT_WIDTH = 7  # digits of a path segment: ten million units
AFTER_DIGITS = "Z"  # sorts after every digit in every collation, so [p, p + "Z") is exactly the subtree of p


def unit_pks(path: str) -> list[int]:
    """The units along a path, the root first, the placed unit last."""
    return [int(path[start : start + SEGMENT_WIDTH]) for start in range(0, len(path), SEGMENT_WIDTH)]


class Sector(models.TextChoices):
    """Which of the three systems a unit belongs to; it decides the tree and the document style."""

    TRADE_UNION = "trade_union", "Công đoàn"
    PARTY = "party", "Đảng"
    GOVERNMENT = "government", "Chính quyền"


class Level(models.Model):
    """A named level of one sector, e.g. công đoàn cơ sở; rank 1 is the highest."""

    sector = models.CharField("hệ thống", max_length=20, choices=Sector)
    code = models.SlugField("mã", max_length=40)
    name = models.CharField("tên cấp", max_length=100)
    rank = models.PositiveSmallIntegerField("thứ bậc", default=1)

    class Meta:
        ordering = ["sector", "rank", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["sector", "code"],
                name="level_code_once_per_sector",
                violation_error_message="Hệ thống này đã có cấp mang mã đó.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class OrgUnitQuerySet(models.QuerySet["OrgUnit"]):
    def placed_on(self, day: datetime.date) -> Self:
        """Units that have a place in their tree on that day."""
        return self.filter(Exists(Placement.objects.as_of(day).filter(org_unit=OuterRef("pk"))))

    def below(self, unit: "OrgUnit", on: datetime.date, *, include_self: bool = False) -> Self:
        """Units in the subtree of ``unit`` on that day."""
        place = unit.placement_on(on)
        if place is None:
            return self.filter(pk=unit.pk) if include_self else self.none()
        inside = Placement.objects.as_of(on).in_subtree(place.path)
        found = self.filter(Exists(inside.filter(org_unit=OuterRef("pk"))))
        return found if include_self else found.exclude(pk=unit.pk)

    def children_of(self, unit: "OrgUnit", on: datetime.date) -> Self:
        """Units directly below ``unit`` on that day."""
        return self.filter(Exists(Placement.objects.as_of(on).filter(org_unit=OuterRef("pk"), parent=unit)))

    def visible_to(self, user: "User", on: datetime.date | None = None) -> Self:
        """Units inside any of the user's roles on that day, and the predecessors of those units.

        A unit that ended stays visible in the branch in which it ended.
        """
        on = on or timezone.localdate()
        return self._reached(user.role_assignments.as_of(on).values_list("org_unit_id", flat=True), on)

    def administered_by(self, user: "User", on: datetime.date) -> Self:
        """Units inside the user's administrator roles on that day: where the user may change units and people."""
        held = user.role_assignments.as_of(on).filter(role="administrator")
        return self._reached(held.values_list("org_unit_id", flat=True), on)

    def _reached(self, held: Iterable[int | None], on: datetime.date) -> Self:
        """The held units, what lies below them on that day, and the predecessors of all these."""
        held = list(held)
        if None in held:
            return self.all()
        paths = list(Placement.objects.known_by(on).filter(org_unit_id__in=held).values_list("path", flat=True))
        inside = Placement.objects.known_by(on).in_subtrees(paths).order_by().values("org_unit_id")
        units = OrgUnit.objects.order_by()
        succeeded = units.filter(successor_links__successor_id__in=inside).values("pk")
        # One list of keys: an OR of the three would look at every unit of the country.
        return self.filter(pk__in=inside.union(succeeded, units.filter(pk__in=[pk for pk in held if pk]).values("pk")))

    def search(self, text: str) -> Self:
        """Units any of whose names contains the text, typed with or without marks, or that ever had that code."""
        wanted = searchable(text)
        places = Placement.objects.order_by().values_list("org_unit_id")
        named = places.filter(search_name__contains=without_marks(wanted))
        own = OrgUnit.objects.order_by().filter(code__iexact=wanted).values_list("pk")
        # One list of keys: an OR over the two tables would look into the places once for every unit of the country.
        return self.filter(pk__in=named.union(places.filter(code__iexact=wanted), own))


class OrgUnit(models.Model):
    """A unit's stable identity. Never deleted and never re-parented: its places carry the dates.

    ``code`` never changes and never returns. The official code has dates and lies on the places: after the reform of
    2025 nearly every new commune carries the code of an old one.
    """

    code = models.CharField("mã đơn vị", max_length=60)
    sector = models.CharField("hệ thống", max_length=20, choices=Sector)
    province_code = models.CharField("mã tỉnh", max_length=10, blank=True)
    commune_code = models.CharField("mã xã", max_length=10, blank=True)
    email = models.EmailField("thư điện tử", blank=True)
    phone = models.CharField("điện thoại", max_length=40, blank=True)
    is_sample = models.BooleanField("dữ liệu mẫu", default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrgUnitQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(Upper("code"), name="unit_code_any_case")]  # search by code
        constraints = [
            models.UniqueConstraint(
                fields=["sector", "code"],
                name="unit_code_once_per_sector",
                violation_error_message="Mã này đã dùng cho một đơn vị khác trong cùng hệ thống.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("orgunits:unit_detail", args=[self.pk])

    @property
    def segment(self) -> str:
        """This unit's own step in a path."""
        return f"{self.pk:0{SEGMENT_WIDTH}d}"

    @property
    def name(self) -> str:
        """The name of the latest place (queries that list many units prefetch ``placements``)."""
        last = self.latest_placement
        return last.name if last else self.code

    @property
    def latest_placement(self) -> "Placement | None":
        return max(self.placements.all(), key=lambda place: place.valid_from, default=None)

    def placement_on(self, day: datetime.date) -> "Placement | None":
        """The place of this unit on that day, or None before it began or after it ended."""
        for place in self.placements.all():
            if place.valid_from <= day and (place.valid_to is None or day < place.valid_to):
                return place
        return None

    def name_on(self, day: datetime.date) -> str:
        place = self.placement_on(day)
        return place.name if place else self.name


class PlacementQuerySet(models.QuerySet["Placement"]):
    def as_of(self, day: datetime.date) -> Self:
        """Places that hold on that day; ``valid_to`` is excluded."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day), valid_from__lte=day)

    def known_by(self, day: datetime.date) -> Self:
        """Each unit's place on that day, or for a unit that had ended by then the place in which it ended."""
        return self.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gt=day) | Q(is_final=True),
            valid_from__lte=day,
        )

    def in_subtree(self, path: str) -> Self:
        """Places at or below a path: one index range on both engines."""
        return self.filter(path__gte=path, path__lt=path + AFTER_DIGITS)

    def in_subtrees(self, paths: list[str]) -> Self:
        inside = Q()
        for path in paths:
            inside |= Q(path__gte=path, path__lt=path + AFTER_DIGITS)
        return self.filter(inside) if paths else self.none()


class Placement(models.Model):
    """Name, level, parent and path of a unit over ``[valid_from, valid_to)``. Only reorganisation.py writes it."""

    # No index of its own where another one begins with the column: a move writes into every index of every row.
    org_unit = models.ForeignKey(
        OrgUnit, models.PROTECT, related_name="placements", verbose_name="đơn vị", db_index=False
    )
    name = models.CharField("tên đơn vị", max_length=250)
    short_name = models.CharField("tên gọi tắt", max_length=100, blank=True)
    code = models.CharField("mã chính thức", max_length=60)  # once at a time in a sector: checked under lock
    level = models.ForeignKey(
        Level, models.PROTECT, related_name="placements", verbose_name="cấp", db_index=False
    )  # a handful of levels: no index would be used
    parent = models.ForeignKey(
        OrgUnit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="child_placements",
        verbose_name="trực thuộc",
        db_index=False,
    )
    path = models.CharField(max_length=255)
    depth = models.PositiveSmallIntegerField(default=0)
    valid_from = models.DateField("từ ngày")
    valid_to = models.DateField("đến trước ngày", null=True, blank=True)
    is_final = models.BooleanField(default=True)  # no later place of this unit exists
    opened_by: "models.ForeignKey[Reorganisation | None]" = models.ForeignKey(
        "orgunits.Reorganisation", models.PROTECT, null=True, blank=True, related_name="opened_places"
    )  # the act that gave the unit this place
    search_name = models.CharField(max_length=400, editable=False)
    sort_name = models.CharField(max_length=400, editable=False)

    objects = PlacementQuerySet.as_manager()

    class Meta:
        ordering = ["sort_name", "pk"]
        indexes = [
            models.Index(fields=["path"], name="placement_path"),  # subtree ranges: visible_to, below
            models.Index(fields=["parent", "sort_name"], name="placement_children"),  # one branch of the tree page
            models.Index(  # pages of a search, and the first names of a list of choices
                fields=["sort_name", "org_unit"], condition=Q(is_final=True), name="placement_in_order"
            ),
            models.Index(Upper("code"), name="placement_code_any_case"),  # search by code
            models.Index(fields=["code"], name="placement_code"),  # imports, and that a code is given once at a time
        ]
        constraints = [
            models.UniqueConstraint(fields=["org_unit", "valid_from"], name="placement_starts_once"),
            models.UniqueConstraint(
                fields=["org_unit"],
                condition=Q(is_final=True),
                name="placement_final_once_per_unit",
            ),
            models.CheckConstraint(  # with the one above: a unit has one open place at most
                condition=Q(valid_to__isnull=False) | Q(is_final=True),
                name="placement_open_is_final",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
                name="placement_ends_after_it_starts",
                violation_error_message="Ngày kết thúc phải sau ngày bắt đầu.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
