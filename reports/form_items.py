"""What an administrator does to the items of a form's draft: add, change, remove, put in order, hold to rules.

A code keys the figures of every report and rollup of the duty. So it stays once a version in use has had it, and it is
never given to an item of another kind.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from orgunits.models import Level, User
from orgunits.vietnamese import without_marks
from plans.models import Task
from reports.form_building import TABLES, ItemSpec, insert_items
from reports.form_editing import StaleDraft, begin, claim, record
from reports.models import AskedTask, FormCheck, FormItem, FormVersion, ItemKind, ReportForm
from targets.models import Indicator

Values = dict[str, Any]
# Tables that exist once in a form, with the code under which forms of plans have them.
ONCE = {kind: spec.code for kind, spec in TABLES.items()}
# Names that the filing form posts beside its fields.
RESERVED = {"action", "base", "draft_version", "csrfmiddlewaretoken", "tep"}
CODE_LENGTH = 50  # leaves room for "-2"


# --- codes --------------------------------------------------------------------------------------------------------


def kinds_by_code(version: FormVersion) -> dict[str, str]:
    """The kind of every code that published versions of the duty's forms have used."""
    used = FormItem.objects.filter(version__form__duty=version.form.duty_id, version__published_at__isnull=False)
    return dict(used.exclude(version=version).values_list("code", "kind"))


def is_fixed(item: FormItem) -> bool:
    """Whether figures may hang on the code of the item."""
    return item.code in kinds_by_code(item.version)


def free_code(version: FormVersion, label: str, kind: str, *, beside: Iterable[str] = ()) -> str:
    """A code for a new item, made from its label; ``beside`` are codes that are about to be given to others."""
    used = kinds_by_code(version)
    taken = set(version.items.values_list("code", flat=True)) | RESERVED | set(beside)
    taken |= {code for code, other in used.items() if other != kind}
    stem = ONCE.get(kind) or _slug(label) or kind
    indicators = set(Indicator.objects.filter(code__startswith=stem).values_list("code", flat=True))
    names = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + len(indicators) + 3))]
    return next(name for name in names if name not in taken | indicators)


def _slug(label: str) -> str:
    """The label without marks, cut between words."""
    slug = slugify(without_marks(label))
    return slug if len(slug) <= CODE_LENGTH else slug[: CODE_LENGTH + 1].rpartition("-")[0] or slug[:CODE_LENGTH]


def code_problem(version: FormVersion, code: str, kind: str, *, item: FormItem | None = None) -> str:
    """Why this code cannot be given to an item of that kind, as a sentence; empty where it can."""
    if item and item.code == code:
        return ""
    if version.items.exclude(pk=item.pk if item else 0).filter(code=code).exists():
        return "Một mục khác của biểu mẫu đã có mã này. Hãy ghi mã khác."
    used = kinds_by_code(version).get(code, kind)
    if used != kind:
        words = ItemKind(used).label
        return f"Mã này đã dùng cho mục loại “{words}” ở phiên bản trước, số liệu cũ gắn với mã. Hãy ghi mã khác."
    if code in RESERVED or Indicator.objects.filter(code=code).exists():
        return "Mã này dành riêng cho hệ thống hoặc cho một chỉ tiêu. Hãy ghi mã khác."
    return ""


# --- items --------------------------------------------------------------------------------------------------------


@transaction.atomic
def add(
    draft: FormVersion,
    kind: str,
    values: Values,
    *,
    levels: Iterable[Level],
    tasks: Iterable[Task],
    seen: int,
    by: User,
) -> FormItem:
    """A new item at the end of its section; a section not met yet comes last."""
    claim(draft, seen=seen, by=by)
    last = draft.items.aggregate(last=Max("order"))["last"] or 0
    item = FormItem.objects.create(version=draft, kind=kind, order=last + 1, **values)
    item.levels.set(levels)
    AskedTask.objects.bulk_create(AskedTask(item=item, task=task) for task in tasks)
    _arrange(draft)
    record("form.item_add", draft, by=by, item=item.label, item_kind=str(item.get_kind_display()))
    return item


