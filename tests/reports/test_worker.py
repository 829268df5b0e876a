"""A real worker on a real Redis delivers letters to a real mail server, also after a worker was killed."""

import datetime
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection
from django.utils import timezone

from config.celery import app
from config.processes import die_with_parent
from orgunits.models import Delivery
from reports import reminders, workflow
from reports.models import Notice, Obligation, Reminder, SendingHours
from tests import smtp
from tests.builders import content, make_report
from tests.services import Redis

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
LIMIT = 60  # seconds
Status = Delivery.Status


@pytest.fixture
def box() -> Iterator[smtp.Mailbox]:
    with smtp.mail_server() as server:
        yield server


@pytest.fixture
def redis() -> Iterator[Redis]:
    """One of its own: another test's worker must not take these messages."""
    service = Redis()
    yield service
    service.stop()


@pytest.fixture
def soon(cast):
    """The obligations of the cast, due in three days by the clock of the worker, which may write at any hour."""
    SendingHours.objects.create(waking_from=datetime.time.min, waking_to=datetime.time.max)
    Obligation.objects.update(due_on=timezone.localdate() + datetime.timedelta(days=3))
    cast.obligation.refresh_from_db()
    return cast.obligation


@contextmanager
def worker(redis: Redis, box: smtp.Mailbox) -> Iterator[subprocess.Popen[bytes]]:
    database = connection.settings_dict
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgres://{database['USER']}@/{database['NAME']}?host={database['OPTIONS']['host']}",
        "REDIS_URL": redis.url,
        "EMAIL_URL": f"smtp://{box.host}:{box.port}",
    }
    command = "celery --quiet --app config worker --pool threads --concurrency 2 --queues default --loglevel warning"
    process = subprocess.Popen(
        [sys.executable, "-m", *command.split()],
        cwd=settings.BASE_DIR,
        env=environment,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ring(redis: Redis, task: str, *args: Any) -> None:
    with Celery(broker=redis.url, set_as_current=False) as bell:
        bell.send_task(f"reports.tasks.{task}", args=args, queue="default")


def wait_for(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LIMIT
    while not happened():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def status(row: Reminder | Notice) -> str:
    return type(row).objects.values_list("status", flat=True).get(pk=row.pk)


def test_a_worker_delivers_a_notice_and_a_reminder(cast, soon, redis, box):
    report = make_report(cast.sibling_obligation)
    workflow.submit(report, content(), by=cast.sibling_officer)
    notice = Notice.objects.get()
    Notice.objects.update(status=Status.WAITING)  # what rang in this process does not count
    assert reminders.write_reminders(timezone.localdate()) == 2
    row = Reminder.objects.get(recipient=cast.officer)
    with worker(redis, box):
        ring(redis, "deliver_notice", notice.pk)
        ring(redis, "deliver_reminder", row.pk)
        wait_for(lambda: (status(notice), status(row)) == (Status.SENT, Status.SENT), "both are sent")
        assert sorted(box.recipients) == sorted([cast.reviewer.email, cast.officer.email])
        ring(redis, "deliver_reminder", row.pk)  # rung twice
        ring(redis, "ring_for_letters")  # the tick finds the one that nobody rang for
        wait_for(lambda: not Reminder.objects.exclude(status=Status.SENT).exists(), "the tick has the other one sent")
    assert len(box.letters) == 3
    reminded = next(letter for letter in box.letters if cast.officer.email in letter["To"])
    assert "Còn 3 ngày nữa là đến hạn nộp báo cáo" in reminded.get_body(("plain",)).get_content()
    noticed = next(letter for letter in box.letters if cast.reviewer.email in letter["To"])
    assert "đang chờ xét duyệt" in noticed.get_body(("plain",)).get_content()


def test_a_killed_worker_loses_no_letter_and_repeats_none_that_was_not_taken(cast, soon, redis, box):
    row = Reminder.objects.create(
        obligation=soon, rung="before-3", due_on=soon.effective_due_on, recipient=cast.officer
    )
    box.silence = 30
    with worker(redis, box) as process:
        ring(redis, "deliver_reminder", row.pk)
        wait_for(lambda: status(row) == Status.CLAIMED, "the worker has claimed it")
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert status(row) == Status.CLAIMED
    box.silence = 0
    Reminder.objects.update(claimed_at=timezone.now() - datetime.timedelta(minutes=16))
    with worker(redis, box):
        ring(redis, "ring_for_letters")
        wait_for(lambda: status(row) == Status.SENT, "the next worker sends it")
    row.refresh_from_db()
    assert (row.claims, row.releases) == (2, 1)
    assert {"".join(letter["Message-ID"].split()) for letter in box.letters} == {row.message_id}
    assert len(box.letters) <= 2


def test_every_tick_of_the_schedule_is_a_task():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)
