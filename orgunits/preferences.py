"""How often a person wants reminders by mail, and the signed address that changes it without signing in.

What is overdue is written about at once whatever is chosen here: nobody can turn that off.
"""

import hashlib
from collections.abc import Iterable

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from orgunits import audit
from orgunits.models import MessagePreference, User

EACH, DAILY = MessagePreference.Reminders.EACH, MessagePreference.Reminders.DAILY
_signer_salt = "orgunits.unsubscribe"


def mode_of(users: Iterable[User | int]) -> dict[int, str]:
    """``each`` or ``daily`` for every one of the people, by pk, in one query."""
    pks = {person if isinstance(person, int) else person.pk for person in users}
    chosen = MessagePreference.objects.filter(user__in=pks).values_list("user_id", "reminders")
    return dict.fromkeys(pks, str(EACH)) | {pk: str(mode) for pk, mode in chosen}


def who_gathers() -> set[int]:
    """The pks of all who want one letter a day for what is not late yet."""
    return set(MessagePreference.objects.filter(reminders=DAILY).values_list("user_id", flat=True))


@transaction.atomic
def set_mode(user: User, mode: str, *, through: str) -> bool:
    """Choose for the person; True where that changed something. Audited as done by the person."""
    mode = MessagePreference.Reminders(mode)
    now = timezone.now()
    _, made = MessagePreference.objects.get_or_create(
        user=user, defaults={"reminders": mode, "changed_at": now, "changed_through": through}
    )
    changed = made and mode != EACH
    if not made:
        other = MessagePreference.objects.filter(user=user).exclude(reminders=mode)
        changed = bool(other.update(reminders=mode, changed_at=now, changed_through=through))
    if changed:
        audit.record("person.reminders", user, by=user, reminders=str(mode), through=str(through))
    return changed


# --- the address in letters -------------------------------------------------------------------------------------


def unsubscribe_path(user: User) -> str:
    """The person's own address for fewer letters; it holds a number and a signature, never a name."""
    return reverse("channels:unsubscribe", args=[_signer().sign(f"{user.pk}-{_mark(user)}")])


def unsubscribe_link(user: User) -> str:
    return settings.SITE_URL + unsubscribe_path(user)


def person_of(token: str) -> User | None:
    """Whose address this is; None where it was not signed here or the person has another mail address since."""
    try:
        pk, _, mark = _signer().unsign(token).partition("-")
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=int(pk), is_active=True).first()
    return user if user and mark == _mark(user) else None


def _signer() -> signing.Signer:
    return signing.Signer(sep=".", salt=_signer_salt)


def _mark(user: User) -> str:
    """A few letters that change with the mail address: an old letter does not speak for a later owner."""
    return hashlib.sha256(user.email.lower().encode()).hexdigest()[:8]
