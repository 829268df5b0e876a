"""Builds the form of a duty for one kind of period."""

from plans.models import ReportingDuty
from reports.models import FormVersion, ReportForm


def ensure_form(duty: ReportingDuty, period_kind: str) -> FormVersion:
    """The current version of the duty's form; an empty first one is made where there is none."""
    form, _ = ReportForm.objects.get_or_create(duty=duty, period_kind=period_kind)
    return form.current or FormVersion.objects.get_or_create(form=form, number=1)[0]
