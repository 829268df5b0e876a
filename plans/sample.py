"""Sample plans of sample units, so that a cascade shows who has issued a plan and who has not."""

from typing import Any

from django.db import transaction

from plans.loading import Units, read
from plans.models import Document, Plan


@transaction.atomic
def load_sample_plans(units: Units) -> int:
    """Record the made-up plans of sample units; returns how many. Does nothing where any has been loaded before."""
    if Document.objects.filter(is_sample=True).exists():
        return 0
    rows = [(group, row) for group in read("sample-plans.toml")["group"] for row in group["plans"]]
    for group, row in rows:
        _record(group, row, units)
    return len(rows)


def _record(group: dict[str, Any], row: dict[str, Any], units: Units) -> None:
    above = Plan.objects.select_related("document").get(document__key=group["above"])
    unit, issued_on = units[row["unit"]], row["issued_on"]
    document = Document.objects.create(
        kind=Document.Kind.PLAN,
        sector=unit.sector,
        number=group["number"].format(serial=f"{row['serial']:02d}"),
        serial=row["serial"],
        issuer_unit=unit,
        issuer_name=unit.name,
        issued_on=issued_on,
        issued_month=issued_on.month,
        issued_year=issued_on.year,
        subject=group["subject"],
        programme_id=above.programme_id,
        derives_from=above.document,
        is_sample=True,
    )
    Plan.objects.create(document=document, org_unit=unit, programme_id=above.programme_id, status=Plan.Status.ISSUED)
