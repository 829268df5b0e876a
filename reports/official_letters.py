"""Official letters: written as a draft, kept in step with its units, issued under a number of the register.

Every change is made under the lock of the letter's row and counted in ``edits``: of two windows the second is told.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from orgunits import audit, roles
from orgunits.models import OrgUnit, Role, User
from orgunits.transitions import Conflict
from plans import issuing
from plans.issuing import Order
from plans.models import Document, OutgoingDocument, ReportingDuty
from plans.official.letterhead import letterhead_of
from plans.rights import may_issue
from reports import official_letter_notices, official_letter_texts
from reports.models import Obligation, OfficialLetter, OfficialLetterAddressee, Period
from reports.official_letter_document import document_of, form_version_of
from reports.official_letter_texts import ASKED_DAYS, Texts
from reports.official_letter_units import Listed, listed, obligations_of, sender_of

Kind = OfficialLetter.Kind
CHANGED = "Công văn này vừa được {who} sửa lúc {at:%H:%M} ngày {at:%d/%m/%Y}."
OUT = "Công văn này đã được ban hành nên không sửa được nữa."
NOBODY = "Hãy chọn ít nhất một đơn vị."
ALL_FILED = "Mọi đơn vị của công văn này đều đã nộp báo cáo; không còn đơn vị nào để đôn đốc."
JUST_FILED = "Vừa có đơn vị nộp báo cáo. Hãy xem lại bản in rồi bấm Ban hành."
NO_FORM = "Báo cáo này chưa có biểu mẫu đang dùng nên chưa gửi được. Hãy lập biểu mẫu trước."
SEVERAL = "Các đơn vị đã chọn gửi báo cáo về những nơi khác nhau. Hãy chọn các đơn vị cùng một nơi nhận."


@dataclass(frozen=True)
class Typed:
    """What the writer has typed and chosen."""

    texts: Texts
    recipients: str
    asked_until: datetime.date | None
    obligations: frozenset[int]


def may_write(user: User, unit: OrgUnit, *, on: datetime.date) -> bool:
    """Whether the user may write the unit's letters: who reviews what it receives, and who gives its numbers."""
    return roles.may(user, Role.REVIEWER, unit, on=on) or may_issue(user, unit, on=on)


def may_write_about(user: User, obligations: QuerySet[Obligation], *, on: datetime.date) -> bool:
    """Whether the user may write a letter about any of these reports: asked of each unit that receives them."""
    receivers = OrgUnit.objects.filter(pk__in=obligations.order_by().values("receiving_unit_id"))
    return any(may_write(user, sender_of(unit, on=on), on=on) for unit in receivers.prefetch_related("placements"))


def issued_about(obligation: Obligation, *, reader: User, on: datetime.date) -> list[OfficialLetter]:
    """The letters about a report that have gone out and that the person may read, the newest first."""
    found = OfficialLetter.objects.visible_to(reader, on).issued().filter(addressees__obligation=obligation)
    named = found.select_related("org_unit", "outgoing").prefetch_related("org_unit__placements")
    return list(named.order_by("-outgoing__issued_on", "-pk"))


# --- writing ---------------------------------------------------------------------------------------------------------
@transaction.atomic
def begin(kind: str, obligations: Iterable[Obligation], *, by: User, on: datetime.date) -> OfficialLetter:
    """Draft a letter about these reports; ValidationError in words where that makes no letter."""
    pks = [row.pk for row in obligations]
    rows = listed(Obligation.objects.filter(pk__in=pks), on=on)
    if not rows:
        raise ValidationError(NOBODY)
    sender, duty, period = _common(rows, on=on)
    until = on + datetime.timedelta(days=ASKED_DAYS) if kind == Kind.URGE else None
    texts = official_letter_texts.drafted(kind, sender, rows, on=on, until=until)
    letter = OfficialLetter(
        kind=kind, org_unit=sender, duty=duty, period=period, asked_until=until,
        subject=texts.subject[:500], opening=texts.opening, request=texts.request,
        recipients=letterhead_of(sender, on=on).recipients,
        created_by=by, edited_by=by, edited_at=timezone.now(),
    )  # fmt: skip
    if kind == Kind.FORM and form_version_of(letter) is None:
        raise ValidationError(NO_FORM)
    letter.save(force_insert=True)
    _write_addressees(letter, {row.obligation.pk for row in rows})
    audit.record("official_letter.begin", letter, by=by, org_unit=sender, subject=letter.subject, units=len(rows))
    return letter


