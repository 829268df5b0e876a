"""Holds figures against the rules of their form version (``FormCheck``), in whole numbers.

A rule says nothing where one of its numbers is *missing*. *Không phát sinh* is not missing: it states that there was
nothing to count, so it is held as 0. Otherwise a unit that reports support for five children, and *không phát sinh* for
the children in need, would pass the rule that the one may not exceed the other; and a figure that falls from 100 to
*không phát sinh* would pass the rule on drops. In the content itself nil, 0 and missing stay three things.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format

from reports.form_fields import SUM, Question, Questionnaire
from reports.models import FormCheck

Figures = dict[str, dict[str, Any]]
Kind = FormCheck.Kind
Part = FormCheck.Part
TREND_KINDS = (Kind.DROP, Kind.RISE)
OPERATORS = {"lte": "không được lớn hơn", "gte": "không được nhỏ hơn", "eq": "phải bằng"}


@dataclass(frozen=True)
class Broken:
    """A rule that does not hold: at whose question and field it is told, and whether an explanation would do."""

    question: Question
    field: str
    sentence: str
    stops: bool


def broken(form: Questionnaire, figures: Figures, before: Figures) -> list[Broken]:
    """The rules that the figures break; ``before`` are the figures of the last approved period."""
    return [found for check in form.checks if (found := _hold(check, form, figures, before))]


def items_with_trend(form: Questionnaire) -> set[int]:
    """The items with a rule of their own on the change since the last period."""
    return {check.item_id for check in form.checks if check.kind in TREND_KINDS}


def _hold(check: FormCheck, form: Questionnaire, figures: Figures, before: Figures) -> Broken | None:
    question, other = form.by_item.get(check.item_id), form.by_item.get(check.other_id or 0)
    now = _asked_number(question, figures, check.part)
    if question is None or now is None:
        return None
    measure: int | None = None
    match check.kind:
        case Kind.ITEM:
            measure = _asked_number(other, figures, check.other_part)
        case Kind.BOUND:
            measure = check.bound
        case _:
            measure = number_of(before.get(question.code), check.part)
    if measure is None or _holds(check, now, measure):
        return None
    is_nil = bool((figures.get(question.code) or {}).get("nil"))
    sentence = check.message or _sentence(check, question, other, now, measure, is_nil=is_nil)
    # What is closed cannot be changed: the open item of the two is where something can be done.
    told, part = (other, check.other_part) if question.is_closed and other else (question, check.part)
    field = _field(told, figures, part)
    return Broken(told, field, sentence, stops=check.severity == FormCheck.Severity.STOP)


def _holds(check: FormCheck, now: int, measure: int) -> bool:
    match check.kind:
        case Kind.DROP:
            return (measure - now) * 100 <= measure * (check.percent or 0)
        case Kind.RISE:
            return (now - measure) * 100 <= measure * (check.percent or 0)
    match check.operator:
        case FormCheck.Operator.AT_MOST:
            return now <= measure
        case FormCheck.Operator.AT_LEAST:
            return now >= measure
    return now == measure


def _asked_number(question: Question | None, figures: Figures, part: str) -> int | None:
    """The number of a part of the question; None where any of its cells is missing."""
    if question is None:
        return None
    figure = figures.get(question.code)
    if figure and not figure.get("nil") and not question.is_closed:
        wanted = [cell.key for cell in question.cells if _is_of(cell.key, part)]
        if any(key not in figure for key in wanted):
            return None
    return number_of(figure, part)


def number_of(figure: dict[str, Any] | None, part: str) -> int | None:
    """The number of one part of a filed figure, over its groups; 0 of nil; None where it has no such part."""
    if not figure:
        return None
    if figure.get("nil"):
        return 0
    if part == Part.VALUE and SUM in figure:
        return int(figure[SUM])
    found = [value for key, value in figure.items() if _is_of(key, part)]
    return sum(found) if found else None


def _is_of(key: str, part: str) -> bool:
    return key.rpartition(".")[2] == part


def _field(question: Question, figures: Figures, part: str) -> str:
    if (figures.get(question.code) or {}).get("nil"):
        return question.nil_name
    found = [cell.name for cell in question.cells if _is_of(cell.key, part)]
    return found[0] if found else question.nil_name


def _sentence(
    check: FormCheck, question: Question, other: Question | None, now: int, measure: int, *, is_nil: bool
) -> str:
    named = _named(question, check.part)
    if check.kind in TREND_KINDS:
        verb, to = ("giảm", "còn") if check.kind == Kind.DROP else ("tăng", "lên")
        change = "thành không phát sinh" if is_nil else f"{to} {_shown(now)}"
        return f"{named} {verb} quá {check.percent} % so với kỳ trước (từ {_shown(measure)} {change})."
    against = f"{_named(other, check.other_part)} ({_shown(measure)})" if other else _shown(measure)
    sentence = f"{named} ({_shown(now)}) {OPERATORS.get(check.operator, OPERATORS['eq'])} {against}."
    return sentence[:1].upper() + sentence[1:]


def _named(question: Question, part: str) -> str:
    before = {Part.NUMERATOR: "tử số của ", Part.DENOMINATOR: "mẫu số của "}.get(Part(part), "")
    return f"{before}“{question.item.label}”"


def _shown(number: int) -> str:
    return number_format(number, force_grouping=True)
