"""The filing form: typed text is saved whatever it says, checked on request, and never lost on an error."""

import contextlib
import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from orgunits.models import User
from orgunits.requests import SignedInRequest
from orgunits.transitions import Conflict
from plans.models import Task
from plans.official.blocks import content_hash
from reports import (
    attachments,
    below,
    collected_texts,
    content,
    drafts,
    due_dates,
    filing_notes,
    filing_page,
    form_fields,
    inheriting,
    letters,
    waiting,
    workflow,
)
from reports.attachments import AttachmentRejected
from reports.models import ItemKind, Obligation, Report
from reports.views import filing_input, registers

CHANGED_MEANWHILE = "Bản nháp đã được sửa sau khi bạn mở trang này. Hãy xem lại báo cáo rồi nộp."
READ_OR_POST = ["GET", "HEAD", "POST"]
CHECK = "kiem-tra"
FILE = "tep"


# /bao-cao/<pk>/lap/


@require_http_methods(READ_OR_POST)
def filing(request: SignedInRequest, pk: int) -> HttpResponse:
    """The form of one report; a POST saves the draft first and then does what its button says."""
    if not request.user.is_authenticated:
        return signed_out(request)
    report = report_to_file(request.user, pk)
    if request.method == "POST":
        return _save_and_go_on(request, report)
    if not report.is_editable:
        return redirect(report)
    return _form(request, report, drafts.typed(report), check=CHECK in request.GET)


@require_POST
def filing_autosave(request: SignedInRequest, pk: int) -> HttpResponse:
    """Save the fields that changed: ``{"draft_version": 3, "changes": {name: [was, now]}}``, answered in JSON.

    200 with the draft as it stands and ``notes``, {field name: {"errors", "warnings"}}, beside the saved fields and
    those that hang together with them; 401 when the session has ended or is another person's; 409 with both texts of a
    field that somebody else changed too, or with a sentence when the report is filed; 413 when the draft is too long.
    """
    if not request.user.is_authenticated:
        return JsonResponse({"sentence": "Phiên đăng nhập đã hết."}, status=401)
    if request.headers.get("X-Mangnon-Person", str(request.user.pk)) != str(request.user.pk):
        # Typed by somebody who has signed out in this browser since; it is not this person's to send.
        return JsonResponse({"sentence": "Người khác đã đăng nhập trên máy này.", "other_person": True}, status=401)
    report = report_to_file(request.user, pk, for_page=False)
    try:
        version, was, now = filing_input.changes(request)
        saved = drafts.save(report, now, base=was, version=version, by=request.user)
    except ValueError:
        return JsonResponse({"sentence": "Dữ liệu gửi lên không đọc được."}, status=400)
    except drafts.DraftTooLarge as error:
        return JsonResponse({"sentence": str(error)}, status=413)
    except drafts.DraftClash as clash:
        return JsonResponse(_clash_answer(clash), status=409)
    except Conflict as error:
        return JsonResponse({"sentence": str(error)}, status=409)
    at = timezone.localtime(saved.saved_at)
    notes = filing_notes.of_saved(report, saved.draft, now)
    answer = {"draft_version": saved.version, "saved_at": f"{at:%H:%M}", "draft": saved.draft, "notes": notes}
    return JsonResponse(answer)


@require_http_methods(READ_OR_POST)
def filing_submit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Asks once, naming what will happen, then files the draft."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    report = report_to_file(request.user, pk)
    if request.method == "POST":
        return _submit(request, report)
    if not report.is_editable:
        return redirect(report)
    previous = drafts.previous_filing(report)
    parsed = content.parse(report, drafts.typed(report), previous=previous.content if previous else None)
    if not parsed.is_valid:
        return redirect(_check_url(report))
    if content.is_empty(parsed.content):
        return _refuse_empty(request, report)
    on = timezone.localdate()
    context = {
        "report": report,
        "obligation": report.obligation,
        "content": parsed.content,
        "confirmed": content_hash(parsed.content),
        "warnings": len(parsed.warnings),
        "explained": parsed.explained,
        "collects": (collects := below.rows_below(report.obligation)),
        "waiting": waiting.waiting([report.obligation], on=on).get(report.obligation_id) if collects else None,
        "days": report.obligation.days_left(on),
        "due_words": letters.due_in_words(report.obligation),
    }
    return render(request, "reports/filing_submit.html", context)


