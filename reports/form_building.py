"""Builds the form of a duty for one kind of period out of its plan.

The plan brings the shares (its targets), the table of tasks and, through ``data/forms.toml``, the further figures of
which its words speak. A plan that has none of them gets a form of texts alone.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F, Max

from plans.models import ReportingDuty
from reports.models import AskedTask, FormItem, FormVersion, ItemKind, ReportForm
from targets.models import Target

DATA = Path(__file__).parent / "data" / "forms.toml"
TASKS_CODE = "nhiem-vu"
ACTIVITIES_CODE = "hoat-dong"
MODELS_CODE = "mo-hinh-da-thuc-hien"
ATTACHMENTS_CODE = "tai-lieu"
TARGETS_SECTION = "Chỉ tiêu"
FIGURES_SECTION = "Số liệu"
TEXTS_SECTION = "Nội dung báo cáo"


@dataclass(frozen=True)
class ItemSpec:
    """What one item of a form should be; equal specs in equal order are the same form."""

    code: str
    kind: str
    section: str
    label: str
    guide: str = ""
    unit_of_count: str = ""
    required: bool = True
    max_length: int = 10000
    target_id: int | None = None
    groups: list[dict[str, str]] = field(default_factory=list)
    choices: list[dict[str, str]] = field(default_factory=list)
    numerator_label: str = ""
    denominator_label: str = ""


# What exists once in a form, in the words with which it begins.
TABLES = {
    spec.kind: spec
    for spec in (
        ItemSpec(
            TASKS_CODE,
            ItemKind.TASKS,
            "Tình hình thực hiện nhiệm vụ",
            "Tình hình thực hiện các nhiệm vụ của kế hoạch",
            "Chọn tình hình của từng nhiệm vụ; ghi thêm nếu cần giải thích.",
        ),
        ItemSpec(
            ACTIVITIES_CODE,
            ItemKind.ACTIVITIES,
            "Hoạt động đã tổ chức",
            "Hoạt động đã tổ chức trong kỳ",
            "Lấy từ sổ hoạt động của đơn vị: hoạt động nào có ngày trong kỳ thì tự vào báo cáo.",
            required=False,
        ),
        ItemSpec(
            MODELS_CODE,
            ItemKind.MODELS,
            "Mô hình",
            "Mô hình duy trì, cải tiến, nhân rộng trong kỳ",
            "Lấy từ sổ mô hình của đơn vị: việc nào làm trong kỳ thì tự vào báo cáo.",
            required=False,
        ),
        ItemSpec(
            ATTACHMENTS_CODE,
            ItemKind.ATTACHMENTS,
            "Tài liệu kèm theo",
            "Tài liệu, hình ảnh kèm theo",
            "Tin, bài, ảnh về hoạt động nổi bật. Không gửi ảnh thấy rõ mặt trẻ em.",
            required=False,
        ),
    )
}
NARRATIVES = (
    ItemSpec(
        "ket-qua", ItemKind.NARRATIVE, TEXTS_SECTION, "Kết quả", "Những việc chính đã làm trong kỳ và kết quả đạt được."
    ),
    ItemSpec(
        "ton-tai-han-che",
        ItemKind.NARRATIVE,
        TEXTS_SECTION,
        "Tồn tại, hạn chế",
        "Việc chưa làm được hoặc làm chưa tốt. Nếu không có, hãy để trống.",
        required=False,
    ),
    ItemSpec(
        "nguyen-nhan",
        ItemKind.NARRATIVE,
        TEXTS_SECTION,
        "Nguyên nhân",
        "Vì sao có những tồn tại, hạn chế nêu trên.",
        required=False,
    ),
    ItemSpec(
        "kien-nghi",
        ItemKind.NARRATIVE,
        TEXTS_SECTION,
        "Kiến nghị",
        "Điều đơn vị đề nghị cấp trên giải quyết. Nếu không có, hãy để trống.",
        required=False,
    ),
    ItemSpec(
        "phuong-huong",
        ItemKind.NARRATIVE,
        TEXTS_SECTION,
        "Phương hướng",
        "Những việc chính sẽ làm trong kỳ tới.",
    ),
)


@transaction.atomic
def ensure_form(duty: ReportingDuty, period_kind: str) -> FormVersion:
    """The version of the duty's form that fits its plan as it stands now.

    1. The current version of a form that does not follow the plan: a person has built it.
    2. The current version, where it already asks just what the plan wants.
    3. Else the current version rebuilt in place, while no report uses it and no person has built it.
    4. Else the next version; reports keep the one with which they began.
    """
    form, _ = ReportForm.objects.get_or_create(duty=duty, period_kind=period_kind, defaults={"follows_plan": True})
    form = ReportForm.objects.select_for_update().get(pk=form.pk)
    current = form.current
    if current and not form.follows_plan:
        return current
    wanted, tasks = list(item_specs(duty)), set(duty.plan.tasks.values_list("pk", flat=True))
    if current and _asks_just(current, wanted, tasks):
        return current
    if current and not current.published_by_id and not current.reports.exists():
        current.items.all().delete()
        FormVersion.objects.filter(pk=current.pk).update(edits=F("edits") + 1)
    else:
        current = FormVersion.objects.create(form=form, number=next_number(form))
    insert_items(current, wanted, tasks)
    return current


def next_number(form: ReportForm) -> int:
    """The number after that of every version, drafts as well."""
    return (form.versions.aggregate(last=Max("number"))["last"] or 0) + 1


def insert_items(version: FormVersion, specs: list[ItemSpec], task_pks: set[int], *, after: int = 0) -> list[FormItem]:
    """Put items into a version behind order ``after``; an item about tasks asks for all of ``task_pks``."""
    items = FormItem.objects.bulk_create(
        FormItem(version=version, order=order, **asdict(spec)) for order, spec in enumerate(specs, start=after + 1)
    )
    about_tasks = [item for item in items if item.kind == ItemKind.TASKS]
    AskedTask.objects.bulk_create(AskedTask(item=item, task_id=pk) for item in about_tasks for pk in sorted(task_pks))
    return items


def item_specs(duty: ReportingDuty) -> Iterator[ItemSpec]:
    """What the form of the duty asks, in order."""
    extra = extra_items(duty.key)
    yield from _target_specs(duty)
    yield from extra.items
    if duty.plan.tasks.exists():
        yield TABLES[ItemKind.TASKS]
    if extra.activities:
        yield TABLES[ItemKind.ACTIVITIES]
    if extra.models:
        yield TABLES[ItemKind.MODELS]
    yield from NARRATIVES
    yield TABLES[ItemKind.ATTACHMENTS]


def stored_specs(version: FormVersion) -> list[ItemSpec]:
    """The items of a version as specs."""
    names = list(ItemSpec.__dataclass_fields__)
    return [ItemSpec(**row) for row in version.items.order_by("order", "pk").values(*names)]


def _asks_just(version: FormVersion, wanted: list[ItemSpec], tasks: set[int]) -> bool:
    """Whether the version is what the plan wants: also without levels and rules, which only a person adds."""
    added = version.checks.exists() or version.items.filter(levels__isnull=False).exists()
    return not added and stored_specs(version) == wanted and _asked_tasks(version) == tasks


def _asked_tasks(version: FormVersion) -> set[int]:
    return set(AskedTask.objects.filter(item__version=version).values_list("task_id", flat=True))


@dataclass(frozen=True)
class ExtraItems:
    """What ``data/forms.toml`` says about one duty."""

    items: tuple[ItemSpec, ...] = ()
    activities: bool = True
    models: bool = False


def extra_items(duty_key: str) -> ExtraItems:
    """The further figures of a duty; none for a duty that the file does not name."""
    entry = _entries().get(duty_key, {})
    if "same_as" in entry:
        return extra_items(entry["same_as"])
    items = tuple(_extra_spec(row) for row in entry.get("item", []))
    return ExtraItems(items=items, activities=entry.get("activities", True), models=entry.get("models", False))


@cache
def _entries() -> dict[str, dict[str, Any]]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


def _extra_spec(row: dict[str, Any]) -> ItemSpec:
    kind = ItemKind(row["kind"])
    return ItemSpec(
        code=row["code"],
        kind=kind,
        section=row.get("section", FIGURES_SECTION),
        label=row["label"],
        guide=row["guide"],
        unit_of_count="đồng" if kind == ItemKind.MONEY else row["unit"],
    )


def target_spec(target: Target) -> ItemSpec:
    """The share of one target of a plan, with the plan's own words as its guide."""
    indicator, section = target.indicator, target.section
    kind = target.plan.document.get_kind_display()
    return ItemSpec(
        code=indicator.code,
        kind=ItemKind.SHARE,
        section=TARGETS_SECTION,
        label=indicator.short_name,
        guide=f"{kind}: “{section.body or section.heading}”" if section else "",
        unit_of_count=indicator.unit_of_count,
        target_id=target.pk,
    )


def _target_specs(duty: ReportingDuty) -> Iterator[ItemSpec]:
    targets = duty.plan.targets.select_related("indicator", "section", "plan__document").order_by("order", "pk")
    yield from (target_spec(target) for target in targets)
