"""What follows when units end: what hangs on them is asked about before the act is confirmed, and done on its day.

Each part of the product answers for its own rows as a ``Section`` and registers it in its AppConfig: roles here, duties
and targets in plans, open reports in reports. The answers lie on the act (``Reorganisation.follow_up``) with what was
done, so that taking the act back undoes it. What nobody was asked about stays as it is.
"""

import datetime
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from orgunits.models import OrgUnit, Placement, Reorganisation, Succession, User
from orgunits.transitions import Conflict

logger = logging.getLogger(__name__)

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


class Section:
    """What one part of the product asks and does; ``order`` is its place on the page and in time."""

    key = ""
    order = 0
    title = ""
    lead = ""
    afterwards_title = ""

    def questions(self, end: End) -> list[Question]:
        raise NotImplementedError

    def carry_out(self, end: End, answers: Mapping[str, str], *, by: User | None) -> list[dict[str, Any]]:
        """Do what the answers say, and return what was done, for ``undo``. A key without an answer stays as it is."""
        raise NotImplementedError

    def undo(self, done: list[dict[str, Any]], *, by: User | None, on: datetime.date) -> None:
        """Take back what ``carry_out`` returned, as far as nothing else has changed it since."""
        raise NotImplementedError

    def afterwards(self, ends: list[End]) -> list[Afterwards]:
        """What is so once everything is carried out."""
        return []


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
    acts = list(acts)
    ending = [act for act in acts if act.act in (Reorganisation.Act.MERGE, Reorganisation.Act.SPLIT,
                                                  Reorganisation.Act.DISSOLVE)]  # fmt: skip
    found = []
    for act in ending:
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
    ends, answers = ends_of([act]), act.follow_up.get("answers", {})
    done = {section.key: [row for end in ends for row in section.carry_out(end, answers, by=by)]
            for section in sections()}  # fmt: skip
    act.follow_up = {"answers": answers, "done": {key: rows for key, rows in done.items() if rows}}
    Reorganisation.objects.filter(pk=act.pk).update(follow_up=act.follow_up)
    return True


def _claim(act: Reorganisation) -> bool:
    waiting = Reorganisation.objects.standing().filter(pk=act.pk, followed_up_at__isnull=True)
    return bool(waiting.update(followed_up_at=timezone.now()))


def carry_out_due(on: datetime.date) -> int:
    """Carry out what waited for its day; how many acts this call did."""
    due = Reorganisation.objects.standing().filter(effective_on__lte=on, followed_up_at__isnull=True)
    waiting = due.exclude(follow_up={}).select_related("recorded_by")
    done = 0
    for act in waiting.order_by("effective_on", "pk"):
        try:
            done += carry_out(act, by=act.recorded_by)
        except Exception:  # nothing of this act is written; the others must not wait for it
            logger.exception("What follows the act %s was not carried out.", act.pk)
    return done


def undo(acts: list[Reorganisation], **kwargs: Any) -> None:
    """Receiver of ``reversed_acts``: what followed goes back too, the last first."""
    for act in reversed(acts):
        done = act.follow_up.get("done", {})
        for section in reversed(sections()):
            if done.get(section.key):
                section.undo(done[section.key], by=act.reversed_by, on=timezone.localdate())
