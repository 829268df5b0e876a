"""Gets forms ready for their pages: rows of the list, sections with what each item says of itself."""

from dataclasses import dataclass, field

from django.db.models import Count
from django.utils.formats import number_format

from plans.models import PeriodKind, ReportingDuty
from reports import form_items
from reports.form_item_forms import KIND_HELP, KIND_ICONS
from reports.form_words import consequence, names, rule_in_words
from reports.models import FormCheck, FormItem, FormVersion, ItemKind, ReportForm


@dataclass(frozen=True)
class ListRow:
    """The form of a duty for one kind of period; ``form`` is None until somebody makes it."""

    duty: ReportingDuty
    kind: str
    kind_label: str
    form: ReportForm | None
    current: FormVersion | None
    has_draft: bool
    may_administer: bool


@dataclass(frozen=True)
class RuleRow:
    check: FormCheck
    sentence: str
    consequence: str


@dataclass
class ItemRow:
    """One item in the builder: ``facts`` are short words about it."""

    item: FormItem
    icon: str
    facts: list[str]
    rules: list[RuleRow] = field(default_factory=list)

    @property
    def is_figure(self) -> bool:
        return self.item.kind in (ItemKind.SHARE, ItemKind.COUNT, ItemKind.MONEY)


@dataclass(frozen=True)
class SectionRow:
    name: str
    items: list[ItemRow]


@dataclass(frozen=True)
class KindRow:
    """A kind of item that can be added, or ``refused`` in a sentence that says why not."""

    code: str
    label: str
    help: str
    icon: str
    refused: str


def list_rows(duties: list[ReportingDuty], *, administered: set[int]) -> list[ListRow]:
    """For each duty the kinds of period that it has a rule or a form for, and for administrators the others too."""
    versions = FormVersion.objects.filter(form__duty__in=duties).annotate(asks=Count("items")).order_by("number")
    current: dict[int, FormVersion] = {}
    drafts = set()
    for version in versions:
        if version.published_at:
            current[version.form_id] = version
        else:
            drafts.add(version.form_id)
    rows = []
    for duty in duties:
        forms = {form.period_kind: form for form in duty.forms.all()}
        ruled = {rule.period_kind for rule in duty.due_rules.all()}
        may_administer = duty.plan.org_unit_id in administered
        for kind, label in PeriodKind.choices:
            form = forms.get(kind)
            if form or kind in ruled or may_administer:
                now, has_draft = (current.get(form.pk), form.pk in drafts) if form else (None, False)
                rows.append(ListRow(duty, kind, str(label), form, now, has_draft, may_administer))
    return rows


def sections(version: FormVersion) -> list[SectionRow]:
    """The sections of a version with its items and their rules, in a fixed number of queries."""
    items = (
        version.items.order_by("order", "pk")
        .select_related("target__indicator")
        .prefetch_related("levels", "asked_tasks", "target__indicator__groups", "target__levels")
    )
    rules: dict[int, list[RuleRow]] = {}
    for check in version.checks.select_related("item", "other").order_by("pk"):
        rules.setdefault(check.item_id, []).append(RuleRow(check, rule_in_words(check), consequence(check)))
    found: dict[str, SectionRow] = {}
    for item in items:
        row = ItemRow(item, KIND_ICONS[ItemKind(item.kind)], _facts(item), rules.get(item.pk, []))
        found.setdefault(item.section, SectionRow(item.section, [])).items.append(row)
    return list(found.values())


def _facts(item: FormItem) -> list[str]:
    """What a reader of the list should know of an item, shortly."""
    facts = [str(item.get_kind_display())]
    if item.unit_of_count:
        facts.append(f"đơn vị tính: {item.unit_of_count}")
    groups = [{"name": group.name} for group in item.target.indicator.groups.all()] if item.target else item.groups
    if groups:
        facts.append(f"phân tổ: {names(groups)}")
    if item.choices:
        facts.append(f"phương án: {names(item.choices)}")
    if item.kind == ItemKind.NARRATIVE:
        facts.append(f"nhiều nhất {number_format(item.max_length, force_grouping=True)} ký tự")
    if item.kind == ItemKind.TASKS:
        facts.append(f"{len(item.asked_tasks.all())} nhiệm vụ")
    levels = [level.name for level in (item.levels.all() or (item.target.levels.all() if item.target else []))]
    if levels:
        facts.append(f"chỉ hỏi: {', '.join(levels)}")
    return facts


def kinds(version: FormVersion) -> list[KindRow]:
    """The kinds of items in the order of the menu."""
    taken = form_items.ONCE.keys() & set(version.items.values_list("kind", flat=True))
    refused = dict.fromkeys(taken, "Biểu mẫu đã có mục này.")
    if not version.form.duty.plan.tasks.exists():
        refused[ItemKind.TASKS] = "Kế hoạch chưa có nhiệm vụ nào."
    return [
        KindRow(kind.value, str(kind.label), KIND_HELP[kind], KIND_ICONS[kind], refused.get(kind, ""))
        for kind in ItemKind
    ]


def chosen_pair(versions: list[FormVersion], old: str, new: str) -> tuple[FormVersion, FormVersion] | None:
    """Which two versions to compare: those asked for by number, else the last two; the older one comes first."""
    by_number = {str(version.number): version for version in versions}
    if old in by_number and new in by_number and old != new:
        first, second = sorted((by_number[old], by_number[new]), key=lambda version: version.number)
        return first, second
    return (versions[1], versions[0]) if len(versions) > 1 else None
