"""The made documents of a batch as one ZIP with a table of contents, or as one PDF with bookmarks.

Neither is held in memory: files are copied in pieces, and a PDF is merged in groups, so that few are open at once.
"""

import datetime
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.utils import timezone

from plans.batch_list import contents_sheet as contents
from plans.models import PrintBatch, PrintBatchItem
from plans.printing import slug

EXTENSIONS: Final = {PrintBatch.Shape.ZIP: "zip", PrintBatch.Shape.MERGED: "pdf"}
CONTENTS: Final = "000-muc-luc.xlsx"
GONE: Final = "Tệp của văn bản này không còn trên máy chủ. Hãy tạo lại."
UNREADABLE: Final = "Tệp của văn bản này không đọc được nên không gộp được."
BEAT: Final = 10  # files between two looks at whether the batch is still wanted

GoOn = Callable[[], bool]


class Stopped(Exception):
    """The batch was cancelled, or another worker has it now."""


@dataclass
class Packed:
    """The finished file, for as long as the ``with`` lasts, and what it holds."""

    path: Path
    count: int = 0
    pages: int | None = None


def file_name(title: str, shape: PrintBatch.Shape) -> str:
    return f"{slug(title)}.{EXTENSIONS[shape]}"


def name_in_zip(item: PrintBatchItem, *, width: int, extension: str) -> str:
    """The place in the list first, so that every program shows the tree's order and no two names are the same."""
    return f"{item.position:0{width}d}-{slug(item.unit_name)[:80].rstrip('-')}{extension}"


@contextmanager
def packed(batch: PrintBatch, *, go_on: GoOn) -> Iterator[Packed]:
    """Pack the made items; an item whose file is gone is marked as failed and the others go on."""
    items = list(batch.items.select_related("job", "issued_file").defer("job__content").order_by("position"))
    with tempfile.TemporaryDirectory(prefix="mangnon-batch-") as folder:
        pack = _merge if batch.shape == PrintBatch.Shape.MERGED else _zip
        yield pack(batch, items, Path(folder), go_on)


def _made(items: Sequence[PrintBatchItem], go_on: GoOn) -> Iterator[PrintBatchItem]:
    """The items whose file is there, looking now and then whether to go on."""
    done = [item for item in items if item.status == PrintBatchItem.Status.DONE]
    for number, item in enumerate(done):
        if number % BEAT == 0 and not go_on():
            raise Stopped
        if item.made is not None and item.made.storage.exists(item.made.name):
            yield item
        else:
            _fail(item, GONE)


def _fail(item: PrintBatchItem, reason: str) -> None:
    item.status, item.reason = PrintBatchItem.Status.FAILED, reason
    PrintBatchItem.objects.filter(pk=item.pk).update(status=item.status, reason=reason)


# --- ZIP -------------------------------------------------------------------------------------------------------------
def _zip(batch: PrintBatch, items: list[PrintBatchItem], folder: Path, go_on: GoOn) -> Packed:
    """PDF and Word files are compressed already, so they are stored as they are."""
    result = Packed(folder / "batch.zip")
    names: dict[int, str] = {}
    width = max(3, len(str(len(items))))
    now = timezone.localtime()
    with zipfile.ZipFile(result.path, "w", zipfile.ZIP_STORED) as archive:
        for item in _made(items, go_on):
            names[item.pk] = name_in_zip(item, width=width, extension=Path(item.made.name).suffix.lower())
            with item.made.open("rb") as source, archive.open(_entry(names[item.pk], now), "w") as target:
                shutil.copyfileobj(source, target, 256 * 1024)
        archive.writestr(_entry(CONTENTS, now), contents(batch, items, names))
    result.count = len(names)
    return result


def _entry(name: str, at: datetime.datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, at.timetuple()[:6])
    entry.external_attr = 0o644 << 16
    return entry


# --- one PDF ---------------------------------------------------------------------------------------------------------
def _merge(batch: PrintBatch, items: list[PrintBatchItem], folder: Path, go_on: GoOn) -> Packed:
    """Merge all files, loading what merges with a worker's first batch, as printing.print_out does."""
    from plans import batch_merging

    def unreadable(item: PrintBatchItem) -> None:
        _fail(item, UNREADABLE)

    path = folder / "batch.pdf"
    count, pages = batch_merging.merge(_made(items, go_on), path, title=batch.title, unreadable=unreadable)
    return Packed(path, count, pages)
