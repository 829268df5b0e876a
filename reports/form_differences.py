"""The difference between two versions of a form in words, for administrators."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from django.utils.formats import number_format

from reports.form_words import names, rule_with_consequence
from reports.models import FormItem, FormVersion, ItemKind


@dataclass(frozen=True)
class Change:
    """One item that was added, removed or changed; ``details`` say what, as sentences."""

    item: FormItem
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    added: list[Change] = field(default_factory=list)
    removed: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.changed)

    @property
    def in_short(self) -> str:
        """ "thêm 2 mục, bỏ 1 mục, sửa 3 mục"."""
        counts = {"thêm": self.added, "bỏ": self.removed, "sửa": self.changed}
        return ", ".join(f"{verb} {len(rows)} mục" for verb, rows in counts.items() if rows) or "không có gì khác"


@dataclass(frozen=True)
class _Version:
    """A version read whole: items by code, rules by code, tasks by code."""

    items: dict[str, FormItem]
    rules: dict[str, list[str]]
    tasks: dict[str, dict[int, str]]

    @classmethod
    def of(cls, version: FormVersion | None) -> "_Version":
        if version is None:
            return cls({}, {}, {})
        items = {
            item.code: item
            for item in version.items.order_by("order", "pk")
            .select_related("target__indicator")
            .prefetch_related("levels", "asked_tasks__task__section")
        }
        rules: dict[str, list[str]] = {}
        for check in version.checks.select_related("item", "other").order_by("pk"):
            rules.setdefault(check.item.code, []).append(rule_with_consequence(check))
        tasks = {
            code: {asked.task_id: str(asked.task) for asked in item.asked_tasks.all()} for code, item in items.items()
        }
        return cls(items, rules, tasks)


def compare(old: FormVersion | None, new: FormVersion) -> Difference:
    """What ``new`` asks otherwise than ``old``, item by item in the order of the new version."""
    before, after = _Version.of(old), _Version.of(new)
    moved = _moved(before, after)
    changed = []
    for code, item in after.items.items():
        if code in before.items:
            details = tuple(_details(before, after, code, moved=code in moved))
            if details:
                changed.append(Change(item, details))
    return Difference(
        added=[
            Change(item, (f"Trong phần “{item.section}”.",))
            for code, item in after.items.items()
            if code not in before.items
        ],
        removed=[Change(item) for code, item in before.items.items() if code not in after.items],
        changed=changed,
    )


def _moved(before: _Version, after: _Version) -> set[str]:
    """The items that stand elsewhere among those which both versions have; as few as possible."""
    old = [code for code in before.items if code in after.items]
    new = [code for code in after.items if code in before.items]
    kept: set[str] = set()
    for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        kept |= set(new[block.b : block.b + block.size])
    return set(new) - kept


def _details(before: _Version, after: _Version, code: str, *, moved: bool) -> Iterator[str]:
    old, new = before.items[code], after.items[code]
    shown_old, shown_new = dict(_properties(old)), dict(_properties(new))
    for name, value in shown_new.items():
        if shown_old.get(name) != value:
            yield _from_to(name, shown_old.get(name, ""), value)
    if moved and old.section == new.section:
        neighbour = _before_it(after, code)
        yield f"Thứ tự: nay đứng sau “{neighbour}”." if neighbour else "Thứ tự: nay đứng đầu biểu mẫu."
    yield from _lists("Quy tắc", before.rules.get(code, []), after.rules.get(code, []))
    yield from _lists("Nhiệm vụ", list(before.tasks[code].values()), list(after.tasks[code].values()))


def _before_it(version: _Version, code: str) -> str:
    codes = list(version.items)
    at = codes.index(code)
    return version.items[codes[at - 1]].label if at else ""


def _properties(item: FormItem) -> Iterator[tuple[str, str]]:
    """Each property of an item as words, by its name on the screen."""
    yield "Loại", str(item.get_kind_display())
    yield "Câu hỏi", item.label
    yield "Phần", item.section
    yield "Hướng dẫn", item.guide
    yield "Bắt buộc", "có" if item.required else "không"
    yield "Đơn vị tính", item.unit_of_count
    if item.kind == ItemKind.NARRATIVE:
        yield "Độ dài tối đa", f"{number_format(item.max_length, force_grouping=True)} ký tự"
    yield "Chỉ tiêu", str(item.target) if item.target else ""
    yield "Tử số", item.numerator_label
    yield "Mẫu số", item.denominator_label
    yield "Phân tổ", names(item.groups)
    yield "Phương án", names(item.choices)
    yield "Cấp trả lời", "; ".join(sorted(level.name for level in item.levels.all()))


def _from_to(name: str, old: str, new: str) -> str:
    if not old:
        return f"{name}: thêm “{new}”."
    if not new:
        return f"{name}: bỏ “{old}”."
    return f"{name}: từ “{old}” thành “{new}”."


def _lists(name: str, old: list[str], new: list[str]) -> Iterator[str]:
    yield from (f"{name} thêm: {row}" for row in new if row not in old)
    yield from (f"{name} bỏ: {row}" for row in old if row not in new)
