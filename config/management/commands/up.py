"""``manage.py up``: the whole product on one machine."""

import argparse
import fcntl
import os
import socket
import sys
from typing import IO, Any, NoReturn

import kombu.exceptions
from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.db import Error, connection

from config import processes
from config.celery import open_broker
from orgunits.models import OrgUnit
from reports.management.commands.load_sample import ACCOUNTS_FILE

HOST = "127.0.0.1"
NOISE = [
    "ignore:You're running the worker with superuser",  # Celery's advice for servers; deploy/ follows it
    "ignore:No directory at",  # whitenoise's, about the collected files that an embedded run does without
]


def stop_here(reason: str, *, code: int = 2) -> NoReturn:
    sys.stderr.write(f"{reason}\n")
    sys.exit(code)


class Command(BaseCommand):
    """Prepare the data, then run web, worker and beat until one of them ends or somebody stops us.

    1. Refuse to start, with one line and exit code 2, where a value from the environment leads nowhere.
    2. Bring the database up to date; on the first start load the five plans and the sample organisation.
    3. Run the three; Ctrl-C, SIGTERM and SIGHUP stop all of them (exit code 0), and so does the end of any (1).
    """

    help = "Runs web, worker and beat; the first start loads the plans and a sample organisation."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--no-sample", action="store_true", help="load no sample data into an empty database")

    def handle(self, *, no_sample: bool, **options: Any) -> None:
        os.umask(0o077)  # what people file is for this account only
        os.environ.setdefault("PYTHONWARNINGS", ",".join(NOISE))
        lock = self.lock_data_folder()
        self.check_port()
        self.check_database()
        self.check_broker()
        try:
            self.prepare(sample=not no_sample)
        except KeyboardInterrupt:
            stop_here("Stopped before the start.", code=130)
        connection.close()
        self.become_the_programs(lock)

    def lock_data_folder(self) -> IO[str]:
        """One run per data folder: two would send every reminder's tick twice."""
        try:
            settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
            lock = (settings.DATA_DIR / "up.lock").open("a")
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stop_here(f"DATA_DIR: Măng Non already runs on {settings.DATA_DIR}. Stop it, or choose another DATA_DIR.")
        except OSError as error:
            stop_here(f"DATA_DIR: {settings.DATA_DIR} cannot be used: {error.strerror}.")
        return lock

    def check_port(self) -> None:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((HOST, settings.PORT))
            except OSError as error:
                stop_here(
                    f"PORT: {settings.PORT} cannot be used: {error.strerror}. "
                    f"Choose another one, as in: PORT={settings.PORT % 65535 + 1} sh scripts/run"
                )

    def check_database(self) -> None:
        try:
            connection.ensure_connection()
        except Error as error:
            stop_here(f"DATABASE_URL: the database cannot be opened: {first_line(error)}")

    def check_broker(self) -> None:
        try:
            open_broker()
        except kombu.exceptions.OperationalError as error:
            stop_here(f"REDIS_URL: Redis cannot be reached: {first_line(error)}")
        except OSError as error:
            stop_here(f"DATA_DIR: the folder for jobs cannot be used: {first_line(error)}")

    def prepare(self, *, sample: bool) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        if not settings.WHITENOISE_USE_FINDERS:
            call_command("collectstatic", verbosity=0, interactive=False)
        if OrgUnit.objects.exists():
            accounts = settings.DATA_DIR / ACCOUNTS_FILE
            if accounts.exists():
                self.stdout.write(f"Sample accounts: {accounts}")
        elif sample:
            self.stdout.write("First start: loading the plans and the sample organisation ...")
            call_command("load_sample", stdout=self.stdout)

    def become_the_programs(self, lock: IO[str]) -> NoReturn:
        """Go on as ``config/processes.py``: the same process, which keeps the lock and gives back our memory."""
        os.set_inheritable(lock.fileno(), True)
        sys.stdout.flush()
        sys.stderr.flush()
        # -I: its own folder must not become a place to import from; config/celery.py would hide Celery.
        command = [sys.executable, "-I", "-X", "utf8", processes.__file__, HOST, str(settings.PORT)]
        os.execv(command[0], command)  # noqa: S606


def first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
