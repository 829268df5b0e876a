"""Renders official documents in processes of their own, each job with a limit on time and on memory.

A renderer is started with the first document, kept warm for the next one, and ends after a minute without work or
after its two hundredth document. One that takes too long is killed; nothing that a document holds can stop a worker.
"""

import atexit
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from django.conf import settings

from plans.official.blocks import ContentError
from plans.official.fonts import FontNotFound
from plans.official.printout import NotPrinted, Printout, Progress
from plans.official.render_process import read_exactly, read_frame, write_frame

logger = logging.getLogger(__name__)

DOCUMENTS_EACH: Final = 200
IDLE_SECONDS: Final = 60
# All that the renderer gets of the environment: where programs, libraries, caches and this installation lie.
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "TMPDIR", "DATA_DIR")
TOO_SLOW: Final = (
    "Văn bản quá dài nên chưa tạo xong tệp trong {seconds} giây. "
    "Hãy chia bảng hoặc phụ lục dài thành nhiều văn bản rồi thử lại."
)
TOO_LARGE: Final = (
    "Văn bản quá lớn, vượt mức bộ nhớ dành cho một lần tạo tệp. "
    "Hãy chia bảng hoặc phụ lục dài thành nhiều văn bản rồi thử lại."
)
STOPPED: Final = (
    "Việc tạo tệp bị dừng đột ngột, có thể vì văn bản quá lớn. Hãy chia bảng hoặc phụ lục dài thành nhiều văn bản "
    "rồi thử lại; nếu vẫn lỗi, hãy báo người quản trị."
)


class RendererFailed(RuntimeError):
    """The renderer has a fault of its own; the text is its traceback, for the log."""


class Renderer:
    """One process; it serves one document at a time."""

    def __init__(self) -> None:
        self.documents = 0
        self.idle_since = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "plans.official.render_process"],
            cwd=settings.BASE_DIR,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._requests = cast(BinaryIO, self.process.stdin)
        self._answers = cast(BinaryIO, self.process.stdout)
        self._tell(
            {
                "templates": [str(folder) for folder in cast("list[Path]", settings.TEMPLATES[0]["DIRS"])],
                "static": [str(folder) for folder in settings.STATICFILES_DIRS],
                "font_folder": settings.OFFICIAL_FONT_DIR,
                "time_zone": settings.TIME_ZONE,
                "megabytes": settings.PRINT_MEMORY_LIMIT,
            }
        )

    def print_out(self, kind: str, content: Any, *, seconds: int, progress: Progress | None) -> Printout:
        """Render one document; the process is dead when it took longer than ``seconds``, or more than its memory."""
        self.documents += 1
        late = threading.Event()
        alarm = threading.Timer(seconds, self._too_late, [late])
        alarm.daemon = True
        alarm.start()
        try:
            self._tell({"kind": kind, "content": content, "seconds": seconds})
            return self._answer(progress)
        except EOFError as error:
            self.process.kill()  # it has closed its end, so it is going already
            status = self.process.wait()
            if late.is_set():
                raise NotPrinted(TOO_SLOW.format(seconds=seconds)) from error
            logger.error("A renderer has ended by itself (%s)", status)
            raise NotPrinted(STOPPED) from error
        finally:
            alarm.cancel()

    def is_usable(self) -> bool:
        return self.process.poll() is None and self.documents < DOCUMENTS_EACH

    def end(self) -> None:
        """End the process at once; it keeps nothing."""
        self.process.kill()
        for stream in (self._requests, self._answers):
            with suppress(OSError):  # what was not sent yet
                stream.close()
        self.process.wait()

    def _too_late(self, late: threading.Event) -> None:
        late.set()
        self.process.kill()

    def _tell(self, message: dict[str, Any]) -> None:
        try:
            write_frame(self._requests, message)
        except OSError as error:
            raise EOFError from error

    def _answer(self, progress: Progress | None) -> Printout:
        while answer := read_frame(self._answers):
            match answer:
                case {"progress": [done, total]}:
                    if progress:
                        progress(done, total)
                case {"size": size, "pages": pages}:
                    if (content := read_exactly(self._answers, size)) is None:
                        break
                    return Printout(content, pages)
                case {"refused": sentence}:
                    raise ContentError(sentence)
                case {"no_font": sentence}:
                    raise FontNotFound(sentence)
                case {"out_of_memory": _}:
                    raise NotPrinted(TOO_LARGE)
                case _:
                    raise RendererFailed(answer.get("failed"))
        raise EOFError


class Pool:
    """The renderers of one process: as many at work as the settings allow, the others warm for a minute."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(settings.PRINT_PROCESSES)
        self._lock = threading.Lock()
        self._idle: list[Renderer] = []
        self._reaper: threading.Timer | None = None

    @contextmanager
    def renderer(self) -> Iterator[Renderer]:
        """Lend a renderer; one whose document ended in any unusual way is not used again."""
        with self._places:
            renderer = self._taken()
            try:
                yield renderer
            except (FontNotFound, ContentError) as error:
                self._give_back(renderer, used_up=isinstance(error, NotPrinted))
                raise
            except BaseException:
                self._give_back(renderer, used_up=True)
                raise
            else:
                self._give_back(renderer)

    def end(self, *, idle_for: float = 0) -> None:
        """End the renderers that have had no work for so many seconds."""
        now = time.monotonic()
        with self._lock:
            ended = [renderer for renderer in self._idle if now - renderer.idle_since >= idle_for]
            self._idle = [renderer for renderer in self._idle if renderer not in ended]
        for renderer in ended:
            renderer.end()

    def _taken(self) -> Renderer:
        with self._lock:
            while self._idle:
                if (renderer := self._idle.pop()).is_usable():
                    return renderer
                renderer.end()
        return Renderer()

    def _give_back(self, renderer: Renderer, *, used_up: bool = False) -> None:
        if used_up or not renderer.is_usable():
            renderer.end()
            return
        renderer.idle_since = time.monotonic()
        with self._lock:
            self._idle.append(renderer)
            self._reap_later()

    def _reap_later(self) -> None:
        if self._reaper is None:
            self._reaper = threading.Timer(IDLE_SECONDS / 2, self._reap)
            self._reaper.daemon = True
            self._reaper.start()

    def _reap(self) -> None:
        self.end(idle_for=IDLE_SECONDS)
        with self._lock:
            self._reaper = None
            if self._idle:
                self._reap_later()


_pools: dict[int, Pool] = {}
_making = threading.Lock()


def pool() -> Pool:
    """Return the pool of this very process: one that was forked must not share the pipes of its parent."""
    with _making:
        if os.getpid() not in _pools:
            _pools[os.getpid()] = Pool()
        return _pools[os.getpid()]


@atexit.register
def _end_all() -> None:
    if mine := _pools.get(os.getpid()):
        mine.end()


def print_out(kind: str, content: Any, *, progress: Progress | None = None) -> Printout:
    """Render stored content as a file of that kind (``pdf``, ``word``).

    Raises ContentError (NotPrinted where a limit is reached) and FontNotFound with a sentence for the person who
    waits, RendererFailed for a fault in the program.
    """
    with pool().renderer() as renderer:
        return renderer.print_out(kind, content, seconds=settings.PRINT_SECONDS_LIMIT, progress=progress)