@transaction.atomic
def begin_from(form: ReportForm, specs: list[ItemSpec], *, source: str, by: User, note: str = "") -> FormVersion:
    """A draft version with the items of a ready form. Raises StaleDraft where there is a draft already."""
    draft = begin(form, by=by, note=note)
    items = _insert(draft, specs)
    record("form.add_items", draft, by=by, source=source, count=len(items))
    return draft


@transaction.atomic
def add_specs(draft: FormVersion, specs: list[ItemSpec], *, source: str, seen: int, by: User) -> list[FormItem]:
    """Put the items of a ready form behind those of the draft; what the draft asks already is left out."""
    claim(draft, seen=seen, by=by)
    items = _insert(draft, specs)
    record("form.add_items", draft, by=by, source=source, count=len(items))
    return items


def _insert(draft: FormVersion, specs: list[ItemSpec]) -> list[FormItem]:
    """The items that the draft has not yet, at its end; a table of tasks asks for all tasks of the plan.

    A code that had another kind in a version in use gives way to a free one.
    """
    there = dict(draft.items.values_list("code", "kind"))
    once = {kind for kind in there.values() if kind in ONCE}
    used = kinds_by_code(draft)
    wanted: list[ItemSpec] = []
    for spec in specs:
        if spec.code not in there and spec.kind not in once:
            is_free = used.get(spec.code, spec.kind) == spec.kind
            beside = {each.code for each in (*specs, *wanted)}
            code = spec.code if is_free else free_code(draft, spec.label, spec.kind, beside=beside)
            wanted.append(replace(spec, code=code))
    last = draft.items.aggregate(last=Max("order"))["last"] or 0
    tasks = set(draft.form.duty.plan.tasks.values_list("pk", flat=True))
    items = insert_items(draft, wanted, tasks, after=last)
    _arrange(draft)
    return items


@transaction.atomic
def change(
    item: FormItem, values: Values, *, levels: Iterable[Level], tasks: Iterable[Task], seen: int, by: User
) -> None:
    """Write the changed properties of an item; it stays in its place, or goes to the end of another section."""
    claim(item.version, seen=seen, by=by)
    levels, wanted = list(levels), {task.pk for task in tasks}
    there = set(item.asked_tasks.values_list("task_id", flat=True))
    changed = [name for name, value in values.items() if getattr(item, name) != value]
    answering = {level.pk for level in levels} != set(item.levels.values_list("pk", flat=True))
    told = ["question" if name == "label" else name for name in changed]
    told += [name for name, is_other in (("levels", answering), ("tasks", wanted != there)) if is_other]
    if "section" in changed:
        values = values | {"order": (item.version.items.aggregate(last=Max("order"))["last"] or 0) + 1}
    for name, value in values.items():
        setattr(item, name, value)
    item.save(update_fields=list(values))
    item.levels.set(levels)
    item.asked_tasks.exclude(task__in=wanted).delete()
    AskedTask.objects.bulk_create(AskedTask(item=item, task_id=pk) for pk in sorted(wanted - there))
    _arrange(item.version)
    record("form.item_change", item.version, by=by, item=item.label, fields=told)


@transaction.atomic
def remove(item: FormItem, *, seen: int, by: User) -> None:
    """Take an item out of the draft, with the rules that speak of it."""
    claim(item.version, seen=seen, by=by)
    record("form.item_remove", item.version, by=by, item=item.label, count=len(rules_about(item)))
    item.delete()


def rules_about(item: FormItem) -> list[FormCheck]:
    """The rules that fall with the item: its own, and those of others that are held against it."""
    checks = item.version.checks.select_related("item", "other").order_by("item__order", "pk")
    return [check for check in checks if item.pk in (check.item_id, check.other_id)]


# --- order --------------------------------------------------------------------------------------------------------


