"""The whole product as in production, on private services: PostgreSQL, Redis, two web workers, a worker, beat."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.processes import answers, die_with_parent
from tests.services import Postgres, Redis, Service

HOST = "127.0.0.1"
START_LIMIT = 60  # seconds
COMMANDS = {
    "web": "gunicorn config.wsgi --bind {host}:{port} --workers 2 --no-control-socket --log-level warning",
    "worker": "celery --quiet --app config worker --pool threads --concurrency 2 --queues default"
    " --without-gossip --without-mingle --without-heartbeat --loglevel warning",
    "beat": "celery --quiet --app config beat --pidfile= --loglevel warning",
}


class Product:
    """What was started, by name, so that its memory can be read."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.services: dict[str, int] = {}
        self.programs: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, names: Collection[str] = tuple(COMMANDS)) -> None:
        for name in names:
            line = COMMANDS[name]
            command = [sys.executable, "-m", *line.format(host=HOST, port=self.port).split()]
            self.programs[name] = subprocess.Popen(command, preexec_fn=die_with_parent(), start_new_session=True)
        deadline = time.monotonic() + START_LIMIT
        while not answers(HOST, self.port):
            ended = [name for name, child in self.programs.items() if child.poll() is not None]
            if ended or time.monotonic() > deadline:
                raise RuntimeError(f"The product does not start: {', '.join(ended) or 'no answer'}.")
            time.sleep(0.1)

    def stop(self) -> None:
        for child in self.programs.values():
            child.terminate()
        for child in self.programs.values():
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()

    def memory(self) -> dict[str, int]:
        """Memory by name in bytes, each page shared by several processes counted once (PSS)."""
        roots = self.services | {name: child.pid for name, child in self.programs.items()}
        return {name: pss_with_children(root) for name, root in roots.items()}


@contextmanager
def running(*, embedded: bool = False) -> Iterator[Product]:
    """Start the services and set the environment, before any settings are read; all of it goes away at the end.

    ``embedded`` is SQLite and a folder for messages, without services.
    """
    folder = Path(tempfile.mkdtemp(prefix="mangnon-bench-"))
    services: dict[str, Service] = {} if embedded else {"PostgreSQL": Postgres(), "Redis": Redis()}
    product = Product(_free_port())
    product.services = {name: service.process.pid for name, service in services.items()}
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    if not embedded:
        os.environ.update(DATABASE_URL=services["PostgreSQL"].url, REDIS_URL=services["Redis"].url)
    os.environ.update(
        DATA_DIR=str(folder),
        PORT=str(product.port),
        SECRET_KEY="the-key-of-the-measurements-0123456789-abcdefghijklmnopqrstuvwxyz",
        DJANGO_SETTINGS_MODULE="config.settings",
        PYTHONWARNINGS="ignore",
    )
    for name in ("DEBUG", "SITE_URL", "ALLOWED_HOSTS", "EMAIL_URL", "BEHIND_PROXY"):
        os.environ.pop(name, None)
    try:
        yield product
    finally:
        product.stop()
        for service in reversed(services.values()):
            service.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def _with_children(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += _with_children(int(child))
    return found


def pss_with_children(pid: int) -> int:
    return sum(_pss(each) for each in _with_children(pid))


def _pss(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
