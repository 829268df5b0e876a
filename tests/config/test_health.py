"""The page that a load balancer asks."""

import datetime

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone

from config import health
from config.tasks import heartbeat

NOON = datetime.datetime(2026, 11, 22, 5, 0, tzinfo=datetime.UTC)
SECOND = datetime.timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _no_heartbeat_before_or_after():
    cache.delete(health.HEARTBEAT_KEY)
    yield
    cache.delete(health.HEARTBEAT_KEY)


def test_without_any_heartbeat_jobs_do_not_run():
    assert not health.jobs_are_running(at=NOON)


@pytest.mark.parametrize(("age", "running"), [(health.HEARTBEAT_LIMIT, True), (health.HEARTBEAT_LIMIT + SECOND, False)])
def test_heartbeat_counts_up_to_its_limit(age, running):
    health.note_heartbeat(at=NOON - age)
    assert health.jobs_are_running(at=NOON) is running


@pytest.mark.django_db
def test_page_is_red_until_a_job_has_run_and_needs_no_sign_in(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (503, {"database": True, "jobs": False})
    heartbeat.delay()
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"database": True, "jobs": True})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_page_turns_red_when_heartbeats_stop(client):
    with time_machine.travel(timezone.now() - health.HEARTBEAT_LIMIT - SECOND, tick=False):
        heartbeat.delay()
    assert client.get("/healthz").status_code == 503


def test_page_is_red_where_the_database_does_not_answer(client, monkeypatch):
    monkeypatch.setattr(health, "database_answers", lambda: False)
    heartbeat.delay()
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (503, {"database": False, "jobs": True})


def test_page_cannot_be_posted_to(client):
    assert client.post("/healthz").status_code == 405
