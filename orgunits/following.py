"""What follows when units end: what hangs on them is asked about before the act is confirmed, and done on its day.

Each part of the product answers for its own rows as a ``Section`` and registers it in its AppConfig: roles here, duties
and targets in plans, open reports in reports. The answers lie on the act (``Reorganisation.follow_up``) with what was
done, so that taking the act back undoes it. What nobody was asked about stays as it is. A whole reform is asked by
section only (``reform_following``): its acts hold the rule, and the first choice of each question is taken on the day.
"""

import datetime
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from orgunits.models import OrgUnit, Placement, Reorganisation, Succession, User
from orgunits.transitions import Conflict

logger = logging.getLogger(__name__)

PROPOSED = "proposed"  # in the rule of a reform: the first choice of each question of the section
MOST_TRIES = 3  # of an act of a reform; then a person sees why, and may have it tried again
FAILED = "Lỗi của hệ thống. Hãy thử lại; nếu vẫn lỗi, hãy báo người vận hành."
SUCCESSOR = "to:"  # an answer that names a successor goes on with its code: a new unit has no steady key in a preview
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class End:
    """A unit that an act ends, and those that succeed it by that act."""

    act: Reorganisation
    unit: OrgUnit
    successors: list[OrgUnit]

    @property
    def on(self) -> datetime.date:
        return self.act.effective_on

    @property
    def last_day(self) -> datetime.date:
        return self.on - DAY

    @property
    def only_successor(self) -> OrgUnit | None:
        return self.successors[0] if len(self.successors) == 1 else None

    def successor(self, answer: str) -> OrgUnit:
        """The successor that an answer names; Conflict where it is none any more."""
        for unit in self.successors:
            if answer == SUCCESSOR + unit.code:
                return unit
        raise Conflict(f"{answer.removeprefix(SUCCESSOR)} không còn kế thừa {self.unit}.")


@dataclass(frozen=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True)
class Question:
    """One row that hangs on a unit that ends; ``key`` is the same in the preview and in the confirmation."""

    key: str
    subject: str
    detail: str
    options: list[Option]
    initial: str


@dataclass(frozen=True)
class Afterwards:
    """One line of what is so when all answers are carried out."""

    unit: str
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Size:
    """How many rows of one kind there are."""

    label: str
    number: int


class Section:
    """What one part of the product asks and does; ``order`` is its place on the page and in time."""

    key = ""
    order = 0
    title = ""
    lead = ""
    afterwards_title = ""
    proposal = ""  # what the first choices of all questions come to, for a reform that is not asked one by one

    def counted(self, units: QuerySet[OrgUnit], on: datetime.date) -> list[Size]:
        """How much of what hangs on these units would be asked about, were they ended on the day; a few queries."""
        raise NotImplementedError

    def questions(self, end: End) -> list[Question]:
        raise NotImplementedError

    def carry_out(self, end: End, answers: Mapping[str, str], *, by: User | None) -> list[dict[str, Any]]:
        """Do what the answers say, and return what was done, for ``undo``. A key without an answer stays as it is.

        What an answer asks for and cannot be done any more is returned as ``left_over``.
        """
        raise NotImplementedError

    def undo(self, done: list[dict[str, Any]], *, by: User | None, on: datetime.date) -> None:
        """Take back what ``carry_out`` returned, as far as nothing else has changed it since."""
        raise NotImplementedError

    def afterwards(self, ends: list[End]) -> list[Afterwards]:
        """What is so once everything is carried out."""
        return []


def left_over(subject: str, detail: str, reason: str) -> dict[str, Any]:
    """A row of ``carry_out`` for a person to decide: what stays as it is although an answer said otherwise."""
    return {"left": subject, "detail": detail, "reason": reason}


_SECTIONS: dict[str, Section] = {}


def register(section: Section) -> None:
    _SECTIONS[section.key] = section


def sections() -> list[Section]:
    return sorted(_SECTIONS.values(), key=lambda section: section.order)


def successor_options(end: End, label: str) -> list[Option]:
    """One option for each successor; ``label`` has ``{}`` for its name."""
    return [Option(SUCCESSOR + unit.code, label.format(unit.name_on(end.on))) for unit in end.successors]


def ends_of(acts: Iterable[Reorganisation]) -> list[End]:
    """The units that these written acts end, in the order of the acts."""
    found = []
    for act in [act for act in acts if act.act in Reorganisation.ENDING]:
        origins = OrgUnit.objects.filter(acts__reorganisation=act, acts__part="origin").order_by("acts__pk")
        here = set(
            Placement.objects.as_of(act.effective_on).filter(org_unit__in=origins).values_list("org_unit", flat=True)
        )
        links = Succession.objects.filter(reorganisation=act, direct=True).order_by("pk")
        rows = list(links.select_related("successor").prefetch_related("successor__placements"))
        for unit in origins.prefetch_related("placements"):
            if unit.pk not in here:
                found.append(End(act, unit, [row.successor for row in rows if row.predecessor_id == unit.pk]))
    return found


def asked(ends: Iterable[End]) -> list[tuple[Section, list[Question]]]:
    """All questions by section; sections without any are left out."""
    ends = list(ends)
    found = [(section, [row for end in ends for row in section.questions(end)]) for section in sections()]
    return [(section, questions) for section, questions in found if questions]


