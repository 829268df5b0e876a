"""The register of outgoing documents: which number comes next, and that nobody gets it twice.

A number is taken by one UPDATE of its series inside the transaction that writes the register's row: whoever comes
second waits for the first, and what is rolled back leaves no gap. A number that was given stays given: a voided one
remains in the register with its reason.

Series: of a unit, or of a unit and type (the unit's choice in its letterhead), over a calendar year by the day of issue
(NĐ 30/2020, Annex I, part II, point 3; QĐ 933/QĐ-TLĐ); in the Party by type over the committee's term (HD 05-HD/VPTW).
"""

import datetime
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from orgunits import audit
from orgunits.models import OrgUnit, User
from orgunits.transitions import Conflict
from plans.models import CommitteeTerm, Document, NumberSeries, OutgoingDocument, Plan
from plans.official.blocks import PARTY, DocumentNumber
from plans.official.letterhead import letterhead_of, style_of
from plans.official.numbering import LETTER, number_reference

# What a number can be given to, with the code that stands in it; a công văn has none outside the Party.
TYPE_CODES: Final = {
    Document.Kind.PLAN: "KH",
    Document.Kind.REPORT: "BC",
    Document.Kind.LETTER: "",
    Document.Kind.DIRECTIVE: "CT",
    Document.Kind.RESOLUTION: "NQ",
    Document.Kind.DECISION: "QĐ",
    Document.Kind.GUIDANCE: "HD",
}
HIGHEST: Final = 99_999
NO_TERM: Final = (
    "Chưa ghi nhiệm kỳ của cấp ủy vào ngày {day:%d/%m/%Y} nên chưa cấp số được. "
    "Quản trị của đơn vị hãy mở Sổ văn bản đi, bấm Đặt số và nhiệm kỳ, rồi thêm nhiệm kỳ."
)
NO_CODE: Final = "Chưa có ký hiệu của cơ quan ban hành nên chưa cấp số được. Hãy ghi ký hiệu ở mẫu văn bản của đơn vị."


@dataclass(frozen=True)
class Place:
    """Where a number comes from: the unit, the type where each has its own series, and a year or a term."""

    unit: OrgUnit
    type_code: str
    year: int | None = None
    term: CommitteeTerm | None = None

    @property
    def key(self) -> dict[str, Any]:
        return {"org_unit": self.unit, "type_code": self.type_code, "year": self.year, "term": self.term}

    @property
    def words(self) -> str:
        return str(self.term) if self.term else f"năm {self.year}"

    def holds(self, day: datetime.date) -> bool:
        """Whether a document of that day takes its number from here."""
        if self.term is None:
            return day.year == self.year
        return self.term.starts_on <= day and (self.term.ends_on is None or day <= self.term.ends_on)


# --- which number ----------------------------------------------------------------------------------------------------
def term_on(unit: OrgUnit, *, on: datetime.date) -> CommitteeTerm:
    """Return the committee's term of that day; ValidationError with what to do where none is known."""
    running = Q(ends_on__isnull=True) | Q(ends_on__gte=on)
    term = unit.committee_terms.filter(running, starts_on__lte=on).order_by("-starts_on").first()
    if term is None:
        raise ValidationError(NO_TERM.format(day=on))
    return term


def place_of(unit: OrgUnit, type_code: str, *, on: datetime.date) -> Place:
    """Return where the number of a document of that day comes from; ValidationError as ``term_on``."""
    party = style_of(unit) == PARTY
    by_type = party or letterhead_of(unit, on=on).numbers_by_type
    code = (type_code or LETTER) if by_type else ""
    return Place(unit, code, term=term_on(unit, on=on)) if party else Place(unit, code, year=on.year)


def next_serial(place: Place) -> int:
    """Return the number that would be given now; it is given only by ``give``."""
    last = NumberSeries.objects.filter(**place.key).values_list("last", flat=True).first()
    return (last or 0) + 1


def printed_number(unit: OrgUnit, number: DocumentNumber, *, on: datetime.date) -> DocumentNumber:
    """Return ``number`` with what the letterhead of that day adds to it; ValidationError without a body code."""
    head = letterhead_of(unit, on=on)
    body_code = number.body_code or head.body_code
    if not body_code:
        raise ValidationError(NO_CODE)
    drafting_code = number.drafting_code or ("" if number.type_code else head.drafting_code)
    return DocumentNumber(number.serial, number.type_code, body_code, drafting_code)


