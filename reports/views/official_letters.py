"""Official letters as they are read, printed and issued, for the unit that writes and the units that receive them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgunits import audit
from orgunits.models import OrgUnit
from orgunits.requests import SignedInRequest
from orgunits.transitions import Conflict
from plans.models import Document, IssuedFile
from plans.official.layout import document_title
from plans.official.screen import render_html
from plans.printing import asked_kind, request_print
from plans.rights import may_issue, require_issuer
from plans.tasks import print_document
from plans.views.issuing import Paper, issue_page
from plans.views.register import file_response
from reports import official_letters
from reports.models import Obligation, OfficialLetter, OfficialLetterNotice
from reports.official_letter_document import document_of
from reports.official_letter_units import obligations_of
from reports.tasks import deliver_official_letter
from reports.views.official_letter_writing import draft_letter, visible_letter, written_letter

ROWS = 50
# Which file is the letter: what was signed before what was only made.
BEST_FIRST = (IssuedFile.Kind.SIGNED, IssuedFile.Kind.SCAN, IssuedFile.Kind.PDF)


@require_safe
@login_required
def official_letter_list(request: SignedInRequest) -> HttpResponse:
    """The letters that the person may read, the newest first; ``?don_vi=`` those from or to a unit."""
    found = OfficialLetter.objects.visible_to(request.user)
    wanted = request.GET.get("don_vi", "").strip()
    if wanted:
        units = OrgUnit.objects.search(wanted).values("pk")
        about = OfficialLetter.objects.filter(addressees__obligation__org_unit__in=units).values("pk")
        found = found.filter(org_unit__in=units) | found.filter(pk__in=about)
    found = found.select_related("org_unit", "duty", "period", "outgoing", "edited_by")
    rows = found.prefetch_related("org_unit__placements").annotate(units=Count("addressees")).order_by("-pk")
    page = Paginator(rows, ROWS).get_page(request.GET.get("trang"))
    return render(request, "reports/official_letter_list.html", {"page_obj": page, "wanted": wanted})


@require_safe
@never_cache
@login_required
def official_letter_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One letter: as it went out, or as it would; the reports of which it speaks, as far as the person sees them."""
    user, on = request.user, timezone.localdate()
    letter = visible_letter(request, pk)
    document = document_of(letter, on=on)
    may_write = official_letters.may_write(user, letter.org_unit, on=on)
    readable = Obligation.objects.visible_to(user, on).filter(pk__in=obligations_of(letter).values("pk"))
    notices = letter.notices.filter(outgoing=letter.outgoing).select_related("recipient") if may_write else []
    context = {
        "letter": letter,
        "document": document,
        "sheets": render_html(document),
        "file": _file_of(letter),
        "may_write": may_write,
        "may_issue": may_issue(user, letter.org_unit, on=on),
        "reads_register": OrgUnit.objects.visible_to(user, on).filter(pk=letter.org_unit_id).exists(),
        "obligations": readable.select_related("org_unit").prefetch_related("org_unit__placements").order_by("pk")[:20],
        "notices": notices,
    }
    return render(request, "reports/official_letter_detail.html", context)


@require_POST
@login_required
def official_letter_print(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask for the letter as a PDF file, or as a Word file (``kind=word``): a draft with blanks, or what was issued."""
    letter = visible_letter(request, pk)
    document = document_of(letter, on=timezone.localdate())
    kind = asked_kind(request.POST.get("kind"))
    title = document_title(document)
    job = request_print(document, by=request.user, org_unit=letter.org_unit, title=title, kind=kind)
    print_document.delay_on_commit(job.pk)
    return redirect("plans:print_job", job.pk)


@require_safe
@never_cache
@login_required
def official_letter_file(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """The issued letter as a file, for everybody who may read it."""
    file = _file_of(visible_letter(request, pk))
    if file is None:
        raise Http404("Chưa có tệp của công văn này.")
    return file_response(file)


def _file_of(letter: OfficialLetter) -> IssuedFile | None:
    """The file that is the letter, once there is one."""
    if not letter.is_issued or letter.outgoing is None:
        return None
    files = list(letter.outgoing.files.select_related("document").order_by("-pk"))
    return next((file for kind in BEST_FIRST for file in files if file.kind == kind), None)


# --- issue -----------------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def official_letter_issue(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give the letter its number, with a word about the units that have filed while it was written."""
    today = timezone.localdate()
    letter = visible_letter(request, pk)
    require_issuer(request.user, letter.org_unit, on=today)
    letter = draft_letter(request, pk)
    filed = official_letters.filed_meanwhile(letter, on=today)
    known = frozenset(row.obligation.pk for row in filed)
    notes = []
    if filed:
        names = ", ".join(row.name for row in filed)
        notes.append(f"Từ khi soạn công văn, đơn vị đã nộp hoặc được miễn báo cáo: {names}.")
    if letter.asked_until and letter.asked_until < today:
        notes.append(f"Hạn đề nghị nộp, ngày {letter.asked_until:%d/%m/%Y}, đã qua.")
    paper = Paper(
        unit=letter.org_unit,
        kind=Document.Kind.LETTER,
        title=letter.subject,
        back_url=letter.get_absolute_url(),
        list_url="reports:official_letter_list",
        list_title="Công văn",
        build=lambda on: document_of(letter, on=on),
        issue=lambda order: official_letters.issue(letter, order, seen=letter.edits, by=request.user, filed=known),
        notes=tuple(notes),
        aside="reports/official_letter_filed.html" if filed else "",
        subject=letter,
    )
    return issue_page(request, paper)


# --- its mail --------------------------------------------------------------------------------------------------------
@require_POST
@login_required
@transaction.atomic
def official_letter_send_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give a failed notice its tries back and ring for it."""
    visible = OfficialLetter.objects.visible_to(request.user)
    row = get_object_or_404(OfficialLetterNotice.objects.select_related("recipient"), pk=pk, letter__in=visible)
    letter = written_letter(request, row.letter_id)
    if not OfficialLetterNotice.objects.send_again(row.pk):
        raise Conflict("Thư này không còn ở trạng thái lỗi: đã có người bấm gửi lại.")
    name = row.recipient.full_name
    audit.record("letter.send_again", row, by=request.user, org_unit=letter.org_unit, recipient=name)
    deliver_official_letter.delay_on_commit(row.pk)
    messages.success(request, f"Đang gửi lại thư tới {name}.")
    return redirect(letter)