def signed_out(request: HttpRequest) -> HttpResponse:
    """The way back for somebody whose session has ended: what was posted stays on the page, to be sent again."""
    if request.method != "POST":
        return redirect_to_login(request.get_full_path())
    return keep_text(request, status=403)


def keep_text(request: HttpRequest, *, status: int) -> HttpResponse:
    """The posted fields as hidden inputs with a button "Gửi lại"; only for a request from our own page."""
    kept = [(name, text) for name, text in request.POST.items() if name != "csrfmiddlewaretoken"]
    context = {"kept": kept, "had_file": bool(request.FILES)}
    return render(request, "reports/filing_kept.html", context, status=status)


# --- saving -------------------------------------------------------------------------------------------------------


def _save_and_go_on(request: SignedInRequest, report: Report) -> HttpResponse:
    posted = filing_input.posted_fields(request)
    try:
        saved = drafts.save(
            report,
            posted,
            base=filing_input.posted_base(request),
            version=filing_input.posted_version(request),
            by=request.user,
        )
    except drafts.DraftClash as clash:
        raw = clash.merged | {name: both.mine for name, both in clash.clashes.items()}
        return _form(request, clash.report, raw, clash=clash, status=409)
    except drafts.DraftTooLarge as error:
        messages.error(request, str(error))
        start = (filing_input.posted_version(request), filing_input.posted_base(request))
        return _form(request, report, drafts.cleaned(report, posted), start=start, status=422)
    except Conflict as error:
        return _closed(request, report, posted, error)
    report.draft, report.draft_version, report.draft_saved_at = saved.draft, saved.version, saved.saved_at
    upload = request.FILES.get(FILE)
    if isinstance(upload, UploadedFile):
        return _attach(request, report, saved, upload)
    return _go_on(request, report, saved)


def _go_on(request: SignedInRequest, report: Report, saved: drafts.Saved) -> HttpResponse:
    """Where the pressed button leads, now that the text is saved."""
    action, _, pk = request.POST.get("action", "").partition(":")
    has_pk = pk.isascii() and pk.isdigit()
    if page := _other_page(report, action, pk, has_pk=has_pk):
        return redirect(page)
    match action:
        case "copy-before":
            return _copy_before(request, report, saved, code=pk)
        case "check":
            return redirect(_check_url(report))
        case "submit":
            return redirect("reports:filing_submit", report.pk)
        case "keep-model" if has_pk:
            return redirect(registers.keep_model(request, report, pk))
        case "attach":
            return _form(request, report, saved.draft, file_error="Hãy chọn tệp cần gửi kèm.", status=422)
        case "remove-attachment" if has_pk:
            file = get_object_or_404(report.attachments, pk=pk)
            attachments.remove(file, by=request.user)
            messages.success(request, f"Đã bỏ tệp “{file.original_name}” khỏi báo cáo.")
            return redirect(_files_url(report))
    messages.success(request, "Đã lưu nháp.")
    return redirect(_form_url(report))


def _other_page(report: Report, action: str, pk: str, *, has_pk: bool) -> str:
    """The page of a register, or of the texts below, from which one comes back to the form; empty for the rest."""
    back = f"?bao-cao={report.pk}"
    match action:
        case "add-activity":
            return reverse("reports:activity_create") + back
        case "edit-activity" if has_pk:
            return reverse("reports:activity_edit", args=[pk]) + back
        case "add-model":
            return reverse("reports:care_model_create") + back
        case "edit-model" if has_pk:
            return reverse("reports:care_model_detail", args=[pk]) + back
        case "step-model" if has_pk:
            return reverse("reports:care_model_step", args=[pk]) + back
        case "inherit" if has_pk:
            return reverse("reports:filing_inherit", args=[report.pk, pk])
        case "collect" if pk in report.form_version.items.values_list("code", flat=True):
            return reverse("reports:collected_texts", args=[report.pk, pk])
    return ""


