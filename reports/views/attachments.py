"""Files of reports: only as downloads, from behind the same rights as the report."""

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from orgunits.requests import SignedInRequest
from reports.models import Attachment


@require_safe
@login_required
def attachment_download(request: SignedInRequest, pk: int) -> FileResponse:
    """The file under its own name, never shown inside a page; removed ones too, since old revisions name them."""
    attachment = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    try:
        content = attachment.file.open("rb")
    except FileNotFoundError as error:
        raise Http404("Tệp không còn trên máy chủ.") from error
    response = FileResponse(
        content, as_attachment=True, filename=attachment.original_name, content_type=attachment.content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
