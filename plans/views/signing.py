"""The signed copy of an issued document: signing in the page, and bringing what was signed elsewhere."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from orgunits.requests import SignedInRequest
from orgunits.transitions import Conflict
from plans import signing
from plans.models import IssuedFile, OutgoingDocument
from plans.rights import require_issuer
from plans.signing_forms import SignedCopyForm, SignForm
from plans.views.register import visible_document


def _document_to_sign(request: SignedInRequest, pk: int) -> OutgoingDocument:
    """The issued document if the person may sign for its unit: 404 outside the scope, 403 without the right."""
    document = visible_document(request, pk)
    require_issuer(request.user, document.org_unit, on=timezone.localdate())
    if document.status != OutgoingDocument.Status.ISSUED:
        raise Conflict(signing.NOT_ISSUED)
    return document


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@sensitive_post_parameters("passphrase")
@sensitive_variables("form")
def outgoing_sign(request: SignedInRequest, pk: int) -> HttpResponse:
    """Sign the newest PDF with a PKCS#12 file, which is forgotten with the request."""
    document = _document_to_sign(request, pk)
    base = signing.file_to_sign(document)
    form = SignForm(request.POST or None, request.FILES or None, initial={"base": base.pk if base else None})
    left = signing.parties_left(base) if base else []
    if left:
        form.offer(left)
    if base and form.is_valid():
        try:
            file = _signed(document, form, by=request)
        except signing.FileRefused as error:
            form.add_error("container", str(error))
            if isinstance(error, signing.OtherName):
                form.ask_for_name()
        else:
            messages.success(request, f"Đã ký số: {file.signatures[-1]['name']}.")
            return redirect(document)
    context = {
        "document": document,
        "unit": document.org_unit,
        "base": base,
        "left": left,
        "form": form,
        "no_pdf": signing.NO_PDF,
    }
    return render(request, "plans/outgoing_sign.html", context)


@sensitive_variables("form")
def _signed(document: OutgoingDocument, form: SignForm, *, by: SignedInRequest) -> IssuedFile:
    seen = document.files.filter(pk=form.cleaned_data["base"]).first()
    if seen is None:
        raise Conflict(signing.OVERTAKEN)
    return signing.sign(
        document,
        form.credential(),
        party=form.cleaned_data["party"],
        base=seen,
        by=by.user,
        at=timezone.now(),
        any_name=form.cleaned_data["any_name"],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def outgoing_signed_copy(request: SignedInRequest, pk: int) -> HttpResponse:
    """Bring a PDF that was signed elsewhere, or a scan of the signed paper."""
    document = _document_to_sign(request, pk)
    form = SignedCopyForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        is_signed = form.cleaned_data["kind"] == SignedCopyForm.SIGNED
        keep = signing.keep_signed if is_signed else signing.keep_scan
        try:
            file = keep(document, form.cleaned_data["file"].read(), by=request.user)
        except signing.FileRefused as error:
            form.add_error("file", str(error))
        else:
            messages.success(request, f"Đã lưu: {file.get_kind_display()}.")
            return redirect(document)
    context = {"document": document, "unit": document.org_unit, "form": form}
    return render(request, "plans/outgoing_signed_copy.html", context)
