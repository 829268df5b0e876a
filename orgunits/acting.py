"""From a checked form of an act to what it would write (``preview``), and to having written it (``confirm``)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from orgunits import following, previewing
from orgunits.act_forms import ActForm
from orgunits.following import Afterwards, Question, Section
from orgunits.models import Reform, Reorganisation, User
from orgunits.reorganisation import ordered
from orgunits.transitions import Conflict

CHANGED = (
    "Tổ chức hoặc những việc kèm theo đã thay đổi sau khi bạn xem trang này. Chưa ghi gì cả; "
    "dưới đây là tình hình mới, hãy xem lại rồi xác nhận."
)


@dataclass(frozen=True)
class Row:
    """A question with the answer that the page shows."""

    question: Question
    answer: str

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        return [(option.value, option.label, option.value == self.answer) for option in self.question.options]


@dataclass(frozen=True)
class Shown:
    """What the page before the confirmation shows; ``stamp`` tells whether it is still so."""

    trees: previewing.Preview
    asked: list[tuple[Section, list[Row]]]
    afterwards: list[tuple[str, list[Afterwards]]]
    stamp: str
    is_future: bool


def carry_out(form: ActForm, *, by: User) -> list[Reorganisation]:
    """Write the acts of the form; several acts that belong together become one reform, taken back as a whole."""
    on, basis = form.cleaned_data["on"], form.cleaned_data["legal_basis"]
    with transaction.atomic():
        name = form.reform_name[:250]
        about = {"sector": form.sector, "effective_on": on, "legal_basis": basis, "recorded_by": by}
        reform = Reform.objects.create(name=name, **about) if name else None
        with ordered(form.sector, on=on, by=by, legal_basis=basis, reform=reform) as order:
            form.give(order)
        return order.acts


def preview(form: ActForm, answers: Mapping[str, str], *, by: User, today: date) -> Shown:
    """What would be written, as it would be: everything is done, read, and rolled back."""
    with transaction.atomic():
        acts = carry_out(form, by=by)
        trees, ends = previewing.of(acts), following.ends_of(acts)
        asked = following.asked(ends)
        offered = {row.key: [option.value for option in row.options] for _, found in asked for row in found}
        kept = {key: answer for key, answer in answers.items() if answer in offered.get(key, [])}
        chosen = following.checked([row for _, found in asked for row in found], kept)
        stamp = _stamp(trees, asked)
        following.follow(acts, chosen, by=by, today=max(today, form.cleaned_data["on"]))
        after = [(row.afterwards_title, row.afterwards(ends)) for row in following.sections() if row.afterwards_title]
        transaction.set_rollback(True)
    rows = [(section, [Row(question, chosen[question.key]) for question in found]) for section, found in asked]
    return Shown(trees, rows, after if ends else [], stamp, form.cleaned_data["on"] > today)


@transaction.atomic
def confirm(form: ActForm, answers: Mapping[str, str], *, stamp: str, by: User, today: date) -> list[Reorganisation]:
    """Write the acts and what follows; Conflict where it is not what was shown, and then nothing is written."""
    acts = carry_out(form, by=by)
    _refuse_changed(_stamp(previewing.of(acts), following.asked(following.ends_of(acts))), stamp)
    following.follow(acts, answers, by=by, today=today)
    return acts


def _refuse_changed(now: str, shown: str) -> None:
    if now != shown:
        raise Conflict(CHANGED)


def _stamp(trees: previewing.Preview, asked: list[tuple[Section, list[Question]]]) -> str:
    questions = [[row.key, [option.value for option in row.options]] for _, found in asked for row in found]
    facts = json.dumps([trees.facts, sorted(questions)], ensure_ascii=False)
    return hashlib.sha256(facts.encode()).hexdigest()
