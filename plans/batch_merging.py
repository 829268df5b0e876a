"""Many PDF files as one, with a bookmark for each unit.

Files are merged in groups and the groups in one, so that few are open at once and none is held in memory.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

import pikepdf

from plans.models import PrintBatchItem

GROUP: Final = 40  # files of one intermediate PDF

Starts = list[tuple[PrintBatchItem, int]]  # each item with the number of its pages


def merge(
    items: Iterable[PrintBatchItem], path: Path, *, title: str, unreadable: Callable[[PrintBatchItem], None]
) -> tuple[int, int]:
    """Write the merged file where there is anything to merge; return how many documents and pages it has."""
    starts: Starts = []
    parts: list[Path] = []
    group: list[PrintBatchItem] = []
    for item in items:
        group.append(item)
        if len(group) == GROUP:
            parts.append(_merge_group(group, path.with_suffix(f".{len(parts)}.pdf"), starts, unreadable))
            group = []
    if group:
        parts.append(_merge_group(group, path.with_suffix(f".{len(parts)}.pdf"), starts, unreadable))
    return len(starts), _join(parts, path, starts, title=title) if starts else 0


def _merge_group(
    items: list[PrintBatchItem], path: Path, starts: Starts, unreadable: Callable[[PrintBatchItem], None]
) -> Path:
    """Write the pages of these files; ``starts`` gets each item that could be read."""
    with pikepdf.new() as merged:
        for item in items:
            try:
                with item.made.open("rb") as file, pikepdf.open(file) as source:
                    merged.pages.extend(source.pages)
                    starts.append((item, len(source.pages)))
            except (pikepdf.PdfError, OSError):
                unreadable(item)
        merged.save(path)
    return path


def _join(parts: list[Path], path: Path, starts: Starts, *, title: str) -> int:
    with pikepdf.new() as merged:
        for part in parts:
            with pikepdf.open(part) as source:
                merged.pages.extend(source.pages)
        with merged.open_outline() as outline:
            outline.root.extend(_bookmarks(starts))
        with merged.open_metadata(set_pikepdf_as_editor=False) as metadata:
            metadata["dc:title"] = title
        merged.docinfo["/Title"] = title
        count = len(merged.pages)
        merged.save(path, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return count


def _bookmarks(starts: Starts) -> Iterator[pikepdf.OutlineItem]:
    """One bookmark a unit; where it has several documents, one below it for each."""
    page = 0
    for unit_name, run in groupby(starts, key=lambda start: start[0].unit_name):
        documents = list(run)
        unit = pikepdf.OutlineItem(unit_name, page)
        for item, pages in documents:
            if len(documents) > 1:
                unit.children.append(pikepdf.OutlineItem(item.title or str(item), page))
            page += pages
        yield unit
