"""``manage.py up`` as a person starts it: real processes, an own data folder, an own port."""

import io
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg2
import pytest
from django.urls import reverse
from pypdf import PdfReader

from reports.management.commands.load_sample import ACCOUNTS_FILE
from tests.plugin import FOREIGN

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT = 120  # seconds; the first start loads the sample, and other tests run beside it
PROGRAMS = {"web": "gunicorn", "worker": " worker ", "beat": " beat "}

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("run")]


def until(probe, *, what, seconds=120):
    """The first true answer of ``probe``; fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited {seconds} s for: {what}"
        time.sleep(0.1)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def environment(folder, **values):
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN and name != "SECRET_KEY"}
    return kept | {"DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"} | {name: str(v) for name, v in values.items()}


def _heed_hangups() -> None:
    """The product leaves SIGHUP alone where whoever started it ignored it, as a suite under nohup does."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Run:
    """One ``manage.py up``; every process below it carries our data folder in its environment."""

    def __init__(self, folder, **values):
        self.folder = folder
        self.port = values.setdefault("PORT", free_port())
        self.log = folder.parent / f"{folder.name}-{self.port}.log"
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=environment(folder, **values),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=_heed_hangups,
            )

    @property
    def output(self):
        return self.log.read_text()

    def wait_for_address(self):
        address = f"http://127.0.0.1:{self.port}/"
        until(
            lambda: address in self.output or self.process.poll() is not None, what="the address", seconds=START_LIMIT
        )
        assert self.process.poll() is None, self.output
        return self

    def living(self):
        """Number and command line of every process of this run."""
        found = {}
        mark = f"DATA_DIR={self.folder}".encode()
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdecimal() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (OSError, UnicodeDecodeError):
                continue  # it has ended, or is not ours
        return found

    def number_of(self, program):
        """The process that we started as ``program``: of gunicorn's, the first."""
        return min(number for number, command in self.living().items() if PROGRAMS[program] in command)

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as response:
            return response.read().decode()

    def is_healthy(self):
        try:
            return '"jobs": true' in self.get("/healthz")
        except urllib.error.HTTPError:  # 503 until a job has run
            return False

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(40)

    def nothing_is_left(self):
        until(lambda: not self.living(), what=f"the end of {self.living()}")
        return True

    def kill_all(self):
        for number in [self.process.pid, *self.living()]:
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()


@pytest.fixture
def start():
    runs = []

    def start(folder, **values):
        runs.append(Run(folder, **values))
        return runs[-1]

    yield start
    for run in runs:
        run.kill_all()
        print(run.output)  # pytest shows it where the test has failed


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """The data folder and the output of a first start that was stopped with Ctrl-C."""
    folder = tmp_path_factory.mktemp("first") / "data"
    run = Run(folder)
    try:
        run.wait_for_address()
        page = run.get("/")
        programs = run.living()
        assert run.interrupt() == 0, run.output
        assert run.nothing_is_left()
    finally:
        run.kill_all()
    return {"folder": folder, "output": run.output, "page": page, "programs": programs}


@pytest.fixture
def data(loaded, tmp_path):
    """A copy of a loaded data folder, for one test to use up."""
    return Path(shutil.copytree(loaded["folder"], tmp_path / "data"))


def count(folder, table):
    with sqlite3.connect(folder / "db.sqlite3") as database:
        return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_first_start_runs_the_three_programs_and_answers(loaded):
    for program in PROGRAMS.values():
        assert any(program in command for command in loaded["programs"].values())
    assert '<html lang="vi"' in loaded["page"]


def test_first_start_loads_the_sample_and_prints_its_accounts(loaded):
    assert count(loaded["folder"], "orgunits_orgunit") > 30
    assert re.search(r"\S+@\S+", loaded["output"])


def test_generated_key_and_data_are_for_this_account_only(loaded):
    for name in ("secret_key", "db.sqlite3"):
        assert (loaded["folder"] / name).stat().st_mode & 0o077 == 0, name


def test_second_start_keeps_the_data_and_loads_nothing(data, start):
    with sqlite3.connect(data / "db.sqlite3") as database:
        database.execute("DELETE FROM orgunits_roleassignment")  # a change that loading again would undo
    key = (data / "secret_key").read_text()
    units = count(data, "orgunits_orgunit")
    run = start(data).wait_for_address()
    assert count(data, "orgunits_orgunit") == units
    assert count(data, "orgunits_roleassignment") == 0
    assert (data / "secret_key").read_text() == key
    assert "First start" not in run.output


