"""Printing jobs: asked for in a request, rendered by a worker, kept for a month.

The row is the truth: it holds the whole content, so the worker asks no other table, and a tick finds again what a
crashed worker left behind.
"""

import datetime
import logging
import re
from typing import TYPE_CHECKING, Any, Final

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from orgunits.models import OrgUnit, User
from orgunits.vietnamese import without_marks
from plans import renderers
from plans.models import PrintBatch, PrintBatchItem, PrintJob
from plans.official.blocks import ContentError, OfficialDocument, content_hash, to_json
from plans.official.fonts import FontNotFound
from plans.official.layout import LAYOUT_VERSION

if TYPE_CHECKING:
    from plans.official.printout import Printout, Progress

logger = logging.getLogger(__name__)

STALE_AFTER: Final = datetime.timedelta(minutes=15)
KEPT_FOR: Final = datetime.timedelta(days=30)
MAX_CLAIMS: Final = 3
EXTENSIONS: Final = {PrintJob.Kind.PDF: "pdf", PrintJob.Kind.WORD: "docx"}
FAILED: Final = "Chưa tạo được tệp do lỗi của hệ thống. Hãy thử lại; nếu vẫn lỗi, hãy báo người quản trị."
LEFT: Final = "Việc tạo tệp bị dừng giữa chừng nhiều lần. Hãy thử lại; nếu vẫn lỗi, hãy báo người quản trị."


@transaction.atomic
def request_print(
    document: OfficialDocument,
    *,
    by: User,
    org_unit: OrgUnit,
    title: str,
    kind: PrintJob.Kind = PrintJob.Kind.PDF,
) -> PrintJob:
    """Return a job that prints ``document``, a new one unless this person has the very same content already.

    A new job is WAITING; the caller rings for it (``plans.tasks.print_document.delay_on_commit``). Where anybody has
    a finished file of the same content, the new job is DONE at once: the row and the right to it are this person's
    own, the file is shared (see ``remove_old``).
    """
    content = to_json(document)
    digest = content_hash({"layout": LAYOUT_VERSION, "content": content})
    same = PrintJob.objects.visible_to(by).filter(org_unit=org_unit, content_hash=digest, title=title[:300])
    usable = same.filter(kind=kind).exclude(status=PrintJob.Status.FAILED).order_by("-pk").first()
    if usable is not None and (usable.status != PrintJob.Status.DONE or _has_file(usable)):
        return usable
    return PrintJob.objects.create(
        kind=kind,
        title=title[:300],
        file_name=file_name(title, kind),
        content=content,
        content_hash=digest,
        org_unit=org_unit,
        requested_by=by,
        **_finished_by_anybody(digest, kind),
    )


def _finished_by_anybody(digest: str, kind: PrintJob.Kind) -> dict[str, Any]:
    """What a new job takes over from a finished one of the same content.

    The lock keeps ``remove_old`` from deleting the file before the new row names it; call it in a transaction.
    """
    done = PrintJob.objects.filter(content_hash=digest, kind=kind, status=PrintJob.Status.DONE)
    made = done.defer("content").select_for_update().order_by("-pk").first()
    if made is None or not _has_file(made):
        return {}
    return {
        "status": PrintJob.Status.DONE,
        "progress": 100,
        "file": made.file.name,
        "pages": made.pages,
        "finished_at": timezone.now(),
    }


def asked_kind(value: str | None) -> PrintJob.Kind:
    """Return the kind of file that a form asks for; what is no kind is a PDF file, which every form meant once."""
    return PrintJob.Kind(value) if value in PrintJob.Kind.values else PrintJob.Kind.PDF


def file_name(title: str, kind: PrintJob.Kind = PrintJob.Kind.PDF) -> str:
    """Return a short file name without marks: ``Kế hoạch 57/KH-CĐVC`` → ``ke-hoach-57-kh-cdvc.pdf``."""
    return f"{slug(title)}.{EXTENSIONS[kind]}"


def slug(text: str) -> str:
    """Return the text as the stem of a file's name: without marks, spaces and signs, 100 letters at most."""
    words = re.sub(r"[^a-z0-9]+", "-", without_marks(text)).strip("-")
    return words[:100].rstrip("-") or "van-ban"


