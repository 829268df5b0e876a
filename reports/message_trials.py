"""Messages in other words: what an administrator changes, tries on a made-up report, and takes back."""

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.utils import timezone

from orgunits import audit, mail
from orgunits.models import User
from orgunits.transitions import Conflict
from reports import listings
from reports.message_texts import KINDS, Kind, Message, check, fill
from reports.models import MessageTemplate, TrialLetter


@transaction.atomic
def change(kind: Kind, *, subject: str, body: str, seen: int, by: User) -> MessageTemplate:
    """Set the words of a kind; ``seen`` is the number of edits that the person saw, 0 for the default words.

    Raises ValidationError for an unknown placeholder, Conflict where somebody else has changed the words since.
    """
    words = {"subject": mail.one_line(check(kind, subject)), "body": check(kind, body)}
    row = MessageTemplate.objects.filter(kind=kind.code).first()
    before = row.words if row else {"subject": kind.subject, "body": kind.body}
    if seen:
        mine = MessageTemplate.objects.filter(kind=kind.code, edits=seen)
        if not mine.update(**words, edits=seen + 1, changed_by=by, changed_at=timezone.now()):
            raise _conflict()
        made = MessageTemplate.objects.get(kind=kind.code)
    else:
        try:
            with transaction.atomic():
                made = MessageTemplate.objects.create(kind=kind.code, **words, changed_by=by)
        except IntegrityError as error:
            raise _conflict() from error
    _record("message_template.change", made, kind, before, words, by=by)
    return made


@transaction.atomic
def reset(kind: Kind, *, seen: int, by: User) -> None:
    """Go back to the default words."""
    row = MessageTemplate.objects.filter(kind=kind.code, edits=seen).first()
    if row is None:
        raise _conflict()
    default = {"subject": kind.subject, "body": kind.body}
    _record("message_template.reset", row, kind, row.words, default, by=by)
    if not MessageTemplate.objects.filter(kind=kind.code, edits=seen).delete()[0]:
        raise _conflict()


def _record(
    action: str, row: MessageTemplate, kind: Kind, before: dict[str, str], after: dict[str, str], *, by: User
) -> None:
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    audit.record(action, row, by=by, letter_kind=kind.label, changes=changes)


def _conflict() -> Conflict:
    return Conflict("Mẫu thư vừa được người khác thay đổi. Hãy xem lại rồi sửa tiếp.")


@transaction.atomic
def try_out(kind: Kind, *, subject: str, body: str, by: User) -> TrialLetter:
    """Write the row of a trial letter to the very person; the caller rings for it. Raises ValidationError."""
    row = TrialLetter.objects.create(
        recipient=by, kind=kind.code, subject=mail.one_line(check(kind, subject)), body=check(kind, body)
    )
    audit.record("message_template.try", row, by=by, letter_kind=kind.label)
    return row


def sample(kind: Kind, subject: str, body: str, *, to: User) -> Message:
    """The message with a made-up report in it."""
    return fill(kind, subject, body, kind.sample | {"nguoi_nhan": to.full_name})


def deliver(pk: int) -> bool:
    return mail.deliver(TrialLetter, pk, _letter)


def drain() -> bool:
    return mail.drain(TrialLetter, prepare)


def prepare(rows: list[TrialLetter]) -> Callable[[TrialLetter], mail.Letter]:
    return _letter


def _letter(row: TrialLetter) -> mail.Letter:
    kind = KINDS.get(row.kind)
    if kind is None:
        raise mail.NotNeeded("Loại thư này không còn.")
    message = sample(kind, f"[Gửi thử] {row.subject}", row.body, to=row.recipient)
    return listings.letter(message, [], path="/", button="Mở Măng Non", is_sample=True)
