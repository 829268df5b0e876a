"""Many who deliver, write and decide at once: one message, one row, one decision. Each race has a control."""

import datetime
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from celery import Celery
from django.conf import settings as django_settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from config.processes import die_with_parent
from orgunits import notifications, preferences, webhook_sending, webhooks
from orgunits.models import MessagePreference, Notification, WebhookDelivery, WebhookEndpoint
from orgunits.notifications import Draft
from reports import calendars, obligations, reminders
from reports.models import CalendarEntry, Reminder
from tests import builders
from tests.gateway import Gateway, gateway
from tests.races.crowd import PATIENCE, press_together, wait_for_a_waiter
from tests.services import Redis

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 8
LIMIT = PATIENCE
DUE = datetime.date(2026, 11, 9)
Status = WebhookDelivery.Status


@pytest.fixture
def gate(settings) -> Iterator[Gateway]:
    settings.WEBHOOK_LOOPBACK = True
    with gateway() as found:
        yield found


@pytest.fixture
def row(cast, gate):
    endpoint = builders.make_webhook(cast.union, by=cast.unit_administrator, url=gate.url)
    gate.secret = webhooks.secret_of(endpoint)
    return webhooks.write_test(endpoint, by=cast.unit_administrator)


# --- one message ----------------------------------------------------------------------------------------------------


def test_eight_deliverers_at_once_send_one_message(row, gate):
    press_together([lambda: webhook_sending.deliver(row.pk)] * CROWD)
    assert gate.asked == 1
    row.refresh_from_db()
    assert (row.status, row.tries) == (Status.SENT, 1)


def test_control_without_the_claim_more_than_one_goes_out(row, gate, monkeypatch):
    looked = threading.Barrier(CROWD)

    def claim_by_looking(self, pk, *, at):
        found = self.get(pk=pk)
        looked.wait(PATIENCE)
        if found.status != Status.WAITING:
            return False
        found.status, found.claimed_at = Status.CLAIMED, at
        found.save(update_fields=["status", "claimed_at"])
        return True

    monkeypatch.setattr(type(WebhookDelivery.objects), "claim", claim_by_looking)
    press_together([lambda: webhook_sending.deliver(row.pk)] * CROWD)
    assert gate.asked > 1


