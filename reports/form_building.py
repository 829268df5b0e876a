"""Builds the form of a duty for one kind of period out of its plan.

The plan brings the shares (its targets), the table of tasks and, through ``data/forms.toml``, the further figures of
which its words speak. A plan that has none of them gets a form of texts alone.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from plans.models import ReportingDuty
from reports.models import AskedTask, FormItem, FormVersion, ItemKind, ReportForm

DATA = Path(__file__).parent / "data" / "forms.toml"
TASKS_CODE = "nhiem-vu"
ACTIVITIES_CODE = "hoat-dong"
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
    3. Else the current version rebuilt in place, while no report uses it.
    4. Else the next version; reports keep the one with which they began.
    """
    form, _ = ReportForm.objects.get_or_create(duty=duty, period_kind=period_kind, defaults={"follows_plan": True})
    form = ReportForm.objects.select_for_update().get(pk=form.pk)
    current = form.current
    if current and not form.follows_plan:
        return current
    wanted, tasks = list(item_specs(duty)), set(duty.plan.tasks.values_list("pk", flat=True))
    if current and stored_specs(current) == wanted and _asked_tasks(current) == tasks:
        return current
    if current and not current.reports.exists():
        current.items.all().delete()
    else:
        current = FormVersion.objects.create(form=form, number=current.number + 1 if current else 1)
    FormItem.objects.bulk_create(
        FormItem(version=current, order=order, **asdict(spec)) for order, spec in enumerate(wanted, start=1)
    )
    about_tasks = current.items.filter(kind=ItemKind.TASKS)
    AskedTask.objects.bulk_create(AskedTask(item=item, task_id=pk) for item in about_tasks for pk in sorted(tasks))
    return current


def item_specs(duty: ReportingDuty) -> Iterator[ItemSpec]:
    """What the form of the duty asks, in order."""
    extra = extra_items(duty.key)
    yield from _target_specs(duty)
    yield from extra.items
    if duty.plan.tasks.exists():
        yield ItemSpec(
            TASKS_CODE,
            ItemKind.TASKS,
            "Tình hình thực hiện nhiệm vụ",
            "Tình hình thực hiện các nhiệm vụ của kế hoạch",
            "Chọn tình hình của từng nhiệm vụ; ghi thêm nếu cần giải thích.",
        )
    if extra.activities:
        yield ItemSpec(
            ACTIVITIES_CODE,
            ItemKind.ACTIVITIES,
            "Hoạt động đã tổ chức",
            "Hoạt động đã tổ chức trong kỳ",
            "Lấy từ sổ hoạt động của đơn vị: hoạt động nào có ngày trong kỳ thì tự vào báo cáo.",
            required=False,
        )
    yield from NARRATIVES
    yield ItemSpec(
        ATTACHMENTS_CODE,
        ItemKind.ATTACHMENTS,
        "Tài liệu kèm theo",
        "Tài liệu, hình ảnh kèm theo",
        "Tin, bài, ảnh về hoạt động nổi bật. Không gửi ảnh thấy rõ mặt trẻ em.",
        required=False,
    )


def stored_specs(version: FormVersion) -> list[ItemSpec]:
    """The items of a version as specs."""
    names = list(ItemSpec.__dataclass_fields__)
    return [ItemSpec(**row) for row in version.items.order_by("order", "pk").values(*names)]


def _asked_tasks(version: FormVersion) -> set[int]:
    return set(AskedTask.objects.filter(item__version=version).values_list("task_id", flat=True))


@dataclass(frozen=True)
class ExtraItems:
    """What ``data/forms.toml`` says about one duty."""

    items: tuple[ItemSpec, ...] = ()
    activities: bool = True


def extra_items(duty_key: str) -> ExtraItems:
    """The further figures of a duty; none for a duty that the file does not name."""
    entry = _entries().get(duty_key, {})
    if "same_as" in entry:
        return extra_items(entry["same_as"])
    items = tuple(_extra_spec(row) for row in entry.get("item", []))
    return ExtraItems(items=items, activities=entry.get("activities", True))


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


def _target_specs(duty: ReportingDuty) -> Iterator[ItemSpec]:
    """One share for each target of the plan, with the plan's own words as its guide."""
    kind = duty.plan.document.get_kind_display()
    for target in duty.plan.targets.select_related("indicator", "section").order_by("order", "pk"):
        indicator, section = target.indicator, target.section
        yield ItemSpec(
            code=indicator.code,
            kind=ItemKind.SHARE,
            section=TARGETS_SECTION,
            label=indicator.short_name,
            guide=f"{kind}: “{section.body or section.heading}”" if section else "",
            unit_of_count=indicator.unit_of_count,
            target_id=target.pk,
        )
