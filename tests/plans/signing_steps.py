"""An issued document that waits for its signed copy, and the steps on its pages."""

import hashlib

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from plans.models import IssuedFile, NumberSeries, OutgoingDocument
from plans.official.pdf import render_pdf
from tests.builders import make_unit, make_user
from tests.plans.certificates import DAY, SECRET, pkcs12_file
from tests.plans.test_official_pdf import plan

STATUS = OutgoingDocument.Status


@pytest.fixture(autouse=True)
def day(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture(scope="module")
def printed() -> bytes:
    return render_pdf(plan(appendices=()))


@pytest.fixture
def unit():
    return make_unit("Công đoàn Thử Nghiệm")


@pytest.fixture
def approver(unit):
    return make_user(unit=unit, role="approver")


@pytest.fixture
def document(unit, approver):
    return OutgoingDocument.objects.create(
        series=NumberSeries.objects.create(org_unit=unit, year=2026, last=7), serial=7, org_unit=unit, kind="plan",
        number="07/KH-CĐTN", subject="Triển khai", signer_name="ThS. Trần Văn Dũng", status=STATUS.ISSUED,
        issued_on=DAY.date(), created_by=approver, issued_by=approver,
    )  # fmt: skip


@pytest.fixture
def issued(document, printed):
    return IssuedFile.objects.create(
        document=document, kind=IssuedFile.Kind.PDF, file=ContentFile(printed, name="a.pdf"), pages=2,
        sha256=hashlib.sha256(printed).hexdigest(), size=len(printed), added_by=document.created_by,
    )  # fmt: skip


def address(name, document):
    return reverse(f"plans:{name}", args=[document.pk])


def press_sign(client, document, base, *, container=None, passphrase=SECRET, party="person"):
    file = SimpleUploadedFile("khoa.p12", pkcs12_file() if container is None else container)
    data = {"party": party, "base": base.pk, "container": file, "passphrase": passphrase}
    return client.post(address("outgoing_sign", document), data)


def bring(client, document, content, *, kind="da-ky-so", name="ban.pdf"):
    return client.post(
        address("outgoing_signed_copy", document), {"kind": kind, "file": SimpleUploadedFile(name, content)}
    )


def words(answer):
    return " ".join(answer.content.decode().split())