def _common(rows: list[Listed], *, on: datetime.date) -> tuple[OrgUnit, ReportingDuty, Period]:
    """The sender, the duty and the period of all these reports; ValidationError where they are not of one."""
    first = rows[0].obligation
    keys = {(row.obligation.receiving_unit_id, row.obligation.duty_id, row.obligation.period_id) for row in rows}
    if len(keys) != 1:
        raise ValidationError(SEVERAL)
    return sender_of(first.receiving_unit, on=on), first.duty, first.period


@transaction.atomic
def save(letter: OfficialLetter, typed: Typed, *, seen: int, by: User, on: datetime.date) -> OfficialLetter:
    """Write what was typed; Conflict when the letter is another than the one that was seen, or is issued.

    Sentences that nobody has touched follow the units and the day: one unit or many, in the text or in an appendix.
    """
    locked = _lock_draft(letter, seen=seen)
    chosen = obligations_in_reach(locked, typed.obligations)
    if not chosen:
        raise ValidationError(NOBODY)
    texts = _in_step(locked, typed, chosen, on=on)
    changed = _changed(locked, typed, texts, chosen)
    if not changed:
        return locked
    _write(
        locked,
        by=by,
        subject=texts.subject,
        opening=texts.opening,
        request=texts.request,
        recipients=typed.recipients,
        asked_until=typed.asked_until,
    )
    _write_addressees(locked, chosen)
    audit.record("official_letter.change", locked, by=by, org_unit=locked.org_unit, fields=changed, units=len(chosen))
    return locked


def obligations_in_reach(letter: OfficialLetter, wanted: Iterable[int]) -> set[int]:
    """Those of the wanted that the letter may speak of: of its duty and period, and received where its own are."""
    own = obligations_of(letter).values("receiving_unit_id")
    found = Obligation.objects.filter(
        pk__in=list(wanted), duty=letter.duty_id, period=letter.period_id, receiving_unit__in=own
    )
    return set(found.values_list("pk", flat=True))


def _in_step(letter: OfficialLetter, typed: Typed, chosen: set[int], *, on: datetime.date) -> Texts:
    sender = letter.org_unit
    old = listed(obligations_of(letter), on=on)
    new = listed(Obligation.objects.filter(pk__in=chosen), on=on)
    before = official_letter_texts.drafted(letter.kind, sender, old, on=on, until=letter.asked_until)
    after = official_letter_texts.drafted(letter.kind, sender, new, on=on, until=typed.asked_until)
    texts = official_letter_texts.kept_in_step(typed.texts, before, after)
    request = official_letter_texts.with_other_day(texts.request, letter.asked_until, typed.asked_until)
    return Texts(texts.subject, texts.opening, request)


def _changed(letter: OfficialLetter, typed: Typed, texts: Texts, chosen: set[int]) -> list[str]:
    pairs = {
        "subject": (letter.subject, texts.subject),
        "opening": (letter.opening, texts.opening),
        "request": (letter.request, texts.request),
        "recipients": (letter.recipients, typed.recipients),
    }
    changed = [name for name, (old, new) in pairs.items() if not official_letter_texts.same_text(old, new)]
    if letter.asked_until != typed.asked_until:
        changed.append("asked_until")
    if chosen != set(letter.addressees.values_list("obligation_id", flat=True)):
        changed.append("units")
    return changed


@transaction.atomic
def drop_filed(letter: OfficialLetter, *, seen: int, by: User, on: datetime.date) -> list[str]:
    """Take the units that have filed meanwhile out of an urging letter; returns their names.

    ValidationError when no unit would be left.
    """
    rows = listed(obligations_of(letter), on=on)
    gone = [row for row in rows if not row.is_owed]
    if len(gone) == len(rows):
        raise ValidationError(ALL_FILED)
    kept = frozenset(row.obligation.pk for row in rows if row.is_owed)
    texts = Texts(letter.subject, letter.opening, letter.request)
    save(letter, Typed(texts, letter.recipients, letter.asked_until, kept), seen=seen, by=by, on=on)
    return [row.name for row in gone]


