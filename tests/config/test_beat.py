"""The static schedule and the tasks fit together."""

import inspect

import pytest
from django.conf import settings

from config.celery import app


@pytest.fixture(scope="module")
def our_tasks():
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def test_every_tick_is_scheduled_and_everything_scheduled_is_a_tick(our_tasks):
    ticks = {name for name, task in our_tasks.items() if not inspect.signature(task.run).parameters}
    assert ticks == {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}


def test_every_task_expires_before_a_stopped_worker_drowns_in_ticks(our_tasks):
    assert {name for name, task in our_tasks.items() if not task.expires} == set()


def test_no_results_are_kept(our_tasks):
    assert app.conf.result_backend is None
    assert all(task.ignore_result for task in our_tasks.values())
