"""Texts of the units below for the report upward: what there is to pick from, what was picked, and what is sent."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from orgunits.models import Placement
from orgunits.vietnamese import without_marks
from reports import below
from reports.dashboard_figures import Counting
from reports.models import FormItem, ItemKind, Report, Revision, Rollup, TextPick
from reports.own_sums import batches

COUNTED = {
    Counting.APPROVED: [Report.Status.APPROVED],
    Counting.SUBMITTED: [Report.Status.APPROVED, Report.Status.SUBMITTED],
}


# --- the items ------------------------------------------------------------------------------------------------------


def items_of(report: Report) -> QuerySet[FormItem]:
    """The texts that the report upward asks of this unit, in the order of its form."""
    obligation = report.obligation
    place = obligation.org_unit.placement_on(obligation.period.ends_on) or obligation.org_unit.latest_placement
    at_level = Q(levels__isnull=True) | Q(levels=place.level_id if place else None)
    items = FormItem.objects.filter(at_level, version=report.form_version_id, kind=ItemKind.NARRATIVE)
    return items.distinct().order_by("order", "pk")


def items_with_counts(report: Report) -> list[tuple[FormItem, int]]:
    """Each of these items with how many passages were picked into it."""
    picked = TextPick.objects.filter(report=report).order_by().values_list("item_code").annotate(count=Count("pk"))
    counts = dict(picked)
    return [(item, counts.get(item.code, 0)) for item in items_of(report)]


def source_items(rows: list[Rollup]) -> list[FormItem]:
    """The texts that reports below are asked for, each code once, as the newest published form words it."""
    if not rows:
        return []
    duties = [row.duty_id for row in rows]
    found = FormItem.objects.filter(
        version__form__duty__in=duties,
        version__form__period_kind=rows[0].period.kind,
        version__published_at__isnull=False,
        kind=ItemKind.NARRATIVE,
    )
    items: dict[str, FormItem] = {}
    for item in found.order_by("-version__number", "order", "pk"):
        items.setdefault(item.code, item)
    return list(items.values())


def matching(item: FormItem, sources: Iterable[FormItem]) -> str:
    """The code below that answers the item: the same code, else the same words, else the only text of its section."""
    sources = list(sources)
    if item.code in {source.code for source in sources}:
        return item.code
    alike = [source.code for source in sources if without_marks(source.label) == without_marks(item.label)]
    if not alike and item.section:
        alike = [source.code for source in sources if without_marks(source.section) == without_marks(item.section)]
    return alike[0] if len(alike) == 1 else ""


# --- to pick from ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """One unit's text."""

    revision: int
    number: int
    report: int
    unit: str
    text: str
    is_approved: bool
    is_picked: bool = False


@dataclass
class Group:
    """Units that wrote the same words."""

    text: str
    candidates: list[Candidate] = field(default_factory=list)

    @property
    def words(self) -> int:
        return len(self.text.split())

    @property
    def first(self) -> Candidate:
        """The one that a tick of the group takes: approved and not yet picked, if there is one."""
        return min(self.candidates, key=lambda each: (each.is_picked, not each.is_approved))

    @property
    def others(self) -> list[Candidate]:
        return [each for each in self.candidates if each != self.first]


def candidates(
    rows: list[Rollup], source_code: str, *, counting: Counting, picked: set[tuple[int, str]]
) -> list[Candidate]:
    """The texts of the latest filings below, by the name of the unit; empty ones are left out."""
    revisions = countable(rows, counting)
    places = Placement.objects.filter(
        org_unit=OuterRef("report__obligation__org_unit"),
        valid_from__lte=OuterRef("report__obligation__period__ends_on"),
    ).order_by("-valid_from")
    named = revisions.annotate(unit=Subquery(places.values("name")[:1]), sort=Subquery(places.values("sort_name")[:1]))
    fields = ("pk", "number", "report_id", "unit", "report__status", "content__texts")
    found = []
    for pk, number, report, unit, status, texts in named.order_by("sort", "pk").values_list(*fields):
        text = (texts or {}).get(source_code, "")
        if text.strip():
            approved = status == Report.Status.APPROVED
            found.append(Candidate(pk, number, report, unit or "", text, approved, (pk, source_code) in picked))
    return found


