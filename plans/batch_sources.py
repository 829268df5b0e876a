"""Where the documents of a batch come from: plans and issued documents here; the apps above register their own.

A source says which rows a person may read, loads some of them at once, and makes the document of one. What a batch
keeps is only the name of the source and the numbers of the rows, so that asking for a thousand documents is quick.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Prefetch, QuerySet

from orgunits.models import OrgUnit, User
from plans.issuing import document_of
from plans.models import IssuedFile, OutgoingDocument, Plan
from plans.official.blocks import OfficialDocument
from plans.official.layout import document_title


class LeftOut(Exception):
    """The document does not belong into the batch after all; the message is a Vietnamese sentence for the user."""


@dataclass(frozen=True)
class ToPrint:
    """A document that is printed, or taken from a file of the same content."""

    document: OfficialDocument
    org_unit: OrgUnit
    title: str


class Source:
    """What ``plans.batches`` asks of the origin of documents."""

    def readable(self, *, by: User, on: datetime.date) -> QuerySet[Any]:
        """The rows that the person may read on that day."""
        raise NotImplementedError

    def load(self, pks: Iterable[int], *, by: User, on: datetime.date) -> dict[int, Any]:
        """Those of the rows that the person may read, with what ``build`` needs, in a fixed number of queries."""
        raise NotImplementedError

    def build(self, row: Any, *, on: datetime.date) -> ToPrint | IssuedFile:
        """The document of one row; raises LeftOut."""
        raise NotImplementedError


class PlanSource(Source):
    def readable(self, *, by: User, on: datetime.date) -> QuerySet[Plan]:
        return Plan.objects.visible_to(by, on)

    def load(self, pks: Iterable[int], *, by: User, on: datetime.date) -> dict[int, Plan]:
        plans = self.readable(by=by, on=on).filter(pk__in=list(pks)).select_related("document", "org_unit")
        names = ("org_unit__placements", "document__recipients", "document__citations")
        return {plan.pk: plan for plan in plans.prefetch_related(*names)}

    def build(self, row: Plan, *, on: datetime.date) -> ToPrint:
        document = document_of(row, on=on)
        return ToPrint(document, row.org_unit, document_title(document))


# Which file is the issued copy: the signed one, by hand or by certificate, before the one that was made here.
COPIES: Final = (IssuedFile.Kind.SIGNED, IssuedFile.Kind.SCAN, IssuedFile.Kind.PDF)


class IssuedSource(Source):
    def readable(self, *, by: User, on: datetime.date) -> QuerySet[OutgoingDocument]:
        return OutgoingDocument.objects.visible_to(by, on)

    def load(self, pks: Iterable[int], *, by: User, on: datetime.date) -> dict[int, OutgoingDocument]:
        files = Prefetch("files", IssuedFile.objects.filter(kind__in=COPIES).order_by("-pk"))
        found = self.readable(by=by, on=on).filter(pk__in=list(pks)).defer("content")
        return {row.pk: row for row in found.prefetch_related(files)}

    def build(self, row: OutgoingDocument, *, on: datetime.date) -> IssuedFile:
        if row.status != OutgoingDocument.Status.ISSUED:
            raise LeftOut("Số này không còn ở tình trạng đã ban hành.")
        copies = sorted(row.files.all(), key=lambda file: COPIES.index(IssuedFile.Kind(file.kind)))
        if not copies:
            raise LeftOut("Văn bản chưa có tệp PDF.")
        return copies[0]


SOURCES: Final[dict[str, Source]] = {"plans": PlanSource(), "issued": IssuedSource()}


def register(name: str, source: Source) -> None:
    """Add the source of an app above; called once, when that app is ready."""
    SOURCES[name] = source
