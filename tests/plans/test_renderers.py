"""Renderers are processes: a document that takes too long or too much is given up, and the next one works."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from plans import printing, renderers
from plans.models import PrintJob
from plans.official import blocks
from plans.official.blocks import Cell, Column, ContentError, Table, to_json
from plans.official.pdf import render_pdf
from plans.official.printout import NotPrinted
from plans.renderers import Pool, Renderer, RendererFailed
from tests.builders import make_unit, make_user
from tests.plans.official_pages import Printed
from tests.plans.test_official_pdf import plan
from tests.plans.word_pages import Written

ROOT = Path(__file__).resolve().parents[2]


def long_plan(rows=4000):
    cells = tuple((Cell(str(n)), Cell(f"Dòng thứ {n}")) for n in range(rows))
    return to_json(plan(body=(Table((Column(1), Column(4)), (), cells),), appendices=()))


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.fixture
def renderer():
    renderer = Renderer()
    yield renderer
    renderer.end()


@pytest.fixture
def pool():
    pool = Pool()
    yield pool
    pool.end()


def test_file_is_the_one_that_is_made_in_place_and_progress_comes_through(renderer):
    steps = []
    made = renderer.print_out("pdf", to_json(plan()), seconds=120, progress=lambda *step: steps.append(step))
    here = Printed(render_pdf(plan()))
    assert [Printed(made.content).text(n + 1) for n in range(made.pages)] == [
        here.text(n + 1) for n in range(len(here.pages))
    ]
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_one_renderer_writes_both_kinds_and_survives_content_that_it_refuses(renderer):
    with pytest.raises(ContentError, match="xuất lại"):
        renderer.print_out("pdf", {"version": 99}, seconds=120, progress=None)
    made = renderer.print_out("word", to_json(plan()), seconds=120, progress=None)
    assert made.pages is None
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in Written(made.content).text
    assert renderer.is_usable()


def test_document_that_takes_too_long_is_given_up_with_a_sentence(renderer):
    started = time.monotonic()
    with pytest.raises(NotPrinted, match=r"trong 2 giây.*Hãy chia"):
        renderer.print_out("pdf", long_plan(), seconds=2, progress=None)
    assert time.monotonic() - started < 20
    assert not renderer.is_usable()


def test_document_that_takes_too_much_memory_is_given_up_with_a_sentence(settings):
    settings.PRINT_MEMORY_LIMIT = 384
    renderer = Renderer()
    try:
        with pytest.raises(NotPrinted, match="Hãy chia"):
            renderer.print_out("pdf", long_plan(), seconds=120, progress=None)
    finally:
        renderer.end()


@pytest.mark.django_db
def test_job_over_the_limit_fails_with_a_sentence_and_the_next_one_is_made(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    unit = make_unit()
    by = make_user(unit=unit, role="reporter")
    small, large = (
        printing.request_print(document, by=by, org_unit=unit, title="Kế hoạch")
        for document in (plan(), blocks.from_json(long_plan()))
    )
    settings.PRINT_SECONDS_LIMIT = 2
    printing.run(large.pk)
    settings.PRINT_SECONDS_LIMIT = 120
    printing.run(small.pk)
    large.refresh_from_db()
    small.refresh_from_db()
    assert (large.status, large.error) == (PrintJob.Status.FAILED, renderers.TOO_SLOW.format(seconds=2))
    assert small.status == PrintJob.Status.DONE


def test_renderer_is_kept_warm_and_one_that_was_killed_is_replaced(pool):
    used = []
    for _ in range(2):
        with pool.renderer() as renderer:
            used.append(renderer.process.pid)
    os.kill(used[0], signal.SIGKILL)
    renderer.process.wait(10)
    with pool.renderer() as renderer:
        assert renderer.print_out("pdf", to_json(plan()), seconds=120, progress=None).pages > 1
        used.append(renderer.process.pid)
    assert used[0] == used[1] != used[2]


def test_renderer_killed_at_work_is_told_in_a_sentence(renderer):
    def kill(done, total):
        os.kill(renderer.process.pid, signal.SIGKILL)

    with pytest.raises(NotPrinted, match="dừng đột ngột"):
        renderer.print_out("pdf", to_json(plan()), seconds=120, progress=kill)


def test_renderer_ends_after_its_last_document_and_when_it_has_no_work(pool, monkeypatch):
    with pool.renderer() as first:
        pass
    pool.end(idle_for=60)
    assert first.is_usable()
    pool.end()
    assert gone(first.process.pid)
    monkeypatch.setattr(renderers, "DOCUMENTS_EACH", 1)
    with pool.renderer() as second:
        second.print_out("word", to_json(plan()), seconds=120, progress=None)
    assert gone(second.process.pid)


def test_fault_of_the_renderer_is_no_sentence_for_people_and_the_process_is_not_used_again(pool, settings):
    settings.STATICFILES_DIRS = []  # an installation without its style sheet
    with pytest.raises(RendererFailed, match="Traceback"), pool.renderer() as renderer:
        renderer.print_out("pdf", to_json(plan()), seconds=120, progress=None)
    assert gone(renderer.process.pid)


def test_renderer_has_no_secret_and_no_database(renderer, monkeypatch):
    renderer.print_out("word", to_json(plan()), seconds=120, progress=None)
    given = Path(f"/proc/{renderer.process.pid}/environ").read_bytes()
    assert b"DATA_DIR" in given
    assert not any(name in given for name in (b"SECRET_KEY", b"DATABASE_URL", b"REDIS", b"EMAIL"))


def test_renderer_does_not_outlive_a_worker_that_was_killed():
    program = (
        "import django; django.setup()\n"
        "from plans.renderers import Renderer\n"
        "renderer = Renderer(); print(renderer.process.pid, flush=True); input()"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    pid = int(worker.stdout.readline())
    assert not gone(pid)
    worker.kill()
    worker.communicate()
    deadline = time.monotonic() + 20
    while not gone(pid):
        assert time.monotonic() < deadline
        os.sched_yield()
