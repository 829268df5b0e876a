"""The register as one reads it: the rows of a unit, of one year or term, narrowed by type and words."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery

from orgunits.models import OrgUnit
from orgunits.requests import typed_key
from orgunits.vietnamese import searchable, without_marks
from plans import register
from plans.models import Document, IssuedFile, NumberSeries, OutgoingDocument
from plans.official.blocks import PARTY
from plans.official.letterhead import style_of

EVERY = "tat-ca"


@dataclass(frozen=True)
class Span:
    """A year or a term of the register, as a choice."""

    key: str
    label: str


class RegisterFilter:
    """What was asked of the register's page; whatever cannot be read narrows nothing."""

    def __init__(self, unit: OrgUnit, asked: Mapping[str, str], *, on: datetime.date) -> None:
        self.unit = unit
        self.on = on
        kind = asked.get("loai", "")
        self.kind = kind if kind in Document.Kind.values else ""
        self.words = searchable(asked.get("tim", ""))[:200]
        self.asked_span = asked.get("ky", "")

    @cached_property
    def spans(self) -> list[Span]:
        """The years or terms from which numbers were given, and today's, newest first."""
        series = NumberSeries.objects.filter(org_unit=self.unit)
        years = set(series.filter(year__isnull=False).values_list("year", flat=True))
        if style_of(self.unit) != PARTY:
            years.add(self.on.year)
        terms = self.unit.committee_terms.order_by("-starts_on")
        named = [Span(f"nhiem-ky-{term.pk}", str(term)) for term in terms]
        return named + [Span(str(year), f"Năm {year}") for year in sorted((y for y in years if y), reverse=True)]

    @cached_property
    def span(self) -> str:
        """The key of the chosen span: the asked one, else today's, else everything."""
        known = {span.key for span in self.spans} | {EVERY}
        return self.asked_span if self.asked_span in known else self._span_of_today()

    @property
    def span_words(self) -> str:
        return next((span.label for span in self.spans if span.key == self.span), "")

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return [(kind.value, str(kind.label)) for kind in register.TYPE_CODES]

    @property
    def kind_words(self) -> str:
        return str(Document.Kind(self.kind).label) if self.kind else ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.kind or self.words)

    def rows(self, *, newest_first: bool = False) -> Sequence[OutgoingDocument]:
        """The rows in the order of their numbers, each with ``page_count``; the frozen content is not loaded."""
        issued_file = IssuedFile.objects.filter(document=OuterRef("pk"), kind=IssuedFile.Kind.PDF).order_by("pk")
        found = self._in_span(OutgoingDocument.objects.filter(org_unit=self.unit))
        found = found.filter(kind=self.kind) if self.kind else found
        found = found.annotate(page_count=Subquery(issued_file.values("pages")[:1])).defer("content")
        order = ("series__year", "series__term__starts_on", "series__type_code", "serial", "pk")
        rows = list(found.order_by(*order))
        words = without_marks(self.words)
        rows = [row for row in rows if words in _text_of(row)] if words else rows
        return rows[::-1] if newest_first else rows

    def _in_span(self, found: "QuerySet[OutgoingDocument]") -> "QuerySet[OutgoingDocument]":
        if self.span == EVERY:
            return found
        if term := typed_key(self.span.removeprefix("nhiem-ky-") if self.span.startswith("nhiem-ky-") else None):
            return found.filter(series__term=term)
        return found.filter(series__year=int(self.span))

    def _span_of_today(self) -> str:
        if style_of(self.unit) != PARTY:
            return str(self.on.year)
        try:
            return f"nhiem-ky-{register.term_on(self.unit, on=self.on).pk}"
        except ValidationError:
            return EVERY


def _text_of(row: OutgoingDocument) -> str:
    """What the search looks through, without marks."""
    return without_marks(" ".join((row.number, row.subject, row.signer_name, row.recipients)))