@transaction.atomic
def discard(letter: OfficialLetter, *, by: User) -> None:
    """Throw a draft away; Conflict when it is issued, or was: its number stands in the register."""
    locked = _lock_draft(letter, seen=letter.edits)
    if locked.outgoing_id:
        raise Conflict("Công văn này đã từng được cấp số nên được giữ lại cùng sổ văn bản đi.")
    audit.record("official_letter.discard", locked, by=by, org_unit=locked.org_unit, subject=locked.subject)
    locked.delete()


# --- issuing ---------------------------------------------------------------------------------------------------------
def filed_meanwhile(letter: OfficialLetter, *, on: datetime.date) -> list[Listed]:
    """The units of an urging letter that owe the report no longer."""
    if letter.kind != Kind.URGE:
        return []
    return [row for row in listed(obligations_of(letter), on=on) if not row.is_owed]


@transaction.atomic
def issue(
    letter: OfficialLetter, order: Order, *, seen: int, by: User, filed: frozenset[int] = frozenset()
) -> OutgoingDocument:
    """Issue the letter as it was seen: number, day, frozen content, and a notice for everybody it goes to.

    ``filed`` are the reports that were known to be filed already. ValidationError when no unit owes the report any
    longer, or another has filed since; Conflict when the letter has changed or is issued.
    """
    locked = _lock_draft(letter, seen=seen)
    rows = listed(obligations_of(locked), on=order.on)
    if locked.kind == Kind.URGE and not any(row.is_owed for row in rows):
        raise ValidationError(ALL_FILED)
    if locked.kind == Kind.URGE and any(not row.is_owed and row.obligation.pk not in filed for row in rows):
        raise ValidationError(JUST_FILED)
    document = document_of(locked, on=order.on)
    outgoing = issuing.issue(document, locked.org_unit, Document.Kind.LETTER, order, by=by)
    _write(locked, by=by, outgoing=outgoing)
    official_letter_notices.write(locked, outgoing, on=timezone.localdate())
    audit.record(
        "official_letter.issue", locked, by=by, org_unit=locked.org_unit, number=outgoing.number, units=len(rows)
    )
    return outgoing


# --- the row ---------------------------------------------------------------------------------------------------------
def _lock_draft(letter: OfficialLetter, *, seen: int) -> OfficialLetter:
    """The letter's row under lock, as long as it is the draft that was seen."""
    OfficialLetter.objects.select_for_update().filter(pk=letter.pk).first()
    names = ("org_unit", "duty", "period", "outgoing", "edited_by")
    locked = OfficialLetter.objects.select_related(*names).filter(pk=letter.pk).first()
    if locked is None:
        raise Conflict("Bản nháp công văn này vừa được xóa.")
    if locked.is_issued:
        raise Conflict(OUT)
    if locked.edits != seen:
        raise Conflict(CHANGED.format(who=locked.edited_by, at=timezone.localtime(locked.edited_at)))
    return locked


def _write(letter: OfficialLetter, *, by: User, **values: object) -> None:
    """Write these fields and count the change; the count that was seen decides who was first."""
    now = timezone.now()
    mine = OfficialLetter.objects.filter(pk=letter.pk, edits=letter.edits)
    if not mine.update(**values, edits=F("edits") + 1, edited_by=by, edited_at=now):
        raise Conflict("Công văn này vừa được người khác sửa. Hãy tải lại trang.")
    letter.refresh_from_db()


def _write_addressees(letter: OfficialLetter, chosen: set[int]) -> None:
    letter.addressees.exclude(obligation__in=chosen).delete()
    known = set(letter.addressees.values_list("obligation_id", flat=True))
    OfficialLetterAddressee.objects.bulk_create(
        OfficialLetterAddressee(letter=letter, obligation_id=pk) for pk in sorted(chosen - known)
    )