def warnings(
    unit: OrgUnit, number: DocumentNumber, *, on: datetime.date, serial: int | None = None, own: Document | None = None
) -> list[str]:
    """Return what somebody should know before this number is given: sentences, none of which forbids it.

    ``serial`` is a reserved one, else the next one is meant; ``own`` is the document itself, which may carry a number
    that was typed by hand.
    """
    place = place_of(unit, number.type_code, on=on)
    number = printed_number(unit, number, on=on)
    words = []
    if serial is None and not NumberSeries.objects.filter(org_unit=unit).exists():
        words.append(
            f"Sổ của đơn vị chưa có số nào, nên số đầu tiên sẽ là 01. Nếu trong {place.words} đã cấp số ngoài "
            "hệ thống, quản trị hãy đặt số đã cấp gần nhất trước."
        )
    last = OutgoingDocument.objects.filter(
        **{f"series__{name}": value for name, value in place.key.items()}, status=OutgoingDocument.Status.ISSUED
    ).aggregate(day=Max("issued_on"))["day"]
    if serial is None and last and on < last:
        words.append(f"Văn bản cấp số trước đó ban hành ngày {last:%d/%m/%Y}, sau ngày {on:%d/%m/%Y} đang ghi.")
    serial = serial or next_serial(place)
    full = DocumentNumber(serial, number.type_code, number.body_code, number.drafting_code)
    reference = number_reference(full, style_of(unit))
    if _is_used_elsewhere(place, reference, serial, own=own):
        words.append(f"Đã có một văn bản của đơn vị mang số {reference} trong {place.words}.")
    return words


def _is_used_elsewhere(place: Place, reference: str, serial: int, *, own: Document | None) -> bool:
    """Whether a document that was issued outside the register, or in another series, has this number already."""
    issued = Q(issuer_unit=place.unit) | Q(issuer_unit=None, issuer_name__iexact=place.unit.name)
    documents = Document.objects.filter(issued, serial=serial)
    documents = documents.exclude(pk=own.pk) if own else documents
    for number, day, year in documents.values_list("number", "issued_on", "issued_year").order_by("pk"):
        same_time = place.holds(day) if day else year is None or _may_hold(place, year)
        if same_time and "".join(number.split()) == reference:
            return True
    others = OutgoingDocument.objects.filter(org_unit=place.unit, serial=serial, number=reference)
    days = others.exclude(
        **{f"series__{name}": value for name, value in place.key.items() if value is not None}
    ).values_list("issued_on", flat=True)
    return any(day and place.holds(day) for day in days)


def _may_hold(place: Place, year: int) -> bool:
    if place.term is None:
        return year == place.year
    return place.term.starts_on.year <= year <= (place.term.ends_on or datetime.date.max).year


# --- giving ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def give(
    unit: OrgUnit,
    kind: str,
    *,
    number: DocumentNumber,
    on: datetime.date,
    by: User,
    subject: str,
    signer_name: str = "",
    recipients: str = "",
    plan: Plan | None = None,
) -> OutgoingDocument:
    """Give the next number to a document that is issued on that day.

    ``number`` says type and codes; its serial is not looked at. ValidationError where the series is not known.
    """
    return _take(
        unit,
        kind,
        number=number,
        on=on,
        by=by,
        action="outgoing.issue",
        subject=subject,
        signer_name=signer_name[:150],
        recipients=recipients,
        plan=plan,
        status=OutgoingDocument.Status.ISSUED,
        issued_on=on,
        issued_by=by,
    )


@transaction.atomic
def reserve(unit: OrgUnit, kind: str, *, on: datetime.date, by: User, purpose: str) -> OutgoingDocument:
    """Keep the next number for a document that is to come; ``purpose`` stands in the register until it does."""
    number = DocumentNumber(type_code=TYPE_CODES[Document.Kind(kind)])
    return _take(unit, kind, number=number, on=on, by=by, action="outgoing.reserve", subject=purpose)


@transaction.atomic
def issue_reserved(
    document: OutgoingDocument,
    *,
    number: DocumentNumber,
    on: datetime.date,
    by: User,
    subject: str,
    signer_name: str = "",
    recipients: str = "",
    plan: Plan | None = None,
) -> OutgoingDocument:
    """Issue a document under the number that was kept for it; Conflict when the number is kept no longer.

    ValidationError when the day belongs to another series than the number.
    """
    unit, place = document.org_unit, place_of(document.org_unit, number.type_code, on=on)
    if not NumberSeries.objects.filter(pk=document.series_id, **place.key).exists():
        raise ValidationError(f"Số {document.number} được giữ trong dãy số khác với dãy số của ngày {on:%d/%m/%Y}.")
    parts = printed_number(unit, number, on=on)
    full = DocumentNumber(document.serial, parts.type_code, parts.body_code, parts.drafting_code)
    kept = OutgoingDocument.objects.filter(pk=document.pk, status=OutgoingDocument.Status.RESERVED)
    taken = kept.update(
        status=OutgoingDocument.Status.ISSUED,
        number=number_reference(full, style_of(unit)),
        subject=subject,
        signer_name=signer_name[:150],
        recipients=recipients,
        plan=plan,
        issued_on=on,
        issued_by=by,
    )
    if not taken:
        raise Conflict(f"Số {document.number} không còn được giữ: đã dùng hoặc đã hủy. Hãy chọn số khác.")
    document.refresh_from_db()
    audit.record("outgoing.issue", document, by=by, org_unit=unit, number=document.number, issued_on=on.isoformat())
    return document


