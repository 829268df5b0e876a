"""The filing form: typed text is saved whatever it says, checked on request, and never lost on an error."""

import contextlib
import json
import re
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
from reports import attachments, content, drafts, due_dates, filing_page, form_fields, letters, workflow
from reports.attachments import AttachmentRejected
from reports.models import Obligation, Report

READ_OR_POST = ["GET", "HEAD", "POST"]
CHECK = "kiem-tra"
FILE = "tep"
NOT_FIELDS = {"csrfmiddlewaretoken", "action", "base", "draft_version"}
NUMBER_FIELD = re.compile(r"(?P<code>[^.]+)\.(?:v|[^.]+\.[nd])")


# /bao-cao/<pk>/lap/


@require_http_methods(READ_OR_POST)
def filing(request: SignedInRequest, pk: int) -> HttpResponse:
    """The form of one report; a POST saves the draft first and then does what its button says."""
    if not request.user.is_authenticated:
        return signed_out(request)
    report = _report_to_file(request.user, pk)
    if request.method == "POST":
        return _save_and_go_on(request, report)
    if not report.is_editable:
        return redirect(report)
    return _form(request, report, drafts.typed(report), check=CHECK in request.GET)


@require_POST
def filing_autosave(request: SignedInRequest, pk: int) -> HttpResponse:
    """Save the fields that changed: ``{"draft_version": 3, "changes": {name: [was, now]}}``, answered in JSON.

    200 with the draft as it stands; 401 when the session has ended or is another person's; 409 with both texts of a
    field that somebody else changed too, or with a sentence when the report is filed; 413 when the draft is too long.
    """
    if not request.user.is_authenticated:
        return JsonResponse({"sentence": "Phiên đăng nhập đã hết."}, status=401)
    if request.headers.get("X-Mangnon-Person", str(request.user.pk)) != str(request.user.pk):
        # Typed by somebody who has signed out in this browser since; it is not this person's to send.
        return JsonResponse({"sentence": "Người khác đã đăng nhập trên máy này.", "other_person": True}, status=401)
    report = _report_to_file(request.user, pk, for_page=False)
    try:
        version, was, now = _changes(request)
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
    return JsonResponse({"draft_version": saved.version, "saved_at": f"{at:%H:%M}", "draft": saved.draft})


