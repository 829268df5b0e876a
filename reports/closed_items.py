"""What a report that came back with single items holds for the others: shown as it was filed, not to be changed.

And what a draft holds for items that its form no longer has, so that no text is lost when it moves to another version.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format

from reports.form_fields import CHOICE_KINDS, SUM, Question, Questionnaire, TaskStatus
from reports.models import Attachment, FormItem, ItemKind

MISSING = "chưa báo cáo"
NIL = "không phát sinh"


@dataclass(frozen=True)
class FiledLine:
    """One value of a closed item; ``label`` is empty where the item's own label is enough."""

    label: str
    value: str


@dataclass(frozen=True)
class GoneText:
    """What was typed for an item that is not in the form any more."""

    label: str
    text: str


def lines(question: Question, form: Questionnaire) -> list[FiledLine]:
    """What the last filing says to a closed question."""
    filed, code = form.filed, question.code
    if question.is_figure:
        found = _figure(question, filed.get("figures", {}).get(code) or {})
        explanation = filed.get("explanations", {}).get(code, "")
        return [*found, *([FiledLine("Giải trình", explanation)] if explanation else [])]
    if question.kind in CHOICE_KINDS:
        return [FiledLine("", dict(question.choices).get(filed.get("choices", {}).get(code, ""), MISSING))]
    if question.kind == ItemKind.TASKS:
        return _tasks(question, filed.get("tasks", {}))
    if question.kind == ItemKind.ACTIVITIES:
        return [FiledLine("", f"{number_format(len(filed.get('activities', [])))} hoạt động")]
    if question.kind == ItemKind.MODELS:
        return [FiledLine("", row.get("name", "")) for row in filed.get("models", [])] or [FiledLine("", MISSING)]
    if question.kind == ItemKind.ATTACHMENTS:
        return _files(form, filed.get("attachments", []))
    return [FiledLine("", filed.get("texts", {}).get(code, "") or MISSING)]


def gone(form: Questionnaire) -> list[GoneText]:
    """What stands in the draft under names that the form does not have; the newest older version knows their labels."""
    names = [name for name, text in form.report.draft.items() if text and name not in form.labels]
    if not names:
        return []
    codes = {name.partition(".")[0] for name in names}
    items = FormItem.objects.filter(version__form__versions=form.report.form_version_id, code__in=codes)
    labels = dict(items.order_by("version__number").values_list("code", "label"))
    return [_gone(name, form.report.draft[name], labels) for name in sorted(names)]


def _gone(name: str, text: str, labels: dict[str, str]) -> GoneText:
    code, _, rest = name.partition(".")
    words = {"nil": NIL, "explanation": "giải trình"}.get(rest, rest.removesuffix(".v"))
    label = labels.get(code, code)
    shown = str(TaskStatus(text).label) if rest.endswith(".status") and text in TaskStatus.values else text
    if rest == "nil":
        return GoneText(label, NIL)
    return GoneText(f"{label} ({words})" if words and words != SUM else label, shown)


def _figure(question: Question, figure: dict[str, Any]) -> list[FiledLine]:
    if figure.get("nil"):
        return [FiledLine("", NIL)]
    cells = [cell for cell in question.cells if cell.key in figure]
    if not cells:
        return [FiledLine("", MISSING)]
    own = question.item.label
    found = [FiledLine(cell.label if cell.label != own else "", _shown(figure[cell.key])) for cell in cells]
    return [*found, *([FiledLine("Cộng", _shown(figure[SUM]))] if question.has_parts and SUM in figure else [])]


def _tasks(question: Question, answers: dict[str, dict[str, str]]) -> list[FiledLine]:
    found = []
    for row in question.tasks:
        answer = answers.get(str(row.task.pk)) or {}
        status = answer.get("status", "")
        words = str(TaskStatus(status).label) if status in TaskStatus.values else MISSING
        note = answer.get("note", "")
        found.append(
            FiledLine(f"{row.place}: {row.text}" if row.place else row.text, f"{words}. {note}" if note else words)
        )
    return found


def _files(form: Questionnaire, pks: list[int]) -> list[FiledLine]:
    files = Attachment.objects.filter(report=form.report, pk__in=pks).order_by("pk")
    return [FiledLine("", f"{file.original_name}: {file.caption}") for file in files] or [FiledLine("", "không có tệp")]


def _shown(number: int) -> str:
    return number_format(number, force_grouping=True)