def countable(rows: list[Rollup], counting: Counting) -> QuerySet[Revision]:
    """The latest filing of each report below that is counted."""
    expected = Q(pk__in=[])
    for row in rows:
        expected |= Q(report__obligation__in=below.expected_below(row).filter(waived_at__isnull=True))
    newer = Revision.objects.filter(report=OuterRef("report"), number__gt=OuterRef("number"))
    return Revision.objects.filter(expected, ~Exists(newer), report__status__in=COUNTED[counting])


def grouped(found: list[Candidate], *, search: str = "") -> list[Group]:
    """Texts that differ only in spaces and case in one group; ``search`` looks in text and unit, without marks."""
    wanted = without_marks(search).split()
    groups: dict[str, Group] = {}
    for candidate in found:
        if wanted:
            looked_in = without_marks(f"{candidate.unit} {candidate.text}")
            if not all(word in looked_in for word in wanted):
                continue
        key = " ".join(candidate.text.split()).casefold()
        groups.setdefault(key, Group(candidate.text)).candidates.append(candidate)
    return list(groups.values())


# --- what was picked ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Passage:
    """A picked passage with its source; ``newer`` is a later filing of the same report, None where there is none."""

    pick: TextPick
    unit: str
    is_edited: bool
    is_approved: bool
    newer: Revision | None
    newer_text: str
    was_returned: bool

    @property
    def source(self) -> str:
        """Where it comes from, as it is marked everywhere."""
        return f"Theo báo cáo của {self.unit}, bản nộp lần {self.pick.source.number}"


def picks_of(report: Report) -> QuerySet[TextPick]:
    """The picked passages in the order of the report, each with what names its source."""
    picks = TextPick.objects.filter(report=report).select_related(
        "source__report__obligation__org_unit", "source__report__obligation__period"
    )
    names = "source__report__obligation__org_unit__placements"
    return picks.prefetch_related(names).order_by("item_code", "order", "pk")


def passages(report: Report) -> dict[str, list[Passage]]:
    """The picked passages by item code, each with what has become of its source."""
    picks = list(picks_of(report))
    latest = _latest({pick.source.report_id for pick in picks})
    found: dict[str, list[Passage]] = {}
    for pick in picks:
        last = latest[pick.source.report_id]
        status = pick.source.report.status
        newer = last if last.number > pick.source.number and status in COUNTED[Counting.SUBMITTED] else None
        found.setdefault(pick.item_code, []).append(
            Passage(
                pick=pick,
                unit=_unit(pick),
                is_edited=pick.text != _text(pick.source, pick.source_code),
                is_approved=status == Report.Status.APPROVED,
                newer=newer,
                newer_text=_text(newer, pick.source_code) if newer else "",
                was_returned=status == Report.Status.RETURNED,
            )
        )
    return found


def left_over(report: Report) -> list[Passage]:
    """Passages of texts that the report's form no longer asks; they are not sent."""
    asked = set(items_of(report).values_list("code", flat=True))
    return [each for code, picked in passages(report).items() if code not in asked for each in picked]


def _latest(reports: set[int]) -> dict[int, Revision]:
    found: dict[int, Revision] = {}
    for batch in batches(sorted(reports)):
        for revision in Revision.objects.filter(report__in=batch).order_by("number"):
            found[revision.report_id] = revision
    return found


def _unit(pick: TextPick) -> str:
    obligation = pick.source.report.obligation
    return obligation.org_unit.name_on(obligation.period.ends_on)


def _text(revision: Revision, code: str) -> str:
    text: str = (revision.content.get("texts") or {}).get(code, "")
    return text


def frozen(report: Report) -> dict[str, list[dict[str, Any]]]:
    """The picked passages as a revision keeps them, by item code: text, source, and whether it was edited here."""
    kept: dict[str, list[dict[str, Any]]] = {}
    picks = list(picks_of(report))
    asked = set(items_of(report).values_list("code", flat=True)) if picks else set()
    for pick in picks:
        if pick.item_code not in asked or not pick.text.strip():
            continue  # see left_over; what was emptied says nothing and answers nothing
        kept.setdefault(pick.item_code, []).append(
            {
                "unit": _unit(pick),
                "report": pick.source.report_id,
                "revision": pick.source_id,
                "number": pick.source.number,
                "text": pick.text,
                "edited": pick.text != _text(pick.source, pick.source_code),
            }
        )
    return kept
