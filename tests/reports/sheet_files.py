"""Excel files as people make them: ours filled in, and ones that should never be taken."""

import zipfile
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def uploaded(content: bytes, name: str = "bieu-mau.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=XLSX)


def places(content: bytes) -> dict[str, tuple[str, str]]:
    """Field name → sheet and cell of a form for one report."""
    columns = {"Số liệu": ("G", "H"), "Nội dung": ("E", "E"), "Nhiệm vụ": ("F", "G")}
    found = {}
    for sheet in load_workbook(BytesIO(content)).worksheets:
        if sheet.title in columns:
            for row in range(1, sheet.max_row + 1):
                for key, column in zip(("A", "B"), columns[sheet.title], strict=True):
                    if name := sheet[f"{key}{row}"].value:
                        found[name] = (sheet.title, f"{column}{row}")
    return found


def filled(content: bytes, **values: Any) -> bytes:
    """The form with these values; a field's dots are written as two underscores, its hyphens as one."""
    at = places(content)
    named = {name.replace("__", ".").replace("_", "-"): value for name, value in values.items()}
    return typed_into(content, {at[name]: value for name, value in named.items()})


def typed_into(content: bytes, values: dict[tuple[str, str], Any]) -> bytes:
    """The file with values in cells, as Excel would save it; a text that starts with = becomes a formula."""
    workbook = load_workbook(BytesIO(content))
    for (sheet, cell), value in values.items():
        workbook[sheet][cell].value = value
    buffer = BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def with_part(content: bytes, name: str, part: bytes, *, instead: bool = False) -> bytes:
    """The package with one more part, or with another in its place."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if not (instead and info.filename == name):
                new.writestr(info.filename, old.read(info))
        new.writestr(name, part)
    return buffer.getvalue()


def part(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return archive.read(name)