def _copy_before(request: SignedInRequest, report: Report, saved: drafts.Saved, *, code: str) -> HttpResponse:
    """Put last period's text into the field, behind what stands there already, to be changed."""
    previous = drafts.previous_filing(report)
    before = previous.content.get("texts", {}).get(code, "") if previous else ""
    now = saved.draft.get(code, "")
    if before and before not in now:
        text = "\n".join(filter(None, [now, before]))
        try:
            drafts.save(report, {code: text}, base={code: now}, version=saved.version, by=request.user)
        except drafts.DraftTooLarge as error:
            messages.error(request, str(error))
        except drafts.DraftClash:
            pass  # a colleague is writing there: theirs stays
        else:
            messages.success(request, "Đã chép nội dung kỳ trước vào ô. Hãy sửa theo kết quả của kỳ này.")
    return redirect(f"{_form_url(report)}#muc-{code}")


def _attach(request: SignedInRequest, report: Report, saved: drafts.Saved, upload: UploadedFile) -> HttpResponse:
    """A chosen file is taken with whatever button was pressed, so that it is not lost."""
    of_file = filing_input.posted_of_file(request)
    caption_name, caption = of_file.caption_name, of_file.caption
    tasks = Task.objects.filter(plan=report.obligation.duty.plan_id)
    task = tasks.filter(pk=of_file.task_pk).first() if of_file.task_pk is not None else None
    try:
        file = attachments.attach(report, upload, caption=caption, by=request.user, task=task, consent=of_file.consent)
    except AttachmentRejected as error:
        return _form(request, report, saved.draft | of_file.fields, file_error=str(error), status=422)
    # The caption belongs to the file now, unless a colleague is already writing one for the next file.
    with contextlib.suppress(drafts.DraftClash):
        saved = drafts.save(
            report, {caption_name: ""}, base={caption_name: caption}, version=saved.version, by=request.user
        )
    messages.success(request, f"Đã gửi kèm tệp “{file.original_name}”.")
    for sentence in attachments.warnings_of(file):
        messages.warning(request, sentence)
    if request.POST.get("action") == "attach":
        return redirect(_files_url(report))
    return _go_on(request, report, saved)


def _submit(request: SignedInRequest, report: Report) -> HttpResponse:
    """File the draft that was shown on the confirming page, and no other."""
    with transaction.atomic():
        Obligation.objects.select_for_update().get(pk=report.obligation_id)
        version = filing_input.posted_version(request)
        # Holds the report's row until the end, in the version that was confirmed.
        if not Report.objects.filter(pk=report.pk, draft_version=version).update(draft_version=version):
            raise Conflict(CHANGED_MEANWHILE)
        report.refresh_from_db()
        previous = drafts.previous_filing(report)
        parsed = content.parse(report, drafts.typed(report), previous=previous.content if previous else None)
        if not parsed.is_valid and report.is_editable:
            return redirect(_check_url(report))
        if content.is_empty(parsed.content) and report.is_editable:
            return _refuse_empty(request, report)
        # Files, activities and models are not in the draft: what was shown is held against what is filed.
        if request.POST.get("confirmed", "") not in ("", content_hash(parsed.content)):
            raise Conflict(CHANGED_MEANWHILE)
        workflow.submit(report, parsed.content, by=request.user, flags=content.flags(parsed))
    messages.success(request, f"Đã nộp báo cáo đến {report.obligation.receiving_unit}. Báo cáo đang chờ duyệt.")
    return redirect(report)


def _refuse_empty(request: SignedInRequest, report: Report) -> HttpResponse:
    """A form may ask for nothing that must be answered; a report in which nothing is said is still no report."""
    messages.error(request, "Báo cáo chưa có nội dung nào nên chưa nộp được. Hãy ghi ít nhất một mục.")
    return redirect(_form_url(report))


