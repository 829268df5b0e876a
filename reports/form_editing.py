"""The life of a form's versions: a draft is begun, built, put into use or thrown away; what is in use is frozen.

Every change of a draft claims it by one conditional UPDATE on the number of its changes, so that of two administrators
the second one sees what the first has done before anything is overwritten.
"""

import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from orgunits import audit
from orgunits.models import User
from orgunits.transitions import Conflict
from reports.form_building import ensure_form, next_number
from reports.models import AskedTask, FormCheck, FormVersion, ReportForm


class StaleDraft(Conflict):
    """The draft is not any more as the page showed it; the message says who did what."""


@transaction.atomic
def begin(form: ReportForm, *, by: User, copied: FormVersion | None = None, note: str = "") -> FormVersion:
    """A draft version of the form, with all that ``copied`` asks, or empty. Raises StaleDraft where there is one."""
    form = ReportForm.objects.select_for_update().get(pk=form.pk)
    if form.draft:
        raise StaleDraft(f"Biểu mẫu này đã có bản đang sửa. {_who_changed(form.draft)}".strip())
    draft = FormVersion.objects.create(
        form=form,
        number=next_number(form),
        published_at=None,
        note=note,
        edited_at=timezone.now(),
        edited_by=by,
    )
    if copied:
        copy_items(copied, draft)
    record("form.begin", draft, by=by, copied=copied.number if copied else None)
    return draft


def copy_items(old: FormVersion, new: FormVersion) -> None:
    """Copy the items of a version with their levels, asked tasks and rules into another one."""
    copies = {}
    for item in old.items.order_by("order", "pk").prefetch_related("levels", "asked_tasks"):
        levels, tasks = list(item.levels.all()), [asked.task_id for asked in item.asked_tasks.all()]
        was = item.pk
        copy = _copied(item, version=new)
        copy.save(force_insert=True)
        copy.levels.set(levels)
        AskedTask.objects.bulk_create(AskedTask(item=copy, task_id=pk) for pk in tasks)
        copies[was] = copy
    checks = []
    for check in old.checks.order_by("pk"):
        other = copies[check.other_id] if check.other_id else None
        checks.append(_copied(check, version=new, item=copies[check.item_id], other=other))
    FormCheck.objects.bulk_create(checks)


def _copied(row: Any, **changed: Any) -> Any:
    fields = {
        field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key
    }
    for name in changed:
        fields.pop(f"{name}_id", None)
    return type(row)(**fields, **changed)


def claim(draft: FormVersion, *, seen: int, by: User) -> None:
    """Take the draft for one change, in the transaction of that change.

    ``seen`` is the number of changes that the page knew of. Raises StaleDraft when there are more, or when the draft
    was put into use or thrown away.
    """
    won = FormVersion.objects.filter(pk=draft.pk, published_at__isnull=True, edits=seen).update(
        edits=F("edits") + 1, edited_at=timezone.now(), edited_by=by
    )
    if not won:
        raise StaleDraft(stale_sentence(draft))
    draft.edits = seen + 1


def stale_sentence(draft: FormVersion) -> str:
    """Who did what to the draft meanwhile."""
    now = FormVersion.objects.select_related("edited_by", "published_by").filter(pk=draft.pk).first()
    if now is None:
        return "Bản đang sửa này đã bị bỏ, sau khi bạn mở trang."
    if now.published_at:
        who = now.published_by or "Người khác"
        return f"{who} đã đưa bản này vào dùng {_moment(now.published_at)}, nên không sửa được nữa."
    return f"{_who_changed(now)} Bạn mở trang trước lúc đó, nên thay đổi của bạn chưa được ghi."


def _who_changed(draft: FormVersion) -> str:
    if not draft.edited_at:
        return ""
    return f"{draft.edited_by or 'Người khác'} sửa lần cuối {_moment(draft.edited_at)}."


def _moment(at: datetime.datetime) -> str:
    return f"lúc {timezone.localtime(at):%H:%M} ngày {timezone.localtime(at):%d/%m/%Y}"


@transaction.atomic
def discard(draft: FormVersion, *, seen: int, by: User) -> None:
    """Throw the draft away; the version in use stays."""
    claim(draft, seen=seen, by=by)
    record("form.discard", draft, by=by, count=draft.items.count())
    FormVersion.objects.filter(pk=draft.pk, published_at__isnull=True).delete()


@transaction.atomic
def publish(draft: FormVersion, *, seen: int, replaces: str, note: str, by: User) -> None:
    """Put the draft into use; reports that are open keep the version with which they began.

    ``replaces`` is the ``stamp`` of the version with which the page compared it. Raises StaleDraft when that is not
    what is in use any more, and where the draft has no item.
    """
    form = ReportForm.objects.select_for_update().get(pk=draft.form_id)
    current = form.current
    if stamp(current) != replaces:
        raise StaleDraft("Biểu mẫu đang dùng đã đổi sau khi bạn mở trang. Hãy xem lại khác biệt rồi đưa vào dùng.")
    if not draft.items.exists():
        raise StaleDraft("Biểu mẫu chưa có mục nào nên chưa đưa vào dùng được. Hãy thêm ít nhất một mục.")
    claim(draft, seen=seen, by=by)
    number = draft.number if current is None or draft.number > current.number else next_number(form)
    FormVersion.objects.filter(pk=draft.pk).update(
        published_at=timezone.now(), published_by=by, note=note, number=number
    )
    ReportForm.objects.filter(pk=form.pk).update(follows_plan=False)
    draft.number = number
    record("form.publish", draft, by=by, note=note)


def stamp(version: FormVersion | None) -> str:
    """The version as it stands: one of a plan may be made anew in place while no report uses it."""
    return f"{version.pk}-{version.edits}" if version else ""


@transaction.atomic
def follow_plan(form: ReportForm, *, by: User) -> FormVersion:
    """Let the form follow its plan again, as before somebody built it. Raises StaleDraft where it does already."""
    if not ReportForm.objects.filter(pk=form.pk, follows_plan=False).update(follows_plan=True):
        raise StaleDraft("Biểu mẫu này đã theo kế hoạch từ trước.")
    version = ensure_form(form.duty, form.period_kind)
    record("form.follow_plan", version, by=by)
    return version


def record(action: str, version: FormVersion, *, by: User, **data: Any) -> None:
    """The audit row of a change of a version."""
    audit.record(action, version.form, by=by, org_unit=version.form.duty.plan.org_unit, version=version.number, **data)
