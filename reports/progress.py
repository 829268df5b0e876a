"""How far a draft has come: how many of the questions that must be answered have all that they ask for."""

from collections.abc import Mapping
from dataclasses import dataclass

from reports import drafts, form_fields
from reports.form_fields import Question
from reports.models import ItemKind, Report, TextPick

# What is typed; registers and files come into the report from elsewhere.
TYPED = {
    ItemKind.SHARE, ItemKind.COUNT, ItemKind.MONEY, ItemKind.YES_NO, ItemKind.CHOICE, ItemKind.NARRATIVE, ItemKind.TASKS
}  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """``answered`` of ``asked`` required questions."""

    answered: int
    asked: int


def progress(report: Report) -> Progress:
    """Counts what stands in the draft, valid or not; one query for each kind of thing that the form asks about."""
    typed = drafts.typed(report) | dict.fromkeys(_picked(report), "…")  # passages from below are an answer too
    asked = [row for row in form_fields.load(report).questions if row.item.required and row.kind in TYPED]
    return Progress(sum(is_answered(question, typed) for question in asked), len(asked))


def _picked(report: Report) -> list[str]:
    told = TextPick.objects.filter(report=report).exclude(text="")
    return list(told.order_by().values_list("item_code", flat=True).distinct())


def is_answered(question: Question, typed: Mapping[str, str]) -> bool:
    """Whether every field of the question has something in it, or it is said that nothing occurred."""
    if question.is_figure:
        return bool(typed.get(question.nil_name)) or _all_typed([cell.name for cell in question.cells], typed)
    if question.kind == ItemKind.TASKS:
        return _all_typed([row.status_name for row in question.tasks], typed)
    return bool(typed.get(question.code, "").strip())


def _all_typed(names: list[str], typed: Mapping[str, str]) -> bool:
    return all(typed.get(name, "").strip() for name in names)
