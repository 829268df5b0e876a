"""The filing form as an officer of one level would see it, without a report: nothing of it is ever saved."""

import datetime
from dataclasses import dataclass

from orgunits.models import Level, Placement
from plans.models import PeriodKind, ReportingDuty
from reports import filing_page, form_fields
from reports.expecting import reporters_of
from reports.filing_page import FilingPage
from reports.filing_questions import QuestionView
from reports.models import FormItem, FormVersion, Obligation, Period, Report

NOWHERE = 0  # a key that no row has: what hangs on a report or a period is then simply empty


@dataclass(frozen=True)
class Preview:
    """``level`` as which ``place`` sees the form; ``levels`` are those that can be chosen."""

    page: FilingPage | None
    level: Level | None
    place: Placement | None
    levels: list[Level]


def build(version: FormVersion, *, level_pk: int | None, on: datetime.date) -> Preview:
    """The form for a level of the duty's reporting units; for the first of them where none or another is asked."""
    places = {place.level_id: place for place in reversed(reporting_places(version.form.duty, on=on))}
    levels = sorted((place.level for place in places.values()), key=lambda level: (level.rank, level.name))
    level = next((each for each in levels if each.pk == level_pk), levels[0] if levels else None)
    if level is None:
        return Preview(None, None, None, [])
    place = places[level.pk]
    form = form_fields.load(_report(version, place, on=on))
    return Preview(filing_page.build(form, {}), level, place, levels)


def of_item(version: FormVersion, item: FormItem, *, on: datetime.date) -> QuestionView | None:
    """One question that is still being typed; None where the duty has nobody who would see it."""
    places = reporting_places(version.form.duty, on=on)
    if not places:
        return None
    page = filing_page.build(form_fields.of_items(_report(version, places[0], on=on), [item]), {})
    return page.sections[0].questions[0]


def reporting_places(duty: ReportingDuty, *, on: datetime.date) -> list[Placement]:
    """The units that owe the report today; where there are none yet, the plan's own unit stands for them."""
    return reporters_of(duty, on=on) or list(
        Placement.objects.as_of(on).filter(org_unit=duty.plan.org_unit_id).select_related("org_unit", "level")
    )


def levels_of(duty: ReportingDuty, *, on: datetime.date) -> list[Level]:
    """The levels of the units that owe the report."""
    found = {place.level_id: place.level for place in reporting_places(duty, on=on)}
    return sorted(found.values(), key=lambda level: (level.rank, level.name))


def _report(version: FormVersion, place: Placement, *, on: datetime.date) -> Report:
    """A report that is in no table, of a period without days: the registers of the unit stay out of the preview."""
    form = version.form
    title = form.duty.once_title if form.period_kind == PeriodKind.ONCE else ""
    _, ends_on = form.duty.bounds(form.period_kind, on.year)
    starts_on = ends_on + datetime.timedelta(days=1)
    period = Period(
        pk=NOWHERE,
        kind=form.period_kind,
        year=ends_on.year,
        title=title,
        starts_on=starts_on,
        ends_on=ends_on,
        cut_off_on=ends_on,
    )
    obligation = Obligation(
        pk=NOWHERE,
        org_unit=place.org_unit,
        duty=form.duty,
        period=period,
        path=place.path,
        receiving_unit=form.duty.recipient_unit,
        due_on=ends_on,
        cut_off_on=ends_on,
    )
    return Report(pk=NOWHERE, obligation=obligation, form_version=version)