# --- pages --------------------------------------------------------------------------------------------------------


def _form(
    request: SignedInRequest,
    report: Report,
    raw: dict[str, str],
    *,
    check: bool = False,
    start: tuple[int, dict[str, str]] | None = None,
    clash: drafts.DraftClash | None = None,
    file_error: str = "",
    status: int = 200,
) -> HttpResponse:
    """The form over the typed text; ``start`` is the version and the draft from which the page goes on."""
    version, base = start or (report.draft_version, drafts.typed(report))
    form, previous = form_fields.load(report), drafts.previous_filing(report)
    before = previous.content if previous else None
    returned = drafts.last_return(report)
    collects = below.rows_below(report.obligation)
    page = filing_page.build(
        form,
        raw,
        parsed=content.parse(report, raw, previous=before, form=form) if check else None,
        previous=previous,
        reasons=returned.item_reasons if returned else None,
        due=returned.item_due if returned else None,
        clashes=clash.clashes if clash else None,
        passages=collected_texts.passages(report) if collects else None,
        file_error=file_error,
    )
    on = timezone.localdate()
    days = report.obligation.days_left(on)
    context = {
        "report": report,
        "obligation": report.obligation,
        "page": page,
        "collects": collects,
        "waiting": waiting.waiting([report.obligation], on=on).get(report.obligation_id) if collects else None,
        "inherits": inheriting.sources(report),
        "returned": returned,
        "clash": clash,
        "checked": check,
        "draft_version": version,
        "base": json.dumps(base, ensure_ascii=False),
        "due_words": letters.due_in_words(report.obligation),
        "days": days,
        "days_words": due_dates.days_left(days),
    }
    return render(request, "reports/filing_form.html", context, status=status)


def _closed(request: SignedInRequest, report: Report, posted: dict[str, str], error: Conflict) -> HttpResponse:
    """The report was filed meanwhile: nothing can be saved, but what was typed is shown to be copied."""
    report.refresh_from_db()
    labels = form_fields.load(report).labels
    raw, stored = drafts.cleaned(report, posted), drafts.typed(report)
    typed = [(labels.get(name, name), text) for name, text in raw.items() if text and text != stored.get(name, "")]
    return render(
        request, "reports/filing_closed.html", {"report": report, "sentence": error, "typed": typed}, status=409
    )


def report_to_file(user: User, pk: int, *, for_page: bool = True) -> Report:
    """404 outside the user's scope, 403 inside it without the right to file for the unit."""
    reports = Report.objects.visible_to(user).select_related(
        "obligation__org_unit", "obligation__period", "form_version"
    )
    if for_page:
        reports = reports.select_related(
            "obligation__duty__plan__document",
            "obligation__receiving_unit",
            "draft_saved_by",
        ).prefetch_related(
            "obligation__org_unit__placements",
            "obligation__receiving_unit__placements",
            "obligation__duty__due_rules",
        )
    report = get_object_or_404(reports, pk=pk)
    if not workflow.may_file(user, report.obligation, on=timezone.localdate()):
        raise PermissionDenied
    return report


def _form_url(report: Report) -> str:
    return resolve_url("reports:filing", report.pk)


def _files_url(report: Report) -> str:
    code = report.form_version.items.filter(kind=ItemKind.ATTACHMENTS).values_list("code", flat=True).first()
    return f"{_form_url(report)}#muc-{code}"


def _check_url(report: Report) -> str:
    return f"{_form_url(report)}?{CHECK}=1#kiem-tra"


def _clash_answer(clash: drafts.DraftClash) -> dict[str, Any]:
    by, at = clash.report.draft_saved_by, clash.report.draft_saved_at
    return {
        "draft_version": clash.report.draft_version,
        "draft": drafts.typed(clash.report),
        "saved_by": by.full_name if by else "",
        "saved_at": f"{timezone.localtime(at):%H:%M}" if at else "",
        "clashes": {name: both.theirs for name, both in clash.clashes.items()},
    }