def test_beat_broker_and_worker_keep_the_page_of_health_green(data, start):
    for part in (data / "cache").glob("*"):
        part.unlink()  # the heartbeat of the first start
    until(start(data).wait_for_address().is_healthy, what="a heartbeat through the file broker", seconds=60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_everything(data, start, number):
    run = start(data).wait_for_address()
    run.process.send_signal(number)
    assert run.process.wait(40) == 0
    assert run.nothing_is_left()


@pytest.mark.parametrize("program", PROGRAMS)
def test_crash_of_one_program_stops_all(data, start, program):
    run = start(data).wait_for_address()
    os.kill(run.number_of(program), signal.SIGKILL)
    assert run.process.wait(40) == 1
    assert f"{program} has ended by itself (signal 9)" in run.output
    assert run.nothing_is_left()


def test_kill_of_the_parent_leaves_nothing_running(data, start):
    run = start(data).wait_for_address()
    assert len(run.living()) >= 5  # the parent, the three programs, gunicorn's worker
    run.process.kill()
    run.process.wait()
    assert run.nothing_is_left()


def test_second_run_on_the_same_data_is_refused(data, start):
    start(data).wait_for_address()
    second = start(data)
    assert second.process.wait(40) == 2
    assert second.output.startswith("DATA_DIR: Măng Non already runs on ")


def refusal(folder, **values):
    """What a start that must be refused with exit code 2 says."""
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=environment(folder, **({"PORT": free_port()} | values)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


NOBODY = "127.0.0.1:1"
KEY = "k" * 50


@pytest.mark.parametrize(
    ("values", "start_of_line"),
    [
        ({"PORT": "eighty"}, "PORT: "),
        ({"PORT": "70000"}, "PORT: "),
        ({"DATABASE_URL": "nonsense", "SECRET_KEY": KEY}, "DATABASE_URL: postgres://"),
        ({"DATABASE_URL": "postgres://a:b@h:port/d", "SECRET_KEY": KEY}, "DATABASE_URL: postgres://"),
        ({"DATABASE_URL": "mysql://h/d", "SECRET_KEY": KEY}, "DATABASE_URL: postgres://"),
        ({"DATABASE_URL": f"postgres://a:b@{NOBODY}/d"}, "SECRET_KEY: "),
        ({"DATABASE_URL": f"postgres://a:geheim@{NOBODY}/d", "SECRET_KEY": KEY}, "DATABASE_URL: the database cannot"),
        ({"DATABASE_URL": "sqlite:////no/such/folder/db", "SECRET_KEY": KEY}, "DATABASE_URL: the database cannot"),
        ({"REDIS_URL": "nonsense"}, "REDIS_URL: redis://"),
        ({"REDIS_URL": "http://localhost"}, "REDIS_URL: redis://"),
        ({"REDIS_URL": f"redis://:geheim@{NOBODY}/0"}, "REDIS_URL: Redis cannot be reached"),
        ({"EMAIL_URL": "nonsense"}, "EMAIL_URL: "),
        ({"EMAIL_URL": "smtp://host:port"}, "EMAIL_URL: "),
        ({"EMAIL_URL": "smtp://"}, "EMAIL_URL: "),
        ({"SITE_URL": "mangnon.example"}, "SITE_URL: "),
        ({"DEBUG": "perhaps"}, "DEBUG: "),
    ],
)
def test_wrong_value_is_one_line_that_names_it_and_hides_passwords(tmp_path, values, start_of_line):
    line = refusal(tmp_path / "data", **values)
    assert line.startswith(start_of_line)
    assert "geheim" not in line


def test_port_in_use_is_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refusal(tmp_path / "data", PORT=port)
    assert line.startswith(f"PORT: {port} cannot be used")


def test_data_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert refusal(tmp_path / "file" / "data").startswith("DATA_DIR: ")


@pytest.fixture
def empty_database():
    """The address of a new database on the session's private PostgreSQL."""
    base = os.environ["DATABASE_URL"]
    host = base.partition("host=")[2]
    name = f"run_{os.getpid()}"
    server = psycopg2.connect(host=host, user="mangnon", dbname="postgres")
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield base.replace("/postgres?", f"/{name}?")
    with server.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    server.close()


class Person:
    """Somebody at a browser without JavaScript."""

    def __init__(self, run):
        self.base = f"http://127.0.0.1:{run.port}"
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path):
        with self.opener.open(self.base + path, timeout=30) as response:
            return response.read()

    def post(self, path, **fields):
        """Where the answer leads to; the page with the form was opened before, so the token is there."""
        token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        data = urlencode(fields | {"csrfmiddlewaretoken": token}).encode()
        with self.opener.open(self.base + path, data, timeout=30) as response:
            return urlsplit(response.url).path

    def sign_in(self, folder):
        first, account = (folder / ACCOUNTS_FILE).read_text().splitlines()[:2]
        self.get(reverse("account_login"))
        assert self.post(reverse("account_login"), login=account.split()[0], password=first.split()[-1]) == "/"


def test_real_worker_on_real_redis_and_postgresql_prints_a_plan(tmp_path, start, empty_database):
    folder = tmp_path / "data"
    redis = os.environ["TEST_REDIS_URL"]
    run = start(folder, DATABASE_URL=empty_database, REDIS_URL=redis, SECRET_KEY=KEY).wait_for_address()
    person = Person(run)
    person.sign_in(folder)
    plan = re.search(rf'href="({reverse("plans:plan_list")}\d+/)"', person.get(reverse("plans:plan_list")).decode())[1]
    person.get(plan)
    job = person.post(f"{plan}xuat-pdf/")
    pdf = until(lambda: fetched(person, f"{job}tep/"), what="the printed plan", seconds=60)
    assert len(PdfReader(io.BytesIO(pdf)).pages) > 1
    until(run.is_healthy, what="a heartbeat through Redis", seconds=60)
    assert not (folder / "broker").exists()
    assert run.interrupt() == 0
    assert run.nothing_is_left()


def fetched(person, path):
    """The body, or None while the page is not there."""
    try:
        return person.get(path)
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return None
