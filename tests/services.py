"""A private PostgreSQL and Redis for one test session: own folders, unix sockets, no port, no system service.

Works as root (PostgreSQL then runs as the account ``postgres``) and as anybody else. Both end with the process that
started them, even where that one is killed.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config.processes import die_with_parent

START_LIMIT = 120  # seconds
GIB = 1 << 30


class ServiceError(Exception):
    """A service is not installed or does not start."""


def memory_folder() -> str | None:
    """A memory disk where it has room (a cluster needs 60 MB and grows), else None: the usual temporary folder."""
    shm = Path("/dev/shm")
    return str(shm) if os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > GIB else None


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise ServiceError(f"{process.args!r} does not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.02)


class Service:
    """A server process with a folder that goes away with it."""

    folder: Path
    process: subprocess.Popen[bytes]
    url: str

    def __init__(self, prefix: str, parent: str | None = None) -> None:
        # A socket's path may have 107 bytes, so a long TMPDIR will not do.
        short = parent or (tempfile.gettempdir() if len(tempfile.gettempdir()) < 40 else "/tmp")
        self.folder = Path(tempfile.mkdtemp(prefix=f"mangnon-{prefix}-", dir=short))
        try:
            self.start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def start(self) -> None:
        raise NotImplementedError

    def launch(self, command: list[str | Path], on_parent_end: signal.Signals, **who: Any) -> Path:
        """Start the server and return its log."""
        log = self.folder / "log"
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(on_parent_end),
                start_new_session=True,  # a Ctrl-C is for pytest, which then stops us in order
                **who,
            )
        return log

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres(Service):
    def __init__(self) -> None:
        super().__init__("postgres", memory_folder())

    def start(self) -> None:
        programs = self.programs()
        data = self.folder / "data"
        data.mkdir()
        who = self.account()
        if who:  # PostgreSQL refuses to run as root
            for folder in (self.folder, data):
                os.chown(folder, who["user"], who["group"])
        self.folder.chmod(0o755)
        init = f"{programs}/initdb -U mangnon -A trust -E UTF8 --locale=C.UTF-8 --no-sync --no-instructions".split()
        done = subprocess.run([*init, "-D", str(data)], cwd="/", capture_output=True, text=True, check=False, **who)
        if done.returncode:
            raise ServiceError(f"initdb failed:\n{done.stderr}")
        command: list[str | Path] = [programs / "postgres", "-D", data, "-k", self.folder]
        for setting in (
            "listen_addresses=",
            "max_connections=80",
            "shared_buffers=64MB",
            # A crash may lose this cluster; nothing may wait for a disk.
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "autovacuum=off",
        ):
            command += ["-c", setting]
        log = self.launch(command, signal.SIGQUIT, **who)
        is_ready = [str(programs / "pg_isready"), "-q", "-h", str(self.folder), "-U", "mangnon", "-d", "postgres"]
        wait_until(lambda: subprocess.run(is_ready, cwd="/", check=False).returncode == 0, self.process, log)
        self.url = self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgres://mangnon@/{database}?host={self.folder}"

    def stop(self, number: signal.Signals = signal.SIGQUIT) -> None:
        super().stop(number)  # SIGQUIT: at once, whoever is connected

    @staticmethod
    def programs() -> Path:
        """The folder of the newest PostgreSQL; Debian keeps it out of PATH."""
        debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
        found = str(debian[-1]) if debian else shutil.which("initdb")
        if not found:
            raise ServiceError("PostgreSQL is not installed (Debian: postgresql).")
        return Path(found).resolve().parent

    @staticmethod
    def account() -> dict[str, Any]:
        if os.getuid() != 0:
            return {}
        try:
            entry = pwd.getpwnam("postgres")
        except KeyError as error:
            raise ServiceError("PostgreSQL does not run as root, and there is no account postgres.") from error
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class Redis(Service):
    def __init__(self) -> None:
        super().__init__("redis")

    def start(self) -> None:
        program = shutil.which("redis-server")
        if not program:
            raise ServiceError("Redis is not installed (Debian: redis-server).")
        socket = self.folder / "socket"
        log = self.launch(
            [program, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", self.folder],
            signal.SIGKILL,
        )
        wait_until(socket.exists, self.process, log)
        self.url = f"redis+socket://{socket}"
