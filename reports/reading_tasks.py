"""The plan's tasks of a filed revision as lines for the page, with how each stood in the period before."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from reports.form_fields import Question, TaskRow, TaskStatus

UNANSWERED = "Chưa báo cáo"
TASK_KINDS = {
    TaskStatus.DONE: "ok",
    TaskStatus.ONGOING: "info",
    TaskStatus.NOT_STARTED: "warn",
    TaskStatus.NOT_OURS: "muted",
}


@dataclass(frozen=True)
class TaskLine:
    """``before`` is empty where the period before says nothing of the task."""

    place: str
    text: str
    status: str
    status_kind: str
    note: str
    before: str


def groups(question: Question, content: dict[str, Any], before: dict[str, Any]) -> list[tuple[str, list[TaskLine]]]:
    """The lines by the body that leads, from the content of this revision and of the one of the period before."""
    now, earlier = content.get("tasks") or {}, before.get("tasks") or {}
    return [(group.lead, [_line(row, now, earlier) for row in group.rows]) for group in question.task_groups]


def in_short(groups: list[tuple[str, list[TaskLine]]]) -> str:
    """How many tasks stand how: "2 đã hoàn thành · 9 đang thực hiện"."""
    counts = Counter(row.status for _, rows in groups for row in rows)
    order = [*(str(status.label) for status in TaskStatus), UNANSWERED]
    return " · ".join(f"{counts[label]} {label[:1].lower()}{label[1:]}" for label in order if counts[label])


def _line(row: TaskRow, now: dict[str, Any], earlier: dict[str, Any]) -> TaskLine:
    answer = now.get(str(row.task.pk)) or {}
    status, before = _status(answer), _status(earlier.get(str(row.task.pk)) or {})
    return TaskLine(
        place=row.place,
        text=row.text,
        status=str(status.label) if status else UNANSWERED,
        status_kind=TASK_KINDS[status] if status else "muted",
        note=answer.get("note", ""),
        before=str(before.label) if before else "",
    )


def _status(answer: dict[str, str]) -> TaskStatus | None:
    code = answer.get("status", "")
    return TaskStatus(code) if code in TaskStatus.values else None
