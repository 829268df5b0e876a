"""Debian's Chromium against a real server, on the sample organisation as it stood on one day.

The sample is loaded once and kept in a schema of its own; every test starts from a copy of it. The clock stands on that
day for the server too; a test that needs another day takes ``clock`` and moves it.
"""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from orgunits.models import User
from orgunits.sample import load_people, load_units, organisation
from plans.letterheads import load_letterheads
from plans.loading import load_plans
from reports.sample import load_reports
from targets.loading import load_targets

DAY = datetime.date(2026, 11, 5)  # before the due dates of November
PASSWORD = "mat-khau-thu-nghiem-2026"
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
WAIT = 60_000  # milliseconds; two cores are shared with the other half of the tests
expect.set_options(timeout=WAIT)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return browser_type_launch_args | {
        "executable_path": "/usr/bin/chromium",
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return browser_context_args | {
        "locale": "vi-VN",
        "timezone_id": "Asia/Ho_Chi_Minh",
        "reduced_motion": "reduce",
    }


# --- the sample --------------------------------------------------------------------------------------------------


def moment(day: datetime.date, hour: int = 9) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour)))


@pytest.fixture(scope="session")
def kept_sample(django_db_setup: None, django_db_blocker: Any) -> list[str]:
    """Every table with the sample in it, kept in the schema ``sample``; returns the names of the tables."""
    with django_db_blocker.unblock(), time_machine.travel(moment(DAY)):
        with transaction.atomic():
            units = load_units()
            load_people(units, password=PASSWORD)
            load_plans(units)
            load_letterheads(units, valid_from=organisation()["valid_from"])
            load_targets()
            load_reports(on=DAY)
        tables = connection.introspection.django_table_names(only_existing=True)
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA IF EXISTS sample CASCADE")
            cursor.execute("CREATE SCHEMA sample")
            for table in tables:
                cursor.execute(f'CREATE TABLE sample."{table}" AS TABLE public."{table}"')
        call_command("flush", interactive=False, verbosity=0)
    return tables


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Nine o'clock of the sample's day, and running; for the server as well."""
    with time_machine.travel(moment(DAY)) as coordinates:
        yield coordinates


@pytest.fixture
def sample(kept_sample: list[str], live_server: Any, clock: time_machine.Traveller, settings: Any) -> None:
    """The sample, fresh, behind the server; letters lead to that server."""
    settings.SITE_URL = live_server.url
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no foreign keys while tables come one by one
        cursor.execute("TRUNCATE " + ", ".join(f'"{table}"' for table in kept_sample))
        for table in kept_sample:
            cursor.execute(f'INSERT INTO public."{table}" SELECT * FROM sample."{table}"')
        for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models(include_auto_created=True)):
            cursor.execute(statement)
    ContentType.objects.clear_cache()
    cache.clear()


# --- people before their screens ---------------------------------------------------------------------------------


@dataclass
class Visitor:
    """A person at a screen: a page in a browser of its own."""

    page: Page
    site: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.site + path)
        return self.page

    def sign_in(self, email: str, password: str = PASSWORD) -> Page:
        self.open("/")
        return self.fill_in(email, password)

    def fill_in(self, email: str, password: str = PASSWORD) -> Page:
        """On the page for signing in, wherever it leads to."""
        page = self.page
        page.get_by_label("Thư điện tử").fill(email)
        page.get_by_label("Mật khẩu").fill(password)
        page.get_by_role("button", name="Đăng nhập").click()
        return page

    def listen(self) -> None:
        """Note what the browser complains of: errors of scripts, refusals by the policy, files that do not come."""
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))
        self.page.on("console", self._note)

    def _note(self, message: Any) -> None:
        # A page that is not there is logged as an error too; the test looks at its status itself.
        is_page = message.text.startswith("Failed to load resource") and message.location.get("url") == self.page.url
        is_ours = "blocked by Playwright" in message.text  # a test that has no workers
        if message.type in ("error", "warning") and not is_page and not is_ours:
            self.complaints.append(f"{self.page.url}: {message.text}")


@pytest.fixture
def visitor(new_context: Any, live_server: Any, sample: None) -> Iterator[Callable[..., Visitor]]:
    """Opens a new browser for each call; after the test, the browsers must have had nothing to complain of."""
    visitors: list[Visitor] = []

    def come(email: str = "", **options: Any) -> Visitor:
        context = new_context(**({"viewport": DESKTOP} | options))
        context.set_default_timeout(WAIT)
        person = Visitor(context.new_page(), live_server.url)
        person.listen()
        visitors.append(person)
        if email:
            context.add_cookies([session_cookie(email, live_server.url)])
        return person

    yield come
    assert [line for person in visitors for line in person.complaints] == []


def session_cookie(email: str, site: str) -> Any:
    """A session of that person, for tests whose subject is not signing in."""
    client = Client()
    client.force_login(User.objects.get(email=email))
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}
