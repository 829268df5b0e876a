"""Every change that a person makes to targets and indicators: atomic, with its audit row."""

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError

from orgunits import audit
from orgunits.models import User
from plans.models import Document, Plan
from targets.forms import IndicatorForm, TargetForm
from targets.models import Indicator, Target


@transaction.atomic
def save_target(form: TargetForm, milestones: Any, *, plan: Plan, by: User, at: datetime.datetime) -> Target:
    """Write a target with its milestones from a valid form and formset."""
    created = form.instance.pk is None
    form.instance.plan = plan
    if created:
        form.instance.order = plan.targets.count() + 1
    target: Target = form.save()
    milestones.instance = target
    milestones.save()
    _touch(plan, at=at)
    audit.record(
        "target.create" if created else "target.update",
        target,
        by=by,
        org_unit=plan.org_unit,
        milestones=[str(milestone) for milestone in target.milestones.all()],
    )
    return target


@transaction.atomic
def remove_target(target: Target, *, by: User, at: datetime.datetime) -> None:
    """Remove a target that no report form asks for; ValidationError otherwise."""
    plan = target.plan
    audit.record("target.remove", target, by=by, org_unit=plan.org_unit)
    try:
        target.delete()
    except ProtectedError as error:
        raise ValidationError("Biểu mẫu báo cáo đang hỏi chỉ tiêu này nên không xóa được.") from error
    _touch(plan, at=at)


@transaction.atomic
def save_indicator(form: IndicatorForm, groups: Any, *, plan: Plan, by: User) -> Indicator:
    """Write an indicator of the plan's programme with its population groups."""
    created = form.instance.pk is None
    indicator = form.save_in(plan.programme)
    groups.save_groups(indicator)
    audit.record(
        "indicator.create" if created else "indicator.update",
        indicator,
        by=by,
        org_unit=plan.org_unit,
        groups=[group.name for group in indicator.groups.all()],
    )
    return indicator


def _touch(plan: Plan, *, at: datetime.datetime) -> None:
    """The loader of the source plans leaves the plan's targets alone from now on."""
    Document.objects.filter(pk=plan.document_id).update(edited_at=at)
