"""Many letters over one connection to a real mail server: what happens to one of them happens to no other."""

import datetime
from collections import Counter

import pytest
import time_machine

from orgunits import mail
from orgunits.models import Delivery, Role
from reports import reminders
from reports.models import Reminder
from tests import smtp
from tests.builders import make_user

DUE = datetime.date(2026, 11, 9)
NOON = datetime.datetime(2026, 11, 9, 5, tzinfo=datetime.UTC)
MANY = 12
Status = Delivery.Status


@pytest.fixture
def box(settings):
    with smtp.mail_server() as server:
        smtp.use(settings, server)
        yield server


@pytest.fixture
def rows(cast):
    """Reminders of one report to twelve people, in the order in which they will be sent."""
    people = [make_user(f"Người {number}", unit=cast.base, role=Role.REPORTER) for number in range(MANY)]
    return [
        Reminder.objects.create(obligation=cast.obligation, rung="due-0", due_on=DUE, recipient=person)
        for person in people
    ]


def drain(after: datetime.timedelta = datetime.timedelta()) -> bool:
    with time_machine.travel(NOON + after):
        mail.unfinished(Reminder, at=NOON + after)
        return reminders.drain()


def statuses(rows) -> list[str]:
    found = dict(Reminder.objects.values_list("pk", "status"))
    return [found[row.pk] for row in rows]


def copies(box) -> Counter:
    return Counter("".join(letter["Message-ID"].split()) for letter in box.letters)


def test_a_batch_takes_one_connection(rows, box):
    assert drain() is False
    assert statuses(rows) == [Status.SENT] * MANY
    assert box.connections == 1
    assert sorted(box.recipients) == sorted(row.recipient.email for row in rows)
    assert set(copies(box).values()) == {1}


def test_a_refused_one_fails_and_the_rest_goes_out_over_the_same_connection(rows, box):
    box.answers = ["250 OK", "550 No", "451 Later"]
    drain()
    assert statuses(rows)[:4] == [Status.SENT, Status.FAILED, Status.WAITING, Status.SENT]
    assert statuses(rows)[4:] == [Status.SENT] * (MANY - 4)
    assert box.connections == 1
    drain(datetime.timedelta(minutes=3))
    assert statuses(rows)[2] == Status.SENT


def test_a_server_that_hangs_up_politely_is_called_again(rows, box):
    box.answers = ["421 Too much"]
    drain()
    assert statuses(rows) == [Status.WAITING, *[Status.SENT] * (MANY - 1)]
    assert box.connections == 2


def test_a_server_that_dies_after_taking_one_gets_it_once_more_at_most(rows, box):
    box.answers = ["250 OK", "", "250 OK"]
    drain()
    assert statuses(rows) == [Status.SENT, Status.WAITING, *[Status.SENT] * (MANY - 2)]
    box.answers = [""]
    drain(datetime.timedelta(minutes=3))
    assert statuses(rows)[1] == Status.FAILED  # a person decides: it may have arrived twice
    for minutes in (30, 300):
        drain(datetime.timedelta(minutes=minutes))
    assert sorted(copies(box).values()) == [1] * (MANY - 1) + [2]


def test_a_server_that_dies_once_repeats_once_with_the_same_message_id(rows, box):
    box.answers = [""]
    drain()
    drain(datetime.timedelta(minutes=3))
    assert statuses(rows) == [Status.SENT] * MANY
    assert sorted(copies(box).values()) == [1] * (MANY - 1) + [2]


def test_no_server_is_asked_once_and_everything_waits(rows, settings, monkeypatch):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp.free_port()
    opened = []
    open_line = mail.Line._open
    monkeypatch.setattr(mail.Line, "_open", lambda line: (opened.append(line), open_line(line)))
    drain()
    assert len(opened) == 1
    assert statuses(rows) == [Status.WAITING] * MANY
    row = Reminder.objects.get(pk=rows[-1].pk)
    assert "Không kết nối được máy chủ thư" in row.error
    assert row.claims == 1


def test_a_wrong_password_is_no_fault_of_the_letters(rows, settings, box):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "mangnon", "sai"  # the server knows no AUTH
    drain()
    assert statuses(rows) == [Status.WAITING] * MANY


def test_what_there_was_no_time_for_goes_back_as_if_never_seen(rows, box, monkeypatch):
    monkeypatch.setattr(mail, "BATCH_SECONDS", 0)
    with time_machine.travel(NOON):
        assert mail.deliver_many(Reminder, reminders.prepare) == MANY
    assert statuses(rows) == [Status.WAITING] * MANY
    assert set(Reminder.objects.values_list("claims", "releases", "started_at")) == {(0, 0, None)}
    assert box.letters == []


def test_a_letter_that_breaks_the_worker_takes_no_other_with_it(rows, box):
    """A fault of ours in one letter: the others go back at once, and it is tried twice before a person sees it."""
    poison = rows[3].pk

    def prepare(batch):
        write = reminders.prepare(batch)

        def write_or_break(row):
            if row.pk == poison:
                raise ZeroDivisionError
            return write(row)

        return write_or_break

    at = NOON
    for _ in range(3):
        with time_machine.travel(at):
            mail.unfinished(Reminder, at=at)
            for _ in range(2):
                try:
                    mail.deliver_many(Reminder, prepare)
                except ZeroDivisionError:
                    continue
        at += datetime.timedelta(minutes=16)
    wanted = [Status.SENT] * MANY
    wanted[3] = Status.FAILED
    assert statuses(rows) == wanted
    assert set(copies(box).values()) == {1}


def test_what_a_dead_worker_had_only_claimed_is_put_back_as_often_as_needed(rows):
    for number in range(1, 6):
        at = NOON + number * datetime.timedelta(minutes=16)
        assert len(Reminder.objects.claim_many(50, at=at)) == MANY
        assert Reminder.objects.release_stale(before=at + datetime.timedelta(seconds=1)) == MANY
    assert set(Reminder.objects.values_list("status", "claims", "releases")) == {(Status.WAITING, 0, 0)}
