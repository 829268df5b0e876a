"""Prepares the environment of a test session; loaded by ``-p tests.plugin``.

pytest-django reads the settings before any conftest.py, so the database must be there earlier. Under xdist the
controller starts the services and its workers inherit the environment.

``MANGNON_TEST_DB`` chooses the database: ``postgres`` (the default, private and new) or ``sqlite``.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import Postgres, Redis, Service, memory_folder

# Whatever the developer has exported for a run must not reach a test.
FOREIGN = {
    "ALLOWED_HOSTS", "BEHIND_PROXY", "CONN_MAX_AGE", "DATABASE_URL", "DEBUG", "DEFAULT_FROM_EMAIL", "EMAIL_URL",
    "LOG_LEVEL", "MAIL_RETURN_PATH", "NOTIFICATION_DAYS", "OFFICIAL_FONT_DIR", "PORT",
    "PRINT_MEMORY_LIMIT", "PRINT_PROCESSES", "PRINT_SECONDS_LIMIT", "REDIS_URL", "SAMPLE_PASSWORD",
    "SECRET_KEY_FALLBACKS", "SITE_URL", "WEBHOOK_LOOPBACK", "WEBHOOK_SECONDS_LIMIT",
}  # fmt: skip


class Session:
    """What one session has started."""

    def __init__(self) -> None:
        self.services: list[Service] = []
        self.folders: list[Path] = []

    def start(self) -> None:
        for name in FOREIGN:
            os.environ.pop(name, None)
        vendor = os.environ.setdefault("MANGNON_TEST_DB", "postgres")
        if vendor not in {"postgres", "sqlite"}:
            raise pytest.UsageError("MANGNON_TEST_DB: postgres or sqlite is needed.")
        folder = Path(tempfile.mkdtemp(prefix="mangnon-test-", dir=memory_folder()))
        self.folders.append(folder)
        os.environ["DATA_DIR"] = str(folder)
        os.environ["SECRET_KEY"] = "the-key-of-the-tests-0123456789-abcdefghijklmnopqrstuvwxyz"
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in the test's thread
        if vendor == "postgres":
            postgres = Postgres()
            self.services.append(postgres)
            os.environ["DATABASE_URL"] = postgres.url
            redis = Redis()
            self.services.append(redis)
            os.environ["TEST_REDIS_URL"] = redis.url

    def stop(self) -> None:
        while self.services:
            self.services.pop().stop()
        while self.folders:
            shutil.rmtree(self.folders.pop(), ignore_errors=True)


session = Session()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """A wrapper, so that it starts before pytest-django's own part of this hook."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        try:
            session.start()
        except BaseException:
            session.stop()
            raise
    else:
        # A folder of its own for each worker: the limits on sign-in are counted in the cache, which lies there.
        folder = Path(os.environ["DATA_DIR"]) / os.environ["PYTEST_XDIST_WORKER"]
        folder.mkdir(exist_ok=True)
        os.environ["DATA_DIR"] = str(folder)
    return (yield)


def pytest_unconfigure() -> None:
    session.stop()


@pytest.fixture(scope="session", autouse=True)
def jobs_run_at_once() -> None:
    """A task that a test or a browser's request rings for runs in place; real workers are tested as real processes."""
    from config.celery import app  # the settings must be read first

    app.conf.update(task_always_eager=True, task_eager_propagates=True)
