"""Texts of the units below, picked into the report upward: edited there, and never without their source."""

from typing import Any

from django.db.models import QuerySet

from reports.models import Report, TextPick


def picks_of(report: Report) -> QuerySet[TextPick]:
    """The picked passages in the order of the report, each with what names its source."""
    picks = TextPick.objects.filter(report=report).select_related("source__report__obligation__org_unit")
    names = "source__report__obligation__org_unit__placements"
    return picks.prefetch_related(names).order_by("item_code", "order", "pk")


def frozen(report: Report) -> dict[str, list[dict[str, Any]]]:
    """The picked passages as a revision keeps them, by item code: text, source, and whether it was edited here."""
    passages: dict[str, list[dict[str, Any]]] = {}
    for pick in picks_of(report).select_related("source__report__obligation__period"):
        passages.setdefault(pick.item_code, []).append(_passage(pick))
    return passages


def _passage(pick: TextPick) -> dict[str, Any]:
    source = pick.source
    obligation = source.report.obligation
    return {
        "unit": obligation.org_unit.name_on(obligation.period.ends_on) or obligation.org_unit.name,
        "report": source.report_id,
        "revision": source.pk,
        "number": source.number,
        "text": pick.text,
        "edited": pick.text != (source.content.get("texts") or {}).get(pick.source_code, ""),
    }