def _take(
    unit: OrgUnit, kind: str, *, number: DocumentNumber, on: datetime.date, by: User, action: str, **values: Any
) -> OutgoingDocument:
    """Take the next number of the series and write its row; call it inside a transaction."""
    parts = printed_number(unit, number, on=on)
    series, _ = NumberSeries.objects.get_or_create(**place_of(unit, number.type_code, on=on).key)
    serial = take_serial(series)
    full = DocumentNumber(serial, parts.type_code, parts.body_code, parts.drafting_code)
    document = OutgoingDocument.objects.create(
        series=series,
        serial=serial,
        org_unit=unit,
        kind=kind,
        number=number_reference(full, style_of(unit)),
        created_by=by,
        **values,
    )
    audit.record(action, document, by=by, org_unit=unit, number=document.number, issued_on=on.isoformat())
    return document


def take_serial(series: NumberSeries) -> int:
    """Count the series up and return its new number; the row stays locked until the transaction ends.

    Raises ValidationError at the end of what a number can be.
    """
    if not NumberSeries.objects.filter(pk=series.pk, last__lt=HIGHEST).update(last=F("last") + 1):
        raise ValidationError("Dãy số đã hết. Quản trị hãy xem lại số đã cấp gần nhất của dãy số này.")
    return NumberSeries.objects.values_list("last", flat=True).get(pk=series.pk)


@transaction.atomic
def void(document: OutgoingDocument, *, reason: str, by: User) -> None:
    """Declare a number void with a reason; it stays in the register and is never given again.

    Conflict when somebody was faster.
    """
    living = OutgoingDocument.objects.filter(pk=document.pk).exclude(status=OutgoingDocument.Status.VOID)
    taken = living.update(
        status=OutgoingDocument.Status.VOID, void_reason=reason, voided_by=by, voided_at=timezone.now()
    )
    if not taken:
        raise Conflict(f"Số {document.number} đã được hủy trước đó.")
    document.refresh_from_db()
    audit.record("outgoing.void", document, by=by, org_unit=document.org_unit, number=document.number, reason=reason)


# --- what the administrator sets -------------------------------------------------------------------------------------
@transaction.atomic
def set_last(unit: OrgUnit, type_code: str, *, on: datetime.date, last: int, by: User) -> NumberSeries:
    """Say which number was given last, for a register that began on paper.

    ValidationError below a number that stands in the register already: it would be given twice.
    """
    series, _ = NumberSeries.objects.get_or_create(**place_of(unit, type_code, on=on).key)
    series = NumberSeries.objects.select_for_update().get(pk=series.pk)
    highest = series.documents.aggregate(highest=Max("serial"))["highest"] or 0
    if last < highest:
        raise ValidationError(f"Trong sổ đã có số {highest:02d} của dãy số này; hãy ghi từ {highest} trở lên.")
    before, series.last = series.last, last
    series.save(update_fields=["last"])
    audit.record("series.set", series, by=by, org_unit=unit, last=last, before={"last": before})
    return series


@transaction.atomic
def add_term(
    unit: OrgUnit, *, name: str, starts_on: datetime.date, ends_on: datetime.date | None, by: User
) -> CommitteeTerm:
    """Record a committee's term; an earlier one without an end ends on the day before.

    ValidationError when it overlaps another term.
    """
    OrgUnit.objects.select_for_update().get(pk=unit.pk)
    eve = starts_on - datetime.timedelta(days=1)
    unit.committee_terms.filter(ends_on__isnull=True, starts_on__lt=starts_on).update(ends_on=eve)
    clashing = unit.committee_terms.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on))
    clash = clashing.filter(starts_on__lte=ends_on or datetime.date.max).order_by("starts_on").first()
    if clash:
        raise ValidationError(f"Thời gian này trùng với {clash} (từ ngày {clash.starts_on:%d/%m/%Y}).")
    term = CommitteeTerm.objects.create(org_unit=unit, name=name, starts_on=starts_on, ends_on=ends_on)
    audit.record("term.add", term, by=by, org_unit=unit, name=name, valid_from=starts_on.isoformat())
    return term
