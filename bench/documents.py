"""Official documents beside Chromium's print-to-PDF and LibreOffice's docx→pdf of the same document, in one run.

Only the ratios count: all three are measured one after the other on the same machine.
"""

import dataclasses
import io
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pypdf
from django.contrib.staticfiles import finders

from bench.measures import Result, timed
from bench.product import Product, pss_with_children
from bench.province import TODAY, Province
from plans import printing, renderers
from plans.models import PrintJob
from plans.official.blocks import Appendix, Cell, Column, OfficialDocument, Table, to_json
from plans.official.fonts import official_font
from plans.official.pdf import font_faces
from plans.official.screen import render_html
from plans.tasks import print_document
from reports import official

ROUNDS = 3
ROWS = 5000
BATCH = 1000
BATCH_LIMIT = 1800  # seconds
MEBIBYTE = 1024 * 1024
BROWSER = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --disable-dev-shm-usage --no-pdf-header-footer"
)
WORDS = ["tuyên truyền", "gia đình", "trẻ em", "công đoàn cơ sở", "đã tổ chức", "năm 2024", "kế hoạch"]


def documents(product: Product, province: Province) -> list[Result]:
    """Six pages, a very long appendix, and a thousand documents at once."""
    report = official.report_document(province.filed, province.filed.revisions.get(), on=TODAY)
    folder = Path(tempfile.mkdtemp(prefix="mangnon-bench-print-"))
    try:
        return [
            *_six_pages(_of_six_pages(report), folder),
            *_long_appendix(report, folder),
            *_thousand(product, province, report),
        ]
    finally:
        renderers.pool().end()
        shutil.rmtree(folder, ignore_errors=True)


def _of_six_pages(report: OfficialDocument) -> OfficialDocument:
    """The report with as much of its own body again as six pages take."""
    longer = report
    while _pages(renderers.print_out("pdf", to_json(longer)).content) < 6:
        longer = dataclasses.replace(longer, body=(*longer.body, *report.body))
    return longer


def _six_pages(document: OfficialDocument, folder: Path) -> list[Result]:
    content = to_json(document)
    ours = statistics.median(timed(lambda: renderers.print_out("pdf", content)) for _ in range(ROUNDS + 2))
    page, word = _as_html(document, folder / "six.html"), folder / "six.docx"
    word.write_bytes(renderers.print_out("word", content).content)
    browser = statistics.median(timed(_by_browser(page, folder)) for _ in range(ROUNDS))
    office = statistics.median(timed(_by_office(word, folder)) for _ in range(ROUNDS))
    pages = _pages(renderers.print_out("pdf", content).content)
    note = f"{pages} pages: ours {ours:.2f} s, Chromium {browser:.2f} s, LibreOffice {office:.2f} s"
    return [Result("warm worker ÷ the faster of both", ours / min(browser, office), 0.7, "×", note)]


def _long_appendix(report: OfficialDocument, folder: Path) -> list[Result]:
    document = dataclasses.replace(report, appendices=(_appendix(),))
    content, page = to_json(document), _as_html(document, folder / "long.html")
    renderers.pool().end()
    peaks: list[int] = []
    times = []
    for _ in range(ROUNDS):
        with renderers.pool().renderer() as renderer:
            times.append(timed(partial(renderer.print_out, "pdf", content, seconds=600, progress=None)))
            peaks.append(_peak(renderer.process.pid))
    browser = statistics.median(timed(_by_browser(page, folder)) for _ in range(ROUNDS))
    theirs = _pages((folder / "out.pdf").read_bytes())
    note = f"ours {statistics.median(times):.1f} s, Chromium {browser:.1f} s ({theirs} pages)"
    return [
        Result("5,000-row appendix ÷ Chromium", statistics.median(times) / browser, 1, "×", note),
        Result("memory for it, the peak", max(peaks) / MEBIBYTE, 300, "MB"),
    ]


