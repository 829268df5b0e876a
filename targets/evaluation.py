"""Whether a figure meets a target: exact on integers and fractions, never on rounded percentages.

"Trên 90 %" is ``numerator × 100 > 90 × denominator``: 90 of 100 has not met it, 901 of 1000 has.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, localcontext
from fractions import Fraction

from django.db.models import TextChoices
from django.utils.formats import number_format

from targets.models import Milestone

MOST_DECIMALS = 12  # a population of a hundred million needs ten


class Verdict(TextChoices):
    MET = "met", "Đạt"
    NOT_MET = "not_met", "Chưa đạt"
    NO_DATA = "no_data", "Chưa có số liệu"


@dataclass(frozen=True)
class Assessment:
    """A figure held against one milestone.

    ``ratio`` is None without data; ``missing_count`` is how many more units of count would have met the milestone
    with today's denominator (0 when met, None without data); ``reachable`` is False where even all of them would
    not do, as with "trên 100 %".
    """

    verdict: Verdict
    ratio: Fraction | None
    missing_count: int | None
    missing_points: Fraction | None
    reachable: bool


def ratio(numerator: int | None, denominator: int | None) -> Fraction | None:
    """The exact share, or None where there is nothing to divide: no figure, or a denominator of 0."""
    if numerator is None or not denominator:
        return None
    return Fraction(numerator, denominator)


def needed(denominator: int, *, operator: str, percent: Decimal | int | Fraction) -> int:
    """The smallest numerator that meets the milestone with this denominator."""
    threshold = Fraction(percent) * denominator / 100
    return math.floor(threshold) + 1 if operator == Milestone.Operator.OVER else math.ceil(threshold)


def is_met(share: Fraction, *, operator: str, percent: Decimal | int | Fraction) -> bool:
    """Whether an exact share (1 = 100 %) meets the milestone."""
    threshold = Fraction(percent) / 100
    return share > threshold if operator == Milestone.Operator.OVER else share >= threshold


def assess(
    numerator: int | None, denominator: int | None, *, operator: str, percent: Decimal | int | Fraction
) -> Assessment:
    """Hold one figure against one milestone."""
    share = ratio(numerator, denominator)
    if share is None or numerator is None or denominator is None:
        return Assessment(Verdict.NO_DATA, None, None, None, reachable=True)
    enough = needed(denominator, operator=operator, percent=percent)
    met = is_met(share, operator=operator, percent=percent)
    return Assessment(
        verdict=Verdict.MET if met else Verdict.NOT_MET,
        ratio=share,
        missing_count=max(0, enough - numerator),
        missing_points=max(Fraction(0), Fraction(percent) - share * 100),
        reachable=enough <= denominator,
    )


def shown_percent(
    share: Fraction,
    *,
    operator: str | None = None,
    percent: Decimal | int | Fraction | None = None,
    decimals: int = 1,
) -> Decimal:
    """The percentage as it may stand on a screen: cut, never rounded up, with as many decimals as the truth needs.

    89,99 is never shown as 90; 90,04 beside "trên 90" gets a second decimal so that it reads as met; a share above
    zero is not shown as zero.
    """
    places = decimals
    while True:
        shown = _cut(share * 100, places)
        tells_verdict = (
            operator is None
            or percent is None
            or is_met(Fraction(shown) / 100, operator=operator, percent=percent)
            == is_met(share, operator=operator, percent=percent)
        )
        if (tells_verdict and (shown or not share)) or places >= MOST_DECIMALS:
            return shown
        places += 1


def percent_text(
    numerator: int | None,
    denominator: int | None,
    *,
    operator: str | None = None,
    percent: Decimal | int | Fraction | None = None,
) -> str:
    """``shown_percent`` in Vietnamese writing, "" without data."""
    share = ratio(numerator, denominator)
    if share is None:
        return ""
    return f"{number_format(shown_percent(share, operator=operator, percent=percent))} %"


def _cut(value: Fraction, places: int) -> Decimal:
    scaled = math.floor(value * 10**places)
    with localcontext() as context:
        context.prec = 60
        return (Decimal(scaled) / 10**places).quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN)
