"""Runs web, worker and beat as one: they stop together, and none of them outlives the process that started them.

``manage.py up`` becomes this script when it has prepared everything. It imports the standard library only, so that what
waits beside the programs takes 15 MB and not 100.
"""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

PR_SET_PDEATHSIG = 1
START_LIMIT = 60  # seconds until the first page should answer
PROGRAMS = {
    "web": "gunicorn config.wsgi --bind {host}:{port} --threads 4 --graceful-timeout 10 --no-control-socket"
    " --log-level warning",
    "worker": "celery --quiet --app config worker --pool threads --concurrency 2 --queues default"
    " --without-gossip --without-mingle --without-heartbeat --loglevel warning",
    "beat": "celery --quiet --app config beat --pidfile= --loglevel warning",
}


def die_with_parent(number: signal.Signals = signal.SIGTERM) -> Callable[[], None] | None:
    """A ``preexec_fn`` that has the kernel send ``number`` to the child when its parent ends, even by SIGKILL.

    Linux only (None elsewhere). The kernel watches the *thread* that started the child, so the caller must be one
    that lives as long as its process: the main thread.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def ask_the_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it died before the kernel was asked
            os._exit(1)

    return ask_the_kernel


class ProcessGroup:
    """Programs in one process group of their own, so that a Ctrl-C in the terminal reaches only us."""

    def __init__(self, commands: Mapping[str, Sequence[str]], *, grace: float = 15) -> None:
        """``commands`` by name; ``grace`` is how many seconds they have to finish what they do."""
        self.grace = grace
        self.stop_asked = threading.Event()
        self.hurry = False
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.group = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup stays nohup
                signal.signal(number, self._asked)
        try:
            for name, command in commands.items():
                self._start(name, command)
        except OSError:
            self.stop()
            raise

    def _start(self, name: str, command: Sequence[str]) -> None:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, process_group=self.group, preexec_fn=die_with_parent()
        )
        self.children[name] = child
        self.group = self.group or child.pid

    def _asked(self, number: int, frame: FrameType | None) -> None:
        self.hurry = self.stop_asked.is_set()  # asked twice: no more waiting
        self.stop_asked.set()

    def ended(self) -> str | None:
        """Which child has ended by itself and how, as a sentence; None while all run."""
        for name, child in self.children.items():
            if child.poll() is not None:
                how = f"signal {-child.returncode}" if child.returncode < 0 else f"exit code {child.returncode}"
                return f"{name} has ended by itself ({how})"
        return None

    def stop(self) -> None:
        """Ask all to finish, wait ``grace`` seconds, then kill what is left, children of children too."""
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + self.grace
        while time.monotonic() < deadline and not self.hurry:
            if all(child.poll() is not None for child in self.children.values()):
                break
            time.sleep(0.05)
        if self.group:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.group, signal.SIGKILL)
        for child in self.children.values():
            child.wait()


def answers(host: str, port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as caller:
        caller.settimeout(1)
        return caller.connect_ex((host, port)) == 0


def main(host: str, port: int) -> int:
    """Run the programs until somebody stops us (0) or one of them ends by itself (1)."""
    commands = {
        name: [sys.executable, "-m", *line.format(host=host, port=port).split()] for name, line in PROGRAMS.items()
    }
    group = ProcessGroup(commands)
    address = f"Măng Non: http://{host}:{port}/   (Ctrl-C stops it)"
    deadline = time.monotonic() + START_LIMIT
    announced = False
    while not group.stop_asked.wait(0.2) and not group.ended():
        if not announced and (answers(host, port) or time.monotonic() > deadline):
            announced = True
            sys.stdout.write(f"\n{address}\n")
            sys.stdout.flush()
    crash = None if group.stop_asked.is_set() else group.ended()
    group.stop()
    sys.stderr.write(f"{crash}; everything is stopped.\n" if crash else "Stopped.\n")
    return 1 if crash else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