def sections(version: FormVersion) -> list[tuple[str, list[FormItem]]]:
    """The sections in order with their items."""
    found: dict[str, list[FormItem]] = {}
    for item in version.items.order_by("order", "pk"):
        found.setdefault(item.section, []).append(item)
    return list(found.items())


def _arrange(version: FormVersion, wanted: list[tuple[str, list[FormItem]]] | None = None) -> None:
    """Number the items so that each section stands together."""
    rows = sections(version) if wanted is None else wanted
    items: list[FormItem] = []
    for section, members in rows:
        for item in members:
            item.section, item.order = section, len(items) + 1
            items.append(item)
    FormItem.objects.bulk_update(items, ["section", "order"])


@transaction.atomic
def shift(item: FormItem, *, up: bool, seen: int, by: User) -> None:
    """One place up or down; from the edge of a section into the one beside it."""
    draft = item.version
    claim(draft, seen=seen, by=by)
    rows = sections(draft)
    place = next(index for index, (section, _) in enumerate(rows) if section == item.section)
    members = rows[place][1]
    at = next(index for index, member in enumerate(members) if member.pk == item.pk)
    step = -1 if up else 1
    if 0 <= at + step < len(members):
        members[at], members[at + step] = members[at + step], members[at]
    elif 0 <= place + step < len(rows):
        beside = rows[place + step][1]
        beside.insert(len(beside) if up else 0, members.pop(at))
    _arrange(draft, rows)
    record("form.order", draft, by=by, item=item.label, up=up)


@transaction.atomic
def shift_section(draft: FormVersion, section: str, *, up: bool, seen: int, by: User) -> None:
    """A whole section one place up or down."""
    claim(draft, seen=seen, by=by)
    rows = sections(draft)
    at = next((index for index, (name, _) in enumerate(rows) if name == section), None)
    if at is None:
        raise StaleDraft("Phần này không còn trong biểu mẫu.")
    other = at + (-1 if up else 1)
    if 0 <= other < len(rows):
        rows[at], rows[other] = rows[other], rows[at]
    _arrange(draft, rows)
    record("form.order", draft, by=by, section=section, up=up)


@transaction.atomic
def set_order(draft: FormVersion, wanted: list[tuple[str, list[int]]], *, seen: int, by: User) -> None:
    """All items in a new order, each under its section. Raises StaleDraft when it does not name just these items."""
    claim(draft, seen=seen, by=by)
    items = {item.pk: item for item in draft.items.all()}
    named = [pk for _, pks in wanted for pk in pks]
    known = {item.section for item in items.values()}
    if sorted(named) != sorted(items) or not {section for section, _ in wanted} <= known:
        raise StaleDraft("Các mục của biểu mẫu đã khác với trang bạn đang mở. Hãy tải lại trang.")
    _arrange(draft, [(section, [items[pk] for pk in pks]) for section, pks in wanted if pks])
    record("form.order", draft, by=by)


@transaction.atomic
def rename_section(draft: FormVersion, section: str, name: str, *, seen: int, by: User) -> None:
    """Give a section another name; one with the name of another goes together with it."""
    claim(draft, seen=seen, by=by)
    if not draft.items.filter(section=section).update(section=name):
        raise StaleDraft("Phần này không còn trong biểu mẫu.")
    _arrange(draft)
    record("form.section", draft, by=by, before=section, section=name)


# --- rules --------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_rule(check: FormCheck, *, seen: int, by: User) -> None:
    """Add a rule or write a changed one."""
    claim(check.version, seen=seen, by=by)
    check.save()
    record("form.rule", check.version, by=by, item=check.item.label, item_kind=str(check.get_kind_display()))


@transaction.atomic
def remove_rule(check: FormCheck, *, seen: int, by: User) -> None:
    claim(check.version, seen=seen, by=by)
    record("form.rule_remove", check.version, by=by, item=check.item.label, item_kind=str(check.get_kind_display()))
    check.delete()
