"""A real server process on the database of the tests, that a test can stop, kill and start again."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from django.db import connection

from config.processes import die_with_parent
from tests.browser.conftest import DAY, moment

START_LIMIT = 60  # seconds
# The clock of the sample stands for this process too.
PROGRAM = """
import datetime, sys, time_machine
time_machine.travel(datetime.datetime.fromisoformat(sys.argv[1])).start()
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "runserver", sys.argv[2], "--noreload", "--insecure"])
"""


class OwnServer:
    """``url`` stays the same over a kill and a new start."""

    def __init__(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{listener.getsockname()[1]}"
        self.url = f"http://{self.address}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it where it does not run, and wait until it answers."""
        if self.process and self.process.poll() is None:
            return
        database = os.environ["DATABASE_URL"].replace("/postgres?", f"/{connection.settings_dict['NAME']}?")
        log = Path(tempfile.gettempdir()) / f"mangnon-own-server-{os.getpid()}.log"
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, moment(DAY).isoformat(), self.address],
                env=os.environ | {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "config.settings"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        limit = time.monotonic() + START_LIMIT
        while not self._answers():
            assert self.process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < limit, log.read_text(errors="replace")
            time.sleep(0.1)
        log.unlink()

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.url + "/static/img/logo.svg", timeout=2).close()
        except OSError:
            return False
        return True

    def freeze(self) -> None:
        """It takes connections and answers none."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
