"""Real processes that die at every point, several of everything at once: no letter lost, one repeated at most.

A repeat has the Message-ID of the first, so that the reader's mail program recognises it.
"""

import datetime
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from config.processes import die_with_parent
from orgunits.models import Delivery, Role
from reports import reminders
from reports.models import Obligation, Reminder, SendingHours, SuperiorReminder
from tests import smtp
from tests.builders import make_user
from tests.reports.test_worker import ring, wait_for, worker
from tests.services import Redis

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
MANY = 10
Status = Delivery.Status


@pytest.fixture
def box() -> Iterator[smtp.Mailbox]:
    with smtp.mail_server() as server:
        yield server


@pytest.fixture
def redis() -> Iterator[Redis]:
    service = Redis()
    yield service
    service.stop()


@pytest.fixture
def waiting(cast):
    """Reminders of what is due in three days by the clock of the processes, which may start letters at any hour."""
    SendingHours.objects.create(
        waking_from=datetime.time.min,
        waking_to=datetime.time.max,
        working_from=datetime.time.min,
        working_to=datetime.time.max,
        working_days=list(range(7)),
    )
    Obligation.objects.update(due_on=timezone.localdate() + datetime.timedelta(days=3))
    for number in range(MANY - 3):
        make_user(f"Người {number}", unit=cast.base, role=Role.REPORTER)
    return cast


def process(box: smtp.Mailbox, point: str = "never") -> "subprocess.Popen[bytes]":
    database = connection.settings_dict
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgres://{database['USER']}@/{database['NAME']}?host={database['OPTIONS']['host']}",
        "EMAIL_URL": f"smtp://{box.host}:{box.port}",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.reports.dying_worker", point],
        cwd=settings.BASE_DIR,
        env=environment,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )


def quarter_of_an_hour_later() -> None:
    """What the tick does to the rows of a dead worker, its claim being old by now."""
    old = timezone.now() - datetime.timedelta(minutes=16)
    Reminder.objects.filter(status=Status.CLAIMED).update(claimed_at=old)
    Reminder.objects.release_stale(before=timezone.now() - datetime.timedelta(minutes=15))


def copies(box: smtp.Mailbox) -> list[int]:
    return sorted(Counter("".join(letter["Message-ID"].split()) for letter in box.letters).values())


@pytest.mark.parametrize(
    ("point", "wanted"),
    [
        ("before the claim", [1] * MANY),
        ("after the claim", [1] * MANY),
        ("begun, not sent", [1] * MANY),
        ("taken, not recorded", [1] * (MANY - 1) + [2]),
    ],
)
def test_a_worker_killed_there_loses_nothing(waiting, box, point, wanted):
    assert reminders.write_reminders(timezone.localdate()) == MANY
    assert process(box, point).wait(60) == -signal.SIGKILL
    assert Reminder.objects.exclude(status=Status.SENT).exists()
    quarter_of_an_hour_later()
    assert process(box).wait(60) == 0
    assert set(Reminder.objects.values_list("status", flat=True)) == {Status.SENT}
    assert copies(box) == wanted
    ids = {"".join(letter["Message-ID"].split()) for letter in box.letters}
    assert ids == set(Reminder.objects.values_list("message_id", flat=True))


def test_a_worker_killed_while_the_letter_is_on_its_way_loses_nothing(waiting, box):
    reminders.write_reminders(timezone.localdate())
    box.silence = 30
    child = process(box)
    wait_for(lambda: Reminder.objects.filter(started_at__isnull=False).exists(), "a letter is on its way")
    child.kill()
    child.wait()
    box.silence = 0
    quarter_of_an_hour_later()
    assert process(box).wait(60) == 0
    assert set(Reminder.objects.values_list("status", flat=True)) == {Status.SENT}
    assert copies(box)[:-1] == [1] * (MANY - 1)
    assert copies(box)[-1] <= 2


def test_six_processes_at_once_send_each_letter_once(waiting, box):
    reminders.write_reminders(timezone.localdate())
    children = [process(box) for _ in range(6)]
    assert [child.wait(60) for child in children] == [0] * 6
    assert set(Reminder.objects.values_list("status", flat=True)) == {Status.SENT}
    assert copies(box) == [1] * MANY


def test_two_beats_and_three_workers_write_and_send_everything_once(waiting, redis, box):
    """Beat was down since before the due date: what is seven days late by now is told in that step alone."""
    Obligation.objects.update(due_on=timezone.localdate() - datetime.timedelta(days=8))
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(worker(redis, box))
        for _ in range(8):  # two beats, four ticks each
            ring(redis, "write_reminders")
        unfinished = Reminder.objects.exclude(status=Status.SENT)
        wait_for(lambda: Reminder.objects.exists() and not unfinished.exists(), "every reminder is sent")
        superiors = SuperiorReminder.objects.exclude(status=Status.SENT)
        wait_for(lambda: SuperiorReminder.objects.exists() and not superiors.exists(), "the superior is told")
    assert set(Reminder.objects.values_list("rung", flat=True)) == {"late-7"}
    assert Reminder.objects.count() == MANY + 1  # the head of the unit as well
    assert SuperiorReminder.objects.count() == 1
    assert set(copies(box)) == {1}