@require_http_methods(READ_OR_POST)
def filing_submit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Asks once, naming what will happen, then files the draft."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    report = _report_to_file(request.user, pk)
    if request.method == "POST":
        return _submit(request, report)
    if not report.is_editable:
        return redirect(report)
    previous = drafts.previous_filing(report)
    parsed = content.parse(report, drafts.typed(report), previous=previous.content if previous else None)
    if not parsed.is_valid:
        return redirect(_check_url(report))
    on = timezone.localdate()
    context = {
        "report": report,
        "obligation": report.obligation,
        "content": parsed.content,
        "warnings": len(parsed.warnings),
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
    posted = _posted_fields(request)
    try:
        saved = drafts.save(
            report, posted, base=_posted_base(request), version=_posted_version(request), by=request.user
        )
    except drafts.DraftClash as clash:
        raw = clash.merged | {name: both.mine for name, both in clash.clashes.items()}
        return _form(request, clash.report, raw, clash=clash, status=409)
    except drafts.DraftTooLarge as error:
        messages.error(request, str(error))
        start = (_posted_version(request), _posted_base(request))
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
    back = f"?bao-cao={report.pk}"
    match action:
        case "check":
            return redirect(_check_url(report))
        case "submit":
            return redirect("reports:filing_submit", report.pk)
        case "add-activity":
            return redirect(reverse("reports:activity_create") + back)
        case "edit-activity" if has_pk:
            return redirect(reverse("reports:activity_edit", args=[pk]) + back)
        case "attach":
            return _form(request, report, saved.draft, file_error="Hãy chọn tệp cần gửi kèm.", status=422)
        case "remove-attachment" if has_pk:
            file = get_object_or_404(report.attachments, pk=pk)
            attachments.remove(file, by=request.user)
            messages.success(request, f"Đã bỏ tệp “{file.original_name}” khỏi báo cáo.")
            return redirect(_form_url(report) + "#muc-tai-lieu")
    messages.success(request, "Đã lưu nháp.")
    return redirect(_form_url(report))


def _attach(request: SignedInRequest, report: Report, saved: drafts.Saved, upload: UploadedFile) -> HttpResponse:
    """A chosen file is taken with whatever button was pressed, so that it is not lost."""
    caption_name = next((name for name in saved.draft if name.endswith(".caption")), "")
    try:
        caption = saved.draft.get(caption_name, "")
        file = attachments.attach(report, upload, caption=caption, by=request.user)
    except AttachmentRejected as error:
        return _form(request, report, saved.draft, file_error=str(error), status=422)
    # The caption belongs to the file now, unless a colleague is already writing one for the next file.
    with contextlib.suppress(drafts.DraftClash):
        saved = drafts.save(
            report, {caption_name: ""}, base={caption_name: caption}, version=saved.version, by=request.user
        )
    messages.success(request, f"Đã gửi kèm tệp “{file.original_name}”.")
    if request.POST.get("action") == "attach":
        return redirect(_form_url(report) + "#muc-tai-lieu")
    return _go_on(request, report, saved)


def _submit(request: SignedInRequest, report: Report) -> HttpResponse:
    """File the draft that was shown on the confirming page, and no other."""
    with transaction.atomic():
        Obligation.objects.select_for_update().get(pk=report.obligation_id)
        version = _posted_version(request)
        # Holds the report's row until the end, in the version that was confirmed.
        if not Report.objects.filter(pk=report.pk, draft_version=version).update(draft_version=version):
            raise Conflict("Bản nháp đã được sửa sau khi bạn mở trang này. Hãy xem lại báo cáo rồi nộp.")
        report.refresh_from_db()
        previous = drafts.previous_filing(report)
        parsed = content.parse(report, drafts.typed(report), previous=previous.content if previous else None)
        if not parsed.is_valid and report.is_editable:
            return redirect(_check_url(report))
        workflow.submit(report, parsed.content, by=request.user)
    messages.success(request, f"Đã nộp báo cáo đến {report.obligation.receiving_unit}. Báo cáo đang chờ duyệt.")
    return redirect(report)


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
    page = filing_page.build(
        form,
        raw,
        parsed=content.parse(report, raw, previous=before, form=form) if check else None,
        previous=previous,
        reasons=returned.item_reasons if returned else None,
        clashes=clash.clashes if clash else None,
        file_error=file_error,
    )
    days = report.obligation.days_left(timezone.localdate())
    context = {
        "report": report,
        "obligation": report.obligation,
        "page": page,
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


def _report_to_file(user: User, pk: int, *, for_page: bool = True) -> Report:
    """404 outside the user's scope, 403 inside it without the right to file for the unit."""
    reports = Report.objects.visible_to(user).select_related("obligation__org_unit", "form_version")
    if for_page:
        reports = reports.select_related(
            "obligation__duty__plan__document",
            "obligation__period",
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


def _check_url(report: Report) -> str:
    return f"{_form_url(report)}?{CHECK}=1#kiem-tra"


# --- what was posted ----------------------------------------------------------------------------------------------


def _posted_fields(request: HttpRequest) -> dict[str, str]:
    """The fields of the form; a box *không phát sinh* that stands beside a number and was not sent is not ticked."""
    fields = {name: str(text) for name, text in request.POST.items() if name not in NOT_FIELDS}
    beside = {f"{match['code']}.nil" for name in fields if (match := NUMBER_FIELD.fullmatch(name))}
    return dict.fromkeys(beside, "") | fields


def _posted_base(request: HttpRequest) -> dict[str, str]:
    """The draft from which the page started; nothing where it cannot be read, so that every difference is asked."""
    try:
        return _texts(_json(request.POST.get("base", "")))
    except ValueError:
        return {}


def _posted_version(request: HttpRequest) -> int:
    text = request.POST.get("draft_version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _changes(request: HttpRequest) -> tuple[int, dict[str, str], dict[str, str]]:
    """Version, texts before and texts now of an autosave; raises ValueError when it is not what our page sends."""
    body = _json(request.body)
    if not isinstance(body, dict) or not isinstance(body.get("changes"), dict):
        raise ValueError("not an object with changes")
    pairs = body["changes"]
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs.values()):
        raise ValueError("a change is a pair")
    version = body.get("draft_version")
    if not isinstance(version, int):
        raise ValueError("no version")
    was = _texts({name: pair[0] for name, pair in pairs.items()})
    return version, was, _texts({name: pair[1] for name, pair in pairs.items()})


def _json(text: str | bytes) -> Any:
    """Raises ValueError for whatever is not JSON, also where it is nested deeper than Python follows."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _texts(found: Any) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise ValueError("not texts by name")
    return found


def _clash_answer(clash: drafts.DraftClash) -> dict[str, Any]:
    by, at = clash.report.draft_saved_by, clash.report.draft_saved_at
    return {
        "draft_version": clash.report.draft_version,
        "draft": drafts.typed(clash.report),
        "saved_by": by.full_name if by else "",
        "saved_at": f"{timezone.localtime(at):%H:%M}" if at else "",
        "clashes": {name: both.theirs for name, both in clash.clashes.items()},
    }