def run(pk: int) -> bool:
    """Render one waiting job; call it outside any transaction. False when another worker has it.

    1. Claim it by a conditional UPDATE.
    2. Render (renderers.py: elsewhere, within limits), writing the progress after every part.
    3. Keep the file and record DONE, or FAILED with a sentence for the person who waits.
    """
    if not PrintJob.objects.claim(pk, at=timezone.now()):
        return False
    job = PrintJob.objects.get(pk=pk)
    kind = PrintJob.Kind(job.kind)
    render = write_word if kind == PrintJob.Kind.WORD else print_out
    try:
        printout = render(job.content, progress=_progress_of(job))
        name = f"{job.content_hash[:20]}-{job.claims}.{EXTENSIONS[kind]}"
        job.file.save(name, ContentFile(printout.content), save=False)
    except (ContentError, FontNotFound) as error:
        _finish(job, PrintJob.Status.FAILED, error=str(error)[:500])
    except Exception:  # the outermost frame of the job: whatever it was, the row must say that it failed
        logger.exception("Print job %s failed", pk)
        _finish(job, PrintJob.Status.FAILED, error=FAILED)
    else:
        _finish(job, PrintJob.Status.DONE, progress=100, file=job.file.name, pages=printout.pages)
    return True


def print_out(content: Any, *, progress: "Progress | None" = None) -> "Printout":
    """Render stored content as a PDF file in a process of its own, within the limits of one job."""
    return renderers.print_out("pdf", content, progress=progress)


def write_word(content: Any, *, progress: "Progress | None" = None) -> "Printout":
    """Write stored content as a Word file, as print_out does."""
    return renderers.print_out("word", content, progress=progress)


def try_again(job: PrintJob, *, by: User) -> bool:
    """Put a failed job of ``by`` back to waiting; False when it has not failed (or no longer)."""
    failed = PrintJob.objects.visible_to(by).filter(pk=job.pk, status=PrintJob.Status.FAILED)
    return failed.update(status=PrintJob.Status.WAITING, progress=0, error="", claims=0, finished_at=None) == 1


def unfinished(*, at: datetime.datetime, limit: int = 500) -> list[int]:
    """Put back jobs that dead workers left, give up on those left too often, and return what waits, oldest first."""
    stale = PrintJob.objects.filter(status=PrintJob.Status.RUNNING, claimed_at__lt=at - STALE_AFTER)
    stale.filter(claims__gte=MAX_CLAIMS).update(status=PrintJob.Status.FAILED, error=LEFT, finished_at=at)
    stale.update(status=PrintJob.Status.WAITING, progress=0)
    waiting = PrintJob.objects.filter(status=PrintJob.Status.WAITING)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:limit])


def remove_old(*, at: datetime.datetime) -> int:
    """Delete finished jobs after 30 days, and their files; the document can be printed again at any time.

    A job that a batch still needs stays, and so does a file that another job has taken over.
    """
    finished = (PrintJob.Status.DONE, PrintJob.Status.FAILED)
    old = PrintJob.objects.filter(status__in=finished, finished_at__lt=at - KEPT_FOR)
    needed = PrintBatchItem.objects.filter(batch__status__in=PrintBatch.UNFINISHED, job__isnull=False)
    pks = list(old.exclude(pk__in=needed.values("job")).order_by("pk").values_list("pk", flat=True)[:500])
    for pk in pks:
        _remove(pk)
    return len(pks)


def _remove(pk: int) -> None:
    """Delete one job, and the file unless another job shares it.

    The lock comes first, in a query of its own: who is taking the file over holds it until the new row is there to be
    seen by the next query.
    """
    with transaction.atomic():
        job = PrintJob.objects.defer("content").select_for_update().get(pk=pk)
        name, storage = job.file.name, job.file.storage
        is_shared = bool(name) and PrintJob.objects.filter(file=name).exclude(pk=pk).exists()
        job.delete()
    if name and not is_shared:
        storage.delete(name)


def _has_file(job: PrintJob) -> bool:
    name = job.file.name
    return bool(name and job.file.storage.exists(name))


def _progress_of(job: PrintJob) -> "Progress":
    return lambda done, total: _record(job, progress=done * 95 // total)


def _finish(job: PrintJob, status: str, **changes: Any) -> None:
    if not _record(job, status=status, finished_at=timezone.now(), **changes) and job.file:
        job.file.delete(save=False)  # the row was taken away meanwhile: another worker writes its own file


def _record(job: PrintJob, **changes: Any) -> bool:
    """Write to the row of this very claim; a row that was taken from a slow worker belongs to another."""
    mine = PrintJob.objects.filter(pk=job.pk, status=PrintJob.Status.RUNNING, claimed_at=job.claimed_at)
    return mine.update(**changes) == 1
