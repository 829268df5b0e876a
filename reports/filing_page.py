"""Lays out the filing form: sections, what is open and what is closed, the summaries on top."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from orgunits.vietnamese import without_marks
from reports import closed_items, form_fields
from reports.closed_items import GoneText
from reports.collected_texts import Passage
from reports.content import MISSING_STATUS, ParsedContent
from reports.drafts import BothTexts, PreviousFiling
from reports.filing_questions import QuestionBuilder, QuestionView
from reports.form_fields import Question, Questionnaire, TaskStatus
from reports.risk_words import speaks_of_risk


@dataclass(frozen=True)
class SectionView:
    """``runs`` are its questions in order, neighbours that are closed together."""

    title: str
    anchor: str
    questions: list[QuestionView]
    errors: int

    @property
    def runs(self) -> list[tuple[bool, list[QuestionView]]]:
        return [(closed, list(run)) for closed, run in groupby(self.questions, lambda view: view.question.is_closed)]

    @property
    def is_closed(self) -> bool:
        return all(view.question.is_closed for view in self.questions)


@dataclass(frozen=True)
class ErrorLine:
    """One line of the summary on top, leading to its field."""

    field_id: str
    label: str
    sentence: str


@dataclass(frozen=True)
class FilingPage:
    """``returned`` are the questions that came back with a reason; ``is_restricted``, that only these are open."""

    sections: list[SectionView]
    errors: list[ErrorLine]
    file_was_refused: bool  # then ``errors`` is about the file alone
    error_count: int
    clashes: list[ErrorLine]
    speaks_of_risk: bool
    previous: PreviousFiling | None
    statuses: list[tuple[str, str]]
    returned: list[QuestionView]
    is_restricted: bool
    gone: list[GoneText]


def build(
    form: Questionnaire,
    raw: Mapping[str, str],
    *,
    parsed: ParsedContent | None = None,
    previous: PreviousFiling | None = None,
    reasons: Mapping[str, str] | None = None,
    due: Mapping[str, str] | None = None,
    clashes: Mapping[str, BothTexts] | None = None,
    passages: Mapping[str, list[Passage]] | None = None,
    file_error: str = "",
) -> FilingPage:
    """Lay out the form over the typed text; without ``parsed`` nothing is held against the checks.

    ``reasons`` and ``due`` are why single items came back and by when (ISO dates), by item code;
    ``passages`` were picked from reports below, by item code too.
    """
    builder = QuestionBuilder(form, raw, parsed, previous, clashes or {}, file_error)
    views = [builder.view(question) for question in form.questions]
    for view in views:
        code = view.question.code
        view.reason = (reasons or {}).get(code, "")
        view.passages = (passages or {}).get(code, [])
        view.due_on = datetime.date.fromisoformat(due[code]) if due and code in due else None
    return FilingPage(
        sections=_sections(views, builder.errors),
        errors=_error_lines(form, {name: texts[0] for name, texts in builder.errors.items()}),
        file_was_refused=bool(file_error),
        error_count=len(builder.errors),
        clashes=_lines(form, dict.fromkeys(clashes or {}, "")),
        speaks_of_risk=any(_speaks_of_risk(view.question) for view in views) or speaks_of_risk(" ".join(raw.values())),
        previous=previous,
        statuses=[(code, str(label)) for code, label in TaskStatus.choices],
        returned=[view for view in views if view.reason],
        is_restricted=form_fields.is_restricted(form.report),
        gone=closed_items.gone(form),
    )


def _sections(views: list[QuestionView], errors: Mapping[str, list[str]]) -> list[SectionView]:
    sections = []
    for title, group in groupby(views, key=lambda view: view.question.item.section):
        questions = list(group)
        wrong = sum(1 for view in questions for name in view.question.labels if name in errors)
        anchor = "phan-" + re.sub(r"[^a-z0-9]+", "-", without_marks(title)).strip("-")
        sections.append(SectionView(title, anchor, questions, wrong))
    return sections


def _lines(form: Questionnaire, sentences: Mapping[str, str]) -> list[ErrorLine]:
    """Page order is the order of the labels."""
    return [ErrorLine(f"f-{name}", label, sentences[name]) for name, label in form.labels.items() if name in sentences]


def _error_lines(form: Questionnaire, sentences: Mapping[str, str]) -> list[ErrorLine]:
    """As ``_lines``; tasks left open come as one line with their number, which leads to the first of them."""
    lines: list[ErrorLine] = []
    open_tasks: list[ErrorLine] = []
    for line in _lines(form, sentences):
        if line.sentence != MISSING_STATUS:
            lines.append(line)
            continue
        if not open_tasks:
            lines.append(line)
        open_tasks.append(line)
    if len(open_tasks) < 2:
        return lines
    first, count = open_tasks[0], len(open_tasks)
    together = ErrorLine(first.field_id, "Tình hình thực hiện nhiệm vụ", f"Còn {count} nhiệm vụ chưa chọn tình hình.")
    return [together if line is first else line for line in lines]


def _speaks_of_risk(question: Question) -> bool:
    texts = [question.item.label, question.item.guide, *(f"{row.text} {row.detail}" for row in question.tasks)]
    return any(speaks_of_risk(text) for text in texts)
