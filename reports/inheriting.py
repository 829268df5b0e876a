"""What a successor takes from drafts of the units that it succeeds: item by item, never over a text of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from django.db import transaction

from orgunits import audit
from orgunits.models import Succession, User
from orgunits.transitions import Conflict
from reports import drafts, form_fields, sheets_fields
from reports.models import ItemKind, Report
from reports.models.reports import ReportQuerySet

MEANWHILE = "Bản nháp của đơn vị vừa được người khác sửa. Hãy xem lại rồi lấy nội dung."


@dataclass(frozen=True)
class Line:
    """One field of an item: what stands in the old unit's draft and in the own one."""

    label: str
    theirs: str
    mine: str


@dataclass(frozen=True)
class Piece:
    """An item, or one task, that goes over as a whole: half a share would be a wrong figure."""

    key: str
    lines: list[Line]
    fields: Mapping[str, str]
    is_taken: bool  # the own draft says something to it already


def sources(report: Report) -> ReportQuerySet:
    """Drafts of the same duty and period of units that this report's unit succeeds, with something in them."""
    obligation = report.obligation
    before = Succession.objects.filter(successor=obligation.org_unit_id).values("predecessor_id")
    same = Report.objects.filter(
        obligation__duty=obligation.duty_id, obligation__period=obligation.period_id, obligation__org_unit__in=before
    )
    open_ones = same.filter(status__in=drafts.EDITABLE).exclude(draft={})
    return (
        open_ones.select_related("obligation__org_unit", "draft_saved_by", "form_version")
        .prefetch_related("obligation__org_unit__placements")
        .order_by("obligation__org_unit_id")
    )


def pieces(report: Report, source: Report) -> list[Piece]:
    """What the old unit's draft says to items that are open in this report, in page order."""
    form = form_fields.load(report)
    fields = sheets_fields.all_by_name(form.questions)
    tasks = {question.code for question in form.questions if question.kind == ItemKind.TASKS}
    theirs, mine = drafts.cleaned(report, drafts.typed(source)), drafts.typed(report)

    def key(name: str) -> str:
        code, _, rest = name.partition(".")
        return f"{code}.{rest.partition('.')[0]}" if code in tasks else code

    found = []
    for name_of_piece, names in groupby(fields, key=key):
        group = list(names)
        said = {name: theirs[name] for name in group if theirs.get(name)}
        if said:
            shown = [name for name in group if theirs.get(name) or mine.get(name)]
            lines = [
                Line(
                    fields[name].label,
                    sheets_fields.shown(fields[name], theirs.get(name, "")),
                    sheets_fields.shown(fields[name], mine.get(name, "")),
                )
                for name in shown
            ]
            found.append(Piece(name_of_piece, lines, said, any(mine.get(name) for name in group)))
    return found


@transaction.atomic
def take(report: Report, source: Report, keys: Iterable[str], *, by: User) -> int:
    """Put the chosen pieces into the draft where it says nothing yet; how many it took.

    Raises Conflict where somebody saved or filed the report meanwhile, DraftTooLarge as ``drafts.save``.
    """
    wanted = set(keys)
    chosen = [piece for piece in pieces(report, source) if piece.key in wanted and not piece.is_taken]
    texts = {name: text for piece in chosen for name, text in piece.fields.items()}
    if not texts:
        return 0
    try:
        saved = drafts.save(report, texts, base=dict.fromkeys(texts, ""), version=report.draft_version, by=by)
    except drafts.DraftClash as clash:
        raise Conflict(MEANWHILE) from clash
    if saved.version != report.draft_version + 1:  # a colleague may have begun one of these items just now
        raise Conflict(MEANWHILE)
    unit = report.obligation.org_unit
    audit.record(
        "report.inherit", report, by=by, org_unit=unit, source=str(source.obligation.org_unit), count=len(chosen)
    )
    return len(chosen)
