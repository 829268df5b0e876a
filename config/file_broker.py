"""The message broker of the embedded run: one file per message, no server.

kombu's filesystem transport opens a message's file before it writes to it, so that a worker can take it while it is
empty, and dies of it. Here a message is written aside and renamed into the queue.
"""

import contextlib
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Puts whole messages only."""

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{time.time_ns()}_{uuid.uuid4()}"  # the worker takes the lowest name first, also after a reboot
        folder = Path(self.data_folder_out)
        aside = folder / f"{name}.part"
        try:
            aside.write_text(dumps(payload), encoding="utf-8")
            aside.replace(folder / f"{name}.{queue}.msg")
        except OSError as error:
            with contextlib.suppress(OSError):
                aside.unlink()
            raise ChannelError(f"The message could not be written to {folder}: {error.strerror}") from error


class Transport(filesystem.Transport):
    Channel = Channel
