"""The box "Điều cần xem" above a report: what changed, what moved, what was flagged when it was filed.

It says nothing new: everything in it is also somewhere on the page or in what was kept with the revision. It saves the
reviewer the search.
"""

from dataclasses import dataclass, field
from typing import Any

from orgunits.models import User
from reports import comparison, returns
from reports.activities import summary_of_frozen
from reports.comparison import Difference, Part, change_text, text_parts
from reports.form_fields import GroupCells, Question
from reports.models import Attachment, ItemKind, PhotoConsent, Report, ReviewEvent, Revision
from reports.reading import MISSING, Reading, number_text, together
from reports.reading_registers import whole
from reports.returns import Returned, ReturnedItem
from targets.evaluation import percent_text

FEW = 6  # of a kind; the rest is counted and linked
BIG_PERCENT = 30  # of the last period's number; the same as the ready forms' rule
BIG_FROM = 10  # a smaller change says nothing, whatever its per cent
FEW_ACTIVITIES = 3  # more or fewer of them say something
BIG_POINTS = 10  # of a share, in percentage points


@dataclass(frozen=True)
class Move:
    """A figure that is far from last period's."""

    code: str
    label: str
    before: str
    now: str
    change: str
    explanation: str


@dataclass(frozen=True)
class Flagged:
    """A rule that did not hold, with the officer's explanation, or a warning without one."""

    code: str
    label: str
    sentence: str
    explanation: str = ""


@dataclass(frozen=True)
class SameText:
    """A text that was filed before; ``report`` is that one, None where the reviewer may not read it.

    ``parts`` are what differs from it, where something does and the reviewer may read both.
    """

    code: str
    label: str
    percent: int
    is_own: bool
    report: Report | None = None
    number: int = 0
    parts: list[Part] = field(default_factory=list)

    @property
    def reason(self) -> str:
        """What the reviewer may want to write to the unit."""
        if self.is_own:
            return f"Nội dung giống {self.percent} % kỳ trước. Hãy ghi theo kết quả của kỳ này."
        return f"Nội dung giống {self.percent} % báo cáo của đơn vị khác. Hãy ghi theo việc của đơn vị mình."


@dataclass
class Pictures:
    """How many pictures came with which declaration about people in them."""

    consented: int = 0
    no_faces: int = 0


@dataclass
class Notes:
    """What the box shows of one revision; ``older`` is the revision before it, ``asked`` why that went back."""

    older: Revision | None = None
    asked: Returned | None = None
    changes: list[Difference] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    checks: list[Flagged] = field(default_factory=list)
    warnings: list[Flagged] = field(default_factory=list)
    same: list[SameText] = field(default_factory=list)
    pictures: Pictures = field(default_factory=Pictures)
    was_looked_at: bool = True

    @property
    def asked_items(self) -> list[tuple[ReturnedItem, bool]]:
        """The items that went back, and whether something was changed in them since."""
        changed = {difference.code for difference in self.changes}
        return [(item, item.code in changed) for item in self.asked.items] if self.asked else []

    @property
    def few_changes(self) -> list[Difference]:
        return self.changes[:FEW]

    @property
    def more_changes(self) -> int:
        return max(len(self.changes) - FEW, 0)

    @property
    def few_moves(self) -> list[Move]:
        return self.moves[:FEW]

    @property
    def more_moves(self) -> int:
        return max(len(self.moves) - FEW, 0)

    @property
    def all_hold(self) -> bool:
        """Whether nothing was flagged when it was filed."""
        return self.was_looked_at and not (self.checks or self.warnings or self.same)


def notes(
    report: Report, shown: Reading, older: Revision | None, *, reader: User, back: ReviewEvent | None = None
) -> Notes:
    """What the reviewer should look at in the revision that is shown; ``back`` sent the older one back."""
    flags = shown.revision.flags
    checked = {row["item"] for row in flags.get("checks", [])}  # said already, with the rule
    labels = {question.code: question.item.label for question in shown.form.questions}
    tasks = next((question.code for question in shown.form.questions if question.kind == ItemKind.TASKS), "")
    explanations: dict[str, str] = shown.revision.content.get("explanations") or {}
    return Notes(
        older=older,
        asked=returns.describe(back) if back else None,
        changes=comparison.compare(report, older, shown.revision, shown=shown) if older else [],
        moves=[move for move in moves(shown) if move.code not in checked],
        checks=[
            Flagged(row["item"], labels.get(row["item"], ""), row["sentence"], explanations.get(row["item"], ""))
            for row in flags.get("checks", [])
        ],
        warnings=[_warning(row, labels, tasks=tasks) for row in flags.get("warnings", [])],
        same=_same_texts(shown, labels, reader),
        pictures=_pictures([file for block in shown.blocks for file in block.attachments]),
        was_looked_at=shown.revision.flag_count is not None,
    )


def _warning(row: dict[str, str], labels: dict[str, str], *, tasks: str) -> Flagged:
    """A warning with its item; one in the note of a task stands with the table of tasks, one of pictures alone."""
    code = row["item"] if row["item"] in labels or not row["item"] else tasks
    return Flagged(code, labels.get(code, ""), row["sentence"])