def checked(questions: Iterable[Question], answers: Mapping[str, str]) -> dict[str, str]:
    """The answer to every question, what was not answered by its first choice; ValidationError for one not offered."""
    found = {}
    for question in questions:
        answer = answers.get(question.key, question.initial)
        if answer not in [option.value for option in question.options]:
            raise ValidationError(f"Hãy chọn lại cách xử lý đối với: {question.subject}.")
        found[question.key] = answer
    return found


@transaction.atomic
def follow(
    acts: Iterable[Reorganisation], answers: Mapping[str, str], *, by: User | None, today: datetime.date
) -> None:
    """Keep the answers on the acts, and carry out at once those of acts that are in force today."""
    for act in acts:
        ends = ends_of([act])
        questions = [question for _, found in asked(ends) for question in found]
        if not questions:
            continue
        act.follow_up = {"answers": checked(questions, answers)}
        Reorganisation.objects.filter(pk=act.pk).update(follow_up=act.follow_up)
        if act.effective_on <= today:
            carry_out(act, by=by)


@transaction.atomic
def carry_out(act: Reorganisation, *, by: User | None) -> bool:
    """Do what the answers on the act say; True for exactly one of any number of callers."""
    if not _claim(act):
        return False
    act.refresh_from_db()
    given = [_given(act, end) for end in ends_of([act])]  # all of them before anything is done
    done, left = {}, {}
    for section in sections():
        rows = [row for each in given for row in each.carry_out(section, by=by)]
        done[section.key] = [
            *act.follow_up.get("done", {}).get(section.key, []),
            *(row for row in rows if "left" not in row),
        ]
        left[section.key] = [row for row in rows if "left" in row]
    act.follow_up = {key: act.follow_up[key] for key in ("rule", "answers") if key in act.follow_up}
    act.follow_up["done"] = {key: rows for key, rows in done.items() if rows}
    if any(left.values()):
        act.follow_up["left"] = {key: rows for key, rows in left.items() if rows}
    Reorganisation.objects.filter(pk=act.pk).update(follow_up=act.follow_up, follow_up_error="")
    return True


@dataclass(frozen=True)
class Given:
    """The answers about one unit that ends, and by section what was proposed and cannot be done any more."""

    end: End
    answers: Mapping[str, str]
    left: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)

    def carry_out(self, section: Section, *, by: User | None) -> list[dict[str, Any]]:
        return [*section.carry_out(self.end, self.answers, by=by), *self.left.get(section.key, [])]


def _given(act: Reorganisation, end: End) -> Given:
    """What a person answered; where they gave a rule, the first choices as they are at this moment."""
    rule = act.follow_up.get("rule")
    if rule is None:
        return Given(end, act.follow_up.get("answers", {}))
    answers: dict[str, str] = {}
    left: dict[str, list[dict[str, Any]]] = {}
    for section in sections():
        for question in section.questions(end) if rule.get(section.key) == PROPOSED else []:
            hindrance = _hindrance(question, end)
            if hindrance:
                left.setdefault(section.key, []).append(left_over(question.subject, question.detail, hindrance))
            else:
                answers[question.key] = question.initial
    return Given(end, answers, left)


def _hindrance(question: Question, end: End) -> str:
    """Why the first choice is out of place: a successor that is itself no more is nobody's to choose another for."""
    if not question.initial.startswith(SUCCESSOR):
        return ""
    heir, day = end.successor(question.initial), max(end.on, timezone.localdate())
    return "" if heir.placement_on(day) else f"{heir} không hoạt động vào ngày {day:%d/%m/%Y}."


def _claim(act: Reorganisation) -> bool:
    waiting = Reorganisation.objects.standing().filter(pk=act.pk, followed_up_at__isnull=True)
    return bool(waiting.update(followed_up_at=timezone.now()))


def carry_out_due(on: datetime.date) -> int:
    """Carry out what waited for its day, act by act in order; how many acts this call did.

    Only numbers are held, since a reform may end ten thousand units. A second caller stops at the act on which the
    first is at work, and goes on only when that is done, so that the order holds.
    """
    due = Reorganisation.objects.unfollowed().filter(effective_on__lte=on)
    due = due.filter(Q(reform__isnull=True) | Q(follow_up_tries__lt=MOST_TRIES))
    done = 0
    for pk in list(due.order_by("effective_on", "pk").values_list("pk", flat=True)):
        act = Reorganisation.objects.select_related("recorded_by").get(pk=pk)
        try:
            done += carry_out(act, by=act.recorded_by)
        except Conflict as conflict:
            _note_failure(act, str(conflict))
        except ValidationError as refused:
            _note_failure(act, "; ".join(refused.messages))
        except Exception:  # nothing of this act is written; the others must not wait for it
            logger.exception("What follows the act %s was not carried out.", act.pk)
            _note_failure(act, FAILED)
    return done


def _note_failure(act: Reorganisation, reason: str) -> None:
    waiting = Reorganisation.objects.filter(pk=act.pk, followed_up_at__isnull=True)
    waiting.update(follow_up_error=reason[:500], follow_up_tries=F("follow_up_tries") + 1)


def undo(acts: list[Reorganisation], **kwargs: Any) -> None:
    """Receiver of ``reversed_acts``: what followed goes back too, the last first."""
    for act in reversed(acts):
        done = act.follow_up.get("done", {})
        for section in reversed(sections()):
            if done.get(section.key):
                section.undo(done[section.key], by=act.reversed_by, on=timezone.localdate())
