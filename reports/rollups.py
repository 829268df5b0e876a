"""Keeps the stored sums of subtrees in step with the reports."""

from collections.abc import Iterable

from plans.models import ReportingDuty
from reports.models import Obligation, Period


def recompute_chain(obligations: Iterable[Obligation]) -> None:
    """Bring the rollup rows above these obligations up to date, inside the caller's transaction."""


def rebuild(duty: ReportingDuty, period: Period) -> None:
    """Write all rollup rows of a duty and period from scratch."""
