"""Texts of the units below: found, picked, edited and ordered in the report upward."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from orgunits.requests import SignedInRequest
from orgunits.transitions import Conflict
from reports import below, collected_texts, text_picking, workflow
from reports.dashboard_figures import Counting
from reports.drafts import storable
from reports.models import FormItem, Report
from reports.text_picking import MOST, Edit, Saved
from reports.views.reports import visible_report

GROUPS = 20
KEPT = ("q", "count", "muc", "trang")
NUMBER = 19  # digits of the longest number that the database takes


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def collected_texts_page(request: SignedInRequest, pk: int, code: str) -> HttpResponse:
    """One text of the report upward: the picked passages, and the texts below to pick from.

    Every button saves the passages first, so that no press loses a word.
    """
    report = _report_to_write(request, pk)
    item = get_object_or_404(collected_texts.items_of(report), code=code)
    if request.method != "POST":
        return _page(request, report, item, request.GET)
    edits = _edits(request.POST)
    too_long = {pk for pk, edit in edits.items() if len(edit.text) > MOST}
    try:
        fine = {pk: edit for pk, edit in edits.items() if pk not in too_long}
        saved = text_picking.save(report, code, fine, by=request.user)
    except Conflict as error:
        return _refused(request, report, item, edits, error)
    if saved.clashes or saved.gone or too_long:
        status = 409 if saved.clashes or saved.gone else 422
        return _page(request, report, item, request.POST, edits=edits, saved=saved, status=status)
    try:
        return _go_on(request, report, item)
    except Conflict as error:
        messages.error(request, str(error))
        return _page(request, report, item, request.POST, status=409)


@require_POST
@login_required
def passage_save(request: SignedInRequest, pk: int, pick_pk: int) -> JsonResponse:
    """Save one passage while it is typed, in JSON: 200 with the hour, 409 with the text of somebody else."""
    report = _report_to_write(request, pk)
    pick = get_object_or_404(report.text_picks, pk=pick_pk)
    edit = Edit(storable(request.POST.get("base", "")), storable(request.POST.get("text", "")))
    if len(edit.text) > MOST:
        return JsonResponse({"sentence": f"Đoạn này dài quá {MOST} ký tự nên chưa lưu được."}, status=413)
    try:
        saved = text_picking.save(report, pick.item_code, {pick_pk: edit}, by=request.user)
    except Conflict as error:
        return JsonResponse({"sentence": str(error)}, status=409)
    if saved.gone:
        return JsonResponse({"sentence": text_picking.GONE}, status=409)
    if clash := saved.clashes.get(pick_pk):
        sentence = "Đồng nghiệp vừa sửa đoạn này. Bấm “Lưu” để xem cả hai nội dung."
        return JsonResponse({"sentence": sentence, "theirs": clash.theirs}, status=409)
    return JsonResponse({"text": edit.text, "saved_at": f"{timezone.localtime():%H:%M}"})


def _go_on(request: SignedInRequest, report: Report, item: FormItem) -> HttpResponse:
    """What the pressed button says, now that the passages are saved."""
    action, _, number = request.POST.get("action", "").partition(":")
    pick_pk = int(number) if number.isascii() and number.isdigit() and len(number) < NUMBER else 0
    base = storable(request.POST.get(f"text-{pick_pk}", ""))
    by, anchor = request.user, f"#doan-{pick_pk}" if pick_pk else ""
    match action:
        case "pick":
            count = text_picking.pick(report, item.code, _sources(request.POST), by=by)
            if count:
                messages.success(request, f"Đã đưa {count} đoạn vào báo cáo.")
            else:
                messages.warning(request, "Chưa chọn đoạn nào mới. Hãy đánh dấu các đoạn cần đưa vào báo cáo.")
        case "up" | "down" if pick_pk:
            text_picking.move(report, item.code, pick_pk, up=action == "up", by=by)
        case "remove" if pick_pk:
            text_picking.remove(report, item.code, pick_pk, base=base, by=by)
            messages.success(request, "Đã bỏ đoạn khỏi báo cáo. Báo cáo của đơn vị vẫn giữ nguyên.")
            anchor = ""
        case "renew" if pick_pk:
            text_picking.renew(report, item.code, pick_pk, base=base, by=by)
            messages.success(request, "Đã thay bằng nội dung của bản nộp mới nhất.")
        case "done":
            return redirect(reverse("reports:filing", args=[report.pk]) + f"#muc-{item.code}")
        case "save":
            messages.success(request, "Đã lưu các đoạn đã chọn.")
    query = urlencode([(key, value) for key in KEPT if (value := request.POST.get(key, "").replace("\x00", ""))])
    page = reverse("reports:collected_texts", args=[report.pk, item.code])
    return redirect(f"{page}?{query}{anchor}" if query else page + anchor)


def _page(
    request: SignedInRequest,
    report: Report,
    item: FormItem,
    asked: QueryDict,
    *,
    edits: dict[int, Edit] | None = None,
    saved: Saved | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = below.rows_below(report.obligation)
    sources = collected_texts.source_items(rows)
    known = {source.code for source in sources}
    source_code = asked.get("muc", "") if asked.get("muc") in known else collected_texts.matching(item, sources)
    counting = Counting.SUBMITTED if asked.get("count") == Counting.SUBMITTED else Counting.APPROVED
    passages = collected_texts.passages(report).get(item.code, [])
    picked = {(passage.pick.source_id, passage.pick.source_code) for passage in passages}
    found = collected_texts.candidates(rows, source_code, counting=counting, picked=picked) if source_code else []
    search = asked.get("q", "").replace("\x00", "")[:200]
    groups = collected_texts.grouped(found, search=search)
    context = {
        "report": report,
        "obligation": report.obligation,
        "item": item,
        "items": collected_texts.items_with_counts(report),
        "is_closed": text_picking.is_closed(report, item.code),
        "passages": _typed(passages, edits or {}, saved or Saved()),
        "gone": saved.gone if saved else {},
        "has_clash": bool(saved and (saved.clashes or saved.gone)),
        "has_below": bool(rows),
        "sources": sources,
        "source_code": source_code,
        "counting": counting,
        "search": search,
        "texts": len(found),
        "page_obj": Paginator(groups, GROUPS).get_page(asked.get("trang")),
        "ticked": set(asked.getlist("source")),
        "most": MOST,
    }
    return render(request, "reports/collected_texts.html", context, status=status)


def _typed(passages: list[collected_texts.Passage], edits: dict[int, Edit], saved: Saved) -> list[dict[str, Any]]:
    """Each passage with the text that stands in its field; of a clash that is mine, and theirs is shown beside it."""
    fields = []
    for passage in passages:
        pk = passage.pick.pk
        clash = saved.clashes.get(pk)
        text = edits[pk].text if pk in edits else passage.pick.text
        fields.append(
            {
                "passage": passage,
                "text": text,
                "base": passage.pick.text,
                "theirs": clash.theirs if clash else None,
                "is_too_long": len(text) > MOST,
            }
        )
    return fields


def _refused(
    request: HttpRequest, report: Report, item: FormItem, edits: dict[int, Edit], error: Conflict
) -> HttpResponse:
    """Nothing was changed; what was typed is shown to be copied, as on the filing form."""
    report.refresh_from_db()
    typed = [(item.label, edit.text) for edit in edits.values() if edit.text != edit.base]
    context = {"report": report, "item": item, "sentence": error, "typed": typed}
    return render(request, "reports/collected_refused.html", context, status=409)


def _report_to_write(request: SignedInRequest, pk: int) -> Report:
    """404 outside the user's scope, 403 inside it without the right to file for the unit."""
    report = visible_report(request, pk)
    if not workflow.may_file(request.user, report.obligation, on=timezone.localdate()):
        raise PermissionDenied
    return report


def _edits(posted: QueryDict) -> dict[int, Edit]:
    """The passages of the page by number, each with the text from which the page started."""
    edits = {}
    for name in posted:
        before, _, number = name.partition("-")
        if before == "text" and number.isascii() and number.isdigit() and len(number) < NUMBER:
            edits[int(number)] = Edit(storable(posted.get(f"base-{number}", "")), storable(posted.get(name, "")))
    return edits


def _sources(posted: QueryDict) -> list[tuple[int, str]]:
    """The ticked texts: ``<revision>.<code>``. Raises Http404 for what our page does not send."""
    sources = []
    for value in posted.getlist("source"):
        number, _, code = value.partition(".")
        if not (number.isascii() and number.isdigit() and len(number) < NUMBER and code):
            raise Http404
        sources.append((int(number), code))
    return sources