def test_a_claim_that_waited_for_another_sees_that_it_came_too_late(row):
    """PostgreSQL asks the condition again after the wait: it must stand on the row, not in a sub-select."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time")
    results, at = [], timezone.now()

    def claim_too() -> None:
        results.append(WebhookDelivery.objects.claim(row.pk, at=at))
        connection.close()

    with transaction.atomic():
        assert WebhookDelivery.objects.claim(row.pk, at=at)
        second = threading.Thread(target=claim_too)
        second.start()
        wait_for_a_waiter()
    second.join(PATIENCE)
    assert results == [False]


def test_eight_who_decide_at_once_decide_once(cast, row):
    WebhookDelivery.objects.update(status=Status.DEAD)
    decide = [
        lambda: webhooks.resend(row, by=cast.administrator),
        lambda: webhooks.discard(row, by=cast.unit_administrator),
    ]
    outcomes = press_together([decide[number % 2] for number in range(CROWD)])
    assert outcomes.count("won") == 1


def test_eight_generators_write_each_message_and_notification_once(cast, row):
    WebhookDelivery.objects.all().delete()
    press_together([lambda: reminders.write_reminders(DUE)] * CROWD)
    assert Reminder.objects.count() == Notification.objects.count() == WebhookDelivery.objects.count() == 3


def test_control_asking_first_and_inserting_then_is_refused_by_the_constraint(cast):
    looked = threading.Barrier(CROWD)

    def tell():
        if not Notification.objects.filter(recipient=cast.officer, key="a").exists():
            looked.wait(PATIENCE)
            Notification.objects.create(recipient=cast.officer, key="a", title="A", url="/")

    with pytest.raises(IntegrityError):
        press_together([tell] * CROWD)
    assert Notification.objects.count() == 1


def test_many_who_tell_the_same_tell_it_once(cast):
    press_together([lambda: notifications.write([Draft(cast.officer.pk, "a", "A", "/")])] * CROWD)
    assert Notification.objects.count() == 1


def test_many_readers_count_one_change_of_a_day_once(cast):
    at = timezone.now()
    calendars.write(cast.officer, on=DUE, at=at)
    obligations.extend(cast.obligation, until=datetime.date(2026, 11, 20), reason="Bão", by=cast.administrator)
    press_together([lambda: calendars.write(cast.officer, on=DUE, at=at)] * CROWD)
    entry = CalendarEntry.objects.get()
    assert (entry.sequence, entry.due_on) == (1, datetime.date(2026, 11, 20))


def test_many_clicks_of_a_mail_provider_are_one_choice(cast):
    changed = []
    press_together([lambda: changed.append(preferences.set_mode(cast.officer, "daily", through="unsubscribe"))] * CROWD)
    assert changed.count(True) == 1
    assert MessagePreference.objects.get().reminders == "daily"


# --- real workers ---------------------------------------------------------------------------------------------------


@pytest.fixture
def redis() -> Iterator[Redis]:
    service = Redis()
    yield service
    service.stop()


@contextmanager
def worker(redis: Redis) -> Iterator[subprocess.Popen[bytes]]:
    database = connection.settings_dict
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgres://{database['USER']}@/{database['NAME']}?host={database['OPTIONS']['host']}",
        "REDIS_URL": redis.url,
        "WEBHOOK_LOOPBACK": "on",
    }
    command = "celery --quiet --app config worker --pool threads --concurrency 2 --queues default --loglevel warning"
    process = subprocess.Popen(
        [sys.executable, "-m", *command.split()],
        cwd=django_settings.BASE_DIR,
        env=environment,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ring(redis: Redis, task: str, *args: object) -> None:
    with Celery(broker=redis.url, set_as_current=False) as bell:
        bell.send_task(f"orgunits.webhook_tasks.{task}", args=args, queue="default")


def wait_for(happened, what: str) -> None:
    deadline = time.monotonic() + LIMIT
    while not happened():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def status(row) -> str:
    return WebhookDelivery.objects.values_list("status", flat=True).get(pk=row.pk)


@pytest.mark.services
def test_two_real_workers_send_each_message_once(cast, row, gate, redis):
    endpoint = WebhookEndpoint.objects.get()
    rows = [row, *(webhooks.write_test(endpoint, by=cast.unit_administrator) for _ in range(29))]
    with worker(redis), worker(redis):
        for _ in range(4):  # the tick and the bells, all at once
            ring(redis, "ring_for_webhooks")
        for each in rows:
            ring(redis, "deliver_webhook", each.pk)
        wait_for(lambda: not WebhookDelivery.objects.exclude(status=Status.SENT).exists(), "all are sent")
    assert sorted(gate.ids) == sorted(str(each.message_id) for each in rows)
    assert gate.refused == []


@pytest.mark.services
def test_a_killed_worker_repeats_a_message_at_most_once_under_the_same_id(row, gate, redis):
    gate.answers, gate.silence = ["hang"], 30
    with worker(redis) as process:
        ring(redis, "deliver_webhook", row.pk)
        wait_for(lambda: gate.asked == 1, "the gateway has it and does not answer")
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert status(row) == Status.CLAIMED
    WebhookDelivery.objects.update(claimed_at=timezone.now() - datetime.timedelta(minutes=6))
    with worker(redis):
        ring(redis, "ring_for_webhooks")
        ring(redis, "ring_for_webhooks")
        wait_for(lambda: status(row) == Status.SENT, "the next worker sends it")
    assert (gate.asked, gate.ids) == (2, [str(row.message_id)])