def moves(shown: Reading) -> list[Move]:
    """The figures that are far from last period's, in the order of the form."""
    if shown.before is None:
        return []
    now, before = (revision.content.get("figures") or {} for revision in (shown.revision, shown.before))
    explanations: dict[str, str] = shown.revision.content.get("explanations") or {}
    found = []
    for question in shown.form.questions:
        if question.code not in before:
            continue
        move = _share_move if question.kind == ItemKind.SHARE else _number_move
        if question.is_figure and (words := move(question, before[question.code], now.get(question.code))):
            found.append(Move(question.code, question.item.label, *words, explanations.get(question.code, "")))
    return [*found, *_register_moves(shown, shown.before)]


def _register_moves(shown: Reading, before: Revision) -> list[Move]:
    """The totals of the activities, where the period before had any."""
    code = next((question.code for question in shown.form.questions if question.kind == ItemKind.ACTIVITIES), "")
    earlier, rows = before.content.get("activities") or [], shown.revision.content.get("activities") or []
    if not code or not earlier:
        return []
    old, new = summary_of_frozen(earlier).together, summary_of_frozen(rows).together
    pairs = {
        "Số hoạt động đã tổ chức": (old.count, new.count, FEW_ACTIVITIES),
        "Trẻ em tham gia hoạt động": (old.children, new.children, BIG_FROM),
        "Gia đình tham gia hoạt động": (old.families, new.families, BIG_FROM),
        "Kinh phí hoạt động": (old.amount, new.amount, BIG_FROM),
    }
    found = []
    for label, (was, now, least) in pairs.items():
        if was is None or (was < least if now is None else not _is_big(was, now, least=least)):
            continue
        found.append(Move(code, label, whole(was), MISSING if now is None else whole(now), change_text(was, now), ""))
    return found


def _number_move(question: Question, before: dict[str, Any], now: dict[str, Any] | None) -> tuple[str, str, str] | None:
    old, new = before.get("v"), (now or {}).get("v")
    if old is None:
        return None
    texts = number_text(before), number_text(now)
    if new is None:  # nothing happened, or not reported
        return (*texts, "") if old >= BIG_FROM else None
    return (*texts, change_text(old, new)) if _is_big(old, new) else None


def _share_move(question: Question, before: dict[str, Any], now: dict[str, Any] | None) -> tuple[str, str, str] | None:
    old, new = together(before, question.groups), together(now or {}, question.groups)
    texts = _share_text(before, question.groups), _share_text(now, question.groups)
    if old[1] is None or old[0] is None or new[1] is None or new[0] is None:
        return (*texts, "") if old[1] is not None and old[1] >= BIG_FROM else None
    if _is_big(old[1], new[1]):
        return (*texts, f"mẫu số {change_text(old[1], new[1])}")
    if old[1] and new[1] and abs(old[0] * new[1] - new[0] * old[1]) * 100 >= BIG_POINTS * old[1] * new[1]:
        return (*texts, "")
    return None


def _share_text(figure: dict[str, Any] | None, groups: list[GroupCells]) -> str:
    numerator, denominator = together(figure or {}, groups)
    if numerator is None or denominator is None:
        return number_text({"nil": True} if (figure or {}).get("nil") else None)
    return f"{percent_text(numerator, denominator) or '–'} ({numerator}/{denominator})"


def _is_big(before: int, now: int, *, least: int = BIG_FROM) -> bool:
    difference = abs(now - before)
    return difference >= least and difference * 100 >= BIG_PERCENT * before


def _same_texts(shown: Reading, labels: dict[str, str], reader: User) -> list[SameText]:
    own: dict[str, int] = shown.revision.flags.get("same_before", {})
    beside: dict[str, list[int]] = shown.revision.flags.get("same_sibling", {})
    readable = _readable([pk for pk, _ in beside.values()], reader) if beside else {}
    found = [_same(shown, labels, code, percent, shown.before, is_own=True) for code, percent in own.items()]
    for code, (pk, percent) in beside.items():
        found.append(_same(shown, labels, code, percent, readable.get(pk), is_own=False))
    return found


def _readable(pks: list[int], reader: User) -> dict[int, Revision]:
    """Those of the revisions that the reviewer may read, with the names of their units."""
    revisions = Revision.objects.filter(pk__in=pks, report__in=Report.objects.visible_to(reader))
    revisions = revisions.defer("report__draft").select_related("report__obligation__org_unit")
    return {row.pk: row for row in revisions.prefetch_related("report__obligation__org_unit__placements")}


def _same(
    shown: Reading, labels: dict[str, str], code: str, percent: int, source: Revision | None, *, is_own: bool
) -> SameText:
    label = labels.get(code, "")
    if source is None:
        return SameText(code, label, percent, is_own)
    parts = []
    if percent < 100:
        old, new = ((revision.content.get("texts") or {}).get(code, "") for revision in (source, shown.revision))
        parts = text_parts(old, new)
    return SameText(code, label, percent, is_own, source.report, source.number, parts)


def _pictures(files: list[Attachment]) -> Pictures:
    found = Pictures()
    for file in files:
        if file.content_type.startswith("image/"):
            found.consented += file.consent == PhotoConsent.CONSENTED
            found.no_faces += file.consent == PhotoConsent.NO_FACES
    return found
