"""A process that renders official documents and can be killed: ``python -m plans.official.render_process``.

It is told what it needs over its standard input (plans/renderers.py) and has no secret key, no database and no
environment of ours. A frame is its length in four bytes, then JSON; a finished file follows its frame as it is.
"""

import json
import os
import resource
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from typing import Any, BinaryIO, Final

LONGEST_FRAME: Final = 1 << 30
_MEBIBYTE: Final = 1024 * 1024
_LOOK_AFTER_PARENT: Final = 1.0  # seconds


def write_frame(stream: BinaryIO, message: dict[str, Any], body: bytes = b"") -> None:
    data = json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    stream.write(len(data).to_bytes(4, "big") + data)
    stream.write(body)
    stream.flush()


def read_frame(stream: BinaryIO) -> dict[str, Any] | None:
    """Return the next message, None at the end of the stream."""
    if (head := read_exactly(stream, 4)) is None:
        return None
    data = read_exactly(stream, min(int.from_bytes(head, "big"), LONGEST_FRAME))
    return None if data is None else dict(json.loads(data))


def read_exactly(stream: BinaryIO, size: int) -> bytes | None:
    data = stream.read(size)
    return data if len(data) == size else None


def main() -> int:
    """Serve until the other side closes: the settings first, then one frame for each document."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand among the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the worker, which then ends us
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    first = read_frame(requests)
    if first is None:
        return 0
    _set_up(first)
    while request := read_frame(requests):
        if not _serve(request, answers):
            return 1
    return 0


def _end_with_parent(parent: int) -> None:
    """A renderer at work does not read, so it would outlive a worker that was killed."""
    while os.getppid() == parent:
        time.sleep(_LOOK_AFTER_PARENT)
    os._exit(1)


def _set_up(given: dict[str, Any]) -> None:
    import django
    from django.conf import settings

    settings.configure(
        INSTALLED_APPS=["django.contrib.staticfiles"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": given["templates"]}],
        STATICFILES_DIRS=given["static"],
        STATICFILES_FINDERS=["django.contrib.staticfiles.finders.FileSystemFinder"],
        OFFICIAL_FONT_DIR=given["font_folder"],
        TIME_ZONE=given["time_zone"],
        USE_TZ=True,
        LANGUAGE_CODE="vi",
        LOGGING_CONFIG=None,
    )
    django.setup()
    limit = given["megabytes"] * _MEBIBYTE
    with suppress(ValueError, OSError):  # a system that cannot limit it
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_processor_time(seconds: int) -> None:
    """The second limit, for a renderer whose worker is dead: the kernel ends it."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 2 * seconds + 2, hard))


def _serve(request: dict[str, Any], answers: BinaryIO) -> bool:
    """Render one document and answer; False when this process must not be used any more."""
    from plans.official import limits
    from plans.official.blocks import ContentError, from_json
    from plans.official.fonts import FontNotFound

    def tell(done: int, total: int) -> None:
        write_frame(answers, {"progress": [done, total]})

    try:
        _limit_processor_time(request["seconds"])
        document = from_json(request["content"])
        limits.check(document)
        if request["kind"] == "word":
            from plans.official.word import print_out
        else:
            from plans.official.pdf import print_out
        printout = print_out(document, progress=tell)
    except ContentError as error:
        write_frame(answers, {"refused": str(error)})
    except FontNotFound as error:
        write_frame(answers, {"no_font": str(error)})
    except (MemoryError, RecursionError):
        write_frame(answers, {"out_of_memory": True})
        return False
    except Exception:  # the outermost frame of the job: the worker writes it to its log
        write_frame(answers, {"failed": traceback.format_exc()[-4000:]})
        return False
    else:
        size = len(printout.content)
        write_frame(answers, {"pages": printout.pages, "size": size}, printout.content)
    return True


if __name__ == "__main__":
    sys.exit(main())
