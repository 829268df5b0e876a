"""Files of reports: only as downloads, from behind the same rights as the report."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgunits.requests import SignedInRequest
from reports import attachments, workflow
from reports.models import Attachment


@require_safe
@login_required
def attachment_download(request: SignedInRequest, pk: int) -> FileResponse:
    """The file under its own name, never shown inside a page.

    What was filed is for all readers of the report, for ever. A file of the draft is only for those who write it, and
    for nobody once they took it out: it may be a picture that should never have been sent.
    """
    found = Attachment.objects.visible_to(request.user).select_related("report__obligation__org_unit")
    attachment = get_object_or_404(found, pk=pk)
    if not attachments.is_filed(attachment):
        if attachment.removed_at is not None:
            raise Http404("Tệp đã được bỏ khỏi báo cáo trước khi nộp.")
        if not workflow.may_file(request.user, attachment.report.obligation, on=timezone.localdate()):
            raise PermissionDenied
    try:
        content = attachment.file.open("rb")
    except FileNotFoundError as error:
        raise Http404("Tệp không còn trên máy chủ.") from error
    response = FileResponse(
        content, as_attachment=True, filename=attachment.original_name, content_type=attachment.content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"  # should a browser show it after all
    response["Cache-Control"] = "private, no-store"
    return response