def _appendix() -> Appendix:
    def text(row: int, column: int) -> str:
        return " ".join(WORDS[(row * 7 + column * 3 + place) % len(WORDS)] for place in range((row + column) % 5 + 1))

    columns = (Column(1, "center"), *(Column(4) for _ in range(5)), Column(2, "right"), Column(2, "right"))
    header = (tuple(Cell(name) for name in ("TT", "Đơn vị", "Việc", "Nơi", "Kết quả", "Ghi chú", "Số", "Tỷ lệ")),)
    rows = tuple(
        (Cell(str(row)), *(Cell(text(row, column)) for column in range(5)), Cell(f"{row * 37 % 9973}"), Cell("90,1 %"))
        for row in range(1, ROWS + 1)
    )
    return Appendix("Danh mục hoạt động đã tổ chức", (Table(columns, header, rows),), landscape=True)


def _thousand(product: Product, province: Province, report: OfficialDocument) -> list[Result]:
    """A thousand different reports as printing jobs, by the product's own worker with two at a time.

    What a batch (*In tất cả*) adds, building each content, its rows and the packing, is not in it.
    """
    by, unit = province.officer, province.root
    jobs = []
    for number in range(BATCH):
        document = dataclasses.replace(report, subject=f"{report.subject} (đơn vị thứ {number})")
        jobs.append(printing.request_print(document, by=by, org_unit=unit, title=f"Báo cáo {number}").pk)
    started = time.monotonic()
    for pk in jobs:
        print_document.delay(pk)
    done = PrintJob.objects.filter(pk__in=jobs, status=PrintJob.Status.DONE)
    failed = PrintJob.objects.filter(pk__in=jobs, status=PrintJob.Status.FAILED)
    while (count := done.count()) < BATCH:
        if failed.exists() or time.monotonic() - started > BATCH_LIMIT:
            raise RuntimeError(f"Not all documents were printed: {count} of {BATCH}, {failed.count()} failed.")
        time.sleep(0.5)
    seconds = time.monotonic() - started
    worker = pss_with_children(product.programs["worker"].pid) / MEBIBYTE
    each = done.values_list("pages", flat=True)[0]
    note = f"{BATCH * 60 / seconds:.0f} a minute; {each} pages each; worker and renderers {worker:.0f} MB"
    return [Result("150 reports of 1,000 at once", seconds * 150 / BATCH, 60, "s", note)]


# --- the others ------------------------------------------------------------------------------------------------------
def _as_html(document: OfficialDocument, file: Path) -> Path:
    """The document with our own style sheet and font files, as a browser prints it."""
    font = official_font()
    sheet = Path(str(finders.find("css/official.css"))).read_text().replace('"Official Serif"', f'"{font.name}"')
    file.write_text(
        f'<!DOCTYPE html><html lang="vi"><meta charset="utf-8"><title>x</title><style>{font_faces(font)}{sheet}</style>'
        f"{render_html(document)}</html>",
        encoding="utf-8",
    )
    return file


def _by_browser(page: Path, folder: Path) -> Callable[[], object]:
    out = folder / "out.pdf"
    command = [
        os.environ.get("CHROMIUM", "/usr/bin/chromium"),
        *BROWSER.split(),
        f"--user-data-dir={folder / 'profile'}",
    ]
    command += [f"--print-to-pdf={out}", f"file://{quote(str(page))}"]
    return lambda: subprocess.run(command, check=True, capture_output=True, timeout=600)


def _by_office(word: Path, folder: Path) -> Callable[[], object]:
    command = ["soffice", f"-env:UserInstallation=file://{folder / 'office'}", "--headless", "--convert-to", "pdf"]
    command += ["--outdir", str(folder), str(word)]
    return lambda: subprocess.run(command, check=True, capture_output=True, timeout=600)


def _pages(content: bytes) -> int:
    return len(pypdf.PdfReader(io.BytesIO(content)).pages)


def _peak(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
