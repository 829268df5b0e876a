"""A person's calendar of due dates under a secret address that can be renewed and turned off."""

import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from orgunits import audit, derived_secrets, mail
from orgunits.models import CalendarFeed, Placement, Role, RoleAssignment, Succession, User
from orgunits.transitions import Conflict
from reports import due_dates, ics, letters
from reports.models import CalendarEntry, Obligation

PURPOSE = "calendar"
FILERS = (Role.REPORTER, Role.APPROVER)
SHOWN_PAST = datetime.timedelta(days=400)  # what is owed for longer no calendar needs to show
MOST_EVENTS = 1000
READ_EVERY = datetime.timedelta(hours=1)  # how closely the last reading is noted


# --- the address ------------------------------------------------------------------------------------------------


@transaction.atomic
def renew(user: User, *, by: User) -> None:
    """Make the address, or another one in its place: the old one no longer answers."""
    User.objects.select_for_update().get(pk=user.pk)
    made = derived_secrets.make(PURPOSE)
    fields = {"salt": made.salt, "token_hash": made.mark, "made_at": timezone.now(), "read_at": None}
    _, is_first = CalendarFeed.objects.update_or_create(user=user, defaults=fields)
    audit.record("calendar.make" if is_first else "calendar.renew", user, by=by)


@transaction.atomic
def turn_off(user: User, *, by: User) -> None:
    deleted, _ = CalendarFeed.objects.filter(user=user).delete()
    if not deleted:
        raise Conflict("Lịch nhắc hạn đã được tắt trước đó.")
    audit.record("calendar.off", user, by=by)


def token_of(feed: CalendarFeed) -> str | None:
    """The secret part of the address, for the one time that it is shown."""
    return derived_secrets.find(PURPOSE, salt=feed.salt, mark=feed.token_hash)


def feed_of(token: str, *, on: datetime.date) -> CalendarFeed | None:
    """The feed behind an address; None also where its person was deactivated or holds no role any more."""
    held = RoleAssignment.objects.as_of(on).values("user_id")
    feeds = CalendarFeed.objects.filter(user__is_active=True, user__in=held).select_related("user")
    return feeds.filter(token_hash=derived_secrets.mark_of(token)).first()


def note_reading(feed: CalendarFeed, *, at: datetime.datetime) -> None:
    """For the page: whether a calendar still asks. Written at most once an hour."""
    if feed.read_at is None or feed.read_at < at - READ_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk, token_hash=feed.token_hash).update(read_at=at)


# --- what stands in it ------------------------------------------------------------------------------------------


def write(user: User, *, on: datetime.date, at: datetime.datetime) -> bytes:
    """The calendar of what the person owes that day; what is filed or waived is no longer in it."""
    obligations = owed_by(user, on=on)
    entries = _entries(obligations, at=at)
    return ics.calendar("Măng Non: hạn nộp báo cáo", [_event(row, entries[row.pk]) for row in obligations])


def owed_by(user: User, *, on: datetime.date) -> list[Obligation]:
    """What the person files or signs that day: of the own units, and of ended ones that these have succeeded."""
    units = _units(user, on=on)
    rows = Obligation.objects.owed().due_between(on - SHOWN_PAST, datetime.date.max).filter(org_unit__in=units)
    named = letters.with_names(rows.order_by(F("due"), "pk"))
    return list(named.defer("report__draft")[:MOST_EVENTS])


def _units(user: User, *, on: datetime.date) -> set[int]:
    held = set(
        user.role_assignments.as_of(on)
        .filter(role__in=FILERS, org_unit__isnull=False)
        .values_list("org_unit", flat=True)
    )
    links = Succession.objects.order_by()
    before = set(links.filter(successor__in=held).values_list("predecessor_id", flat=True))
    ended = set(
        Placement.objects.filter(org_unit__in=held | before, is_final=True, valid_to__lte=on).values_list(
            "org_unit_id", flat=True
        )
    )
    passed_on = set(links.filter(predecessor__in=held & ended).values_list("predecessor_id", flat=True))
    return (held - passed_on) | (before & ended)


def _entries(obligations: list[Obligation], *, at: datetime.datetime) -> dict[int, CalendarEntry]:
    """What calendars were told of each due date, brought up to date; of two readers at once one counts the change."""
    due = {row.pk: row.due_now for row in obligations}
    known = CalendarEntry.objects.in_bulk(due)
    new = [CalendarEntry(obligation_id=pk, due_on=day, changed_at=at) for pk, day in due.items() if pk not in known]
    moved = [entry for pk, entry in known.items() if entry.due_on != due[pk]]
    if not new and not moved:
        return known
    CalendarEntry.objects.bulk_create(new, ignore_conflicts=True, batch_size=500)
    for entry in moved:
        rows = CalendarEntry.objects.showing(entry.due_on).filter(pk=entry.pk)
        rows.update(due_on=due[entry.pk], sequence=F("sequence") + 1, changed_at=at)
    return CalendarEntry.objects.in_bulk(due)


def _event(obligation: Obligation, entry: CalendarEntry) -> ics.Event:
    name = f"{obligation.duty.name}, {obligation.period}"
    link = settings.SITE_URL + obligation.get_absolute_url()
    words = f"{name}\nĐơn vị: {obligation.org_unit.name}\nThời hạn: {letters.due_in_words(obligation)}\n{link}"
    return ics.Event(
        uid=f"obligation-{obligation.pk}@{mail.mail_domain()}",
        day=obligation.due_now,
        summary=f"Hạn nộp: {name} ({obligation.org_unit.name})",
        description=f"{words}\nChậm nhất {due_dates.last_moment(obligation.due_now)}.",
        url=link,
        sequence=entry.sequence,
        changed_at=entry.changed_at,
    )
