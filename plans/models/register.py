"""The register of outgoing documents: number series, the numbers given from them, and the files that went out."""

import datetime
import secrets
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from orgunits.models import OrgUnit, User
from plans.models.documents import Document
from plans.models.plans import Plan

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


def new_code() -> str:
    """A code that nobody guesses, for the page on which anyone checks a paper; without letters that look alike."""
    return "".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTUVWXYZ") for _ in range(12))


class CommitteeTerm(models.Model):
    """A term (nhiệm kỳ) of a Party committee, over which its numbers run on (HD 05-HD/VPTW)."""

    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="committee_terms", verbose_name="đơn vị")
    name = models.CharField("nhiệm kỳ", max_length=60)  # "2025–2030"
    starts_on = models.DateField("từ ngày")
    ends_on = models.DateField("đến hết ngày", null=True, blank=True)

    class Meta:
        ordering = ["org_unit", "starts_on"]
        constraints = [models.UniqueConstraint(fields=["org_unit", "starts_on"], name="committee_term_starts_once")]

    def __str__(self) -> str:
        return f"Nhiệm kỳ {self.name}"


class NumberSeries(models.Model):
    """One run of numbers: of a unit, or of a unit and document type, in a calendar year or a committee's term.

    ``last`` is the number given last; the next one is taken by a conditional UPDATE on it, so that no two documents
    get the same and none is left out.
    """

    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="number_series", verbose_name="đơn vị")
    type_code = models.CharField("loại văn bản", max_length=10, blank=True)  # empty: one series for all types
    year = models.PositiveSmallIntegerField("năm", null=True, blank=True)
    term = models.ForeignKey(CommitteeTerm, models.PROTECT, null=True, blank=True, related_name="series")
    last = models.PositiveIntegerField("số đã cấp gần nhất", default=0)

    class Meta:
        ordering = ["org_unit", "-year", "type_code", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["org_unit", "type_code", "year"], condition=Q(term__isnull=True), name="series_once_a_year"
            ),
            models.UniqueConstraint(
                fields=["org_unit", "type_code", "term"], condition=Q(term__isnull=False), name="series_once_a_term"
            ),
            models.CheckConstraint(
                condition=Q(year__isnull=True, term__isnull=False) | Q(year__isnull=False, term__isnull=True),
                name="series_has_a_year_or_a_term",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.org_unit} {self.type_code} {self.term or self.year}"


class OutgoingDocumentQuerySet(models.QuerySet["OutgoingDocument"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        return self.filter(org_unit__in=OrgUnit.objects.visible_to(user, on))


class OutgoingDocument(models.Model):
    """One number of the register and what went out under it. A number is given at issue; it may be reserved before.

    ``content`` is the official document as blocks, frozen with its number and day when it is issued.
    """

    class Status(models.TextChoices):
        RESERVED = "reserved", "Giữ số"
        ISSUED = "issued", "Đã ban hành"
        VOID = "void", "Đã hủy số"

    series = models.ForeignKey(NumberSeries, models.PROTECT, related_name="documents", verbose_name="dãy số")
    serial = models.PositiveIntegerField("số")
    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="outgoing_documents", verbose_name="đơn vị")
    kind = models.CharField("loại văn bản", max_length=20, choices=Document.Kind)
    plan = models.ForeignKey(
        Plan, models.PROTECT, null=True, blank=True, related_name="outgoing", verbose_name="kế hoạch"
    )  # the plan that went out, where it was one of ours
    number = models.CharField("số, ký hiệu", max_length=80)  # as printed
    subject = models.TextField("trích yếu")
    signer_name = models.CharField("người ký", max_length=150, blank=True)
    recipients = models.TextField("nơi nhận", blank=True)
    status = models.CharField("trạng thái", max_length=10, choices=Status, default=Status.RESERVED)
    issued_on = models.DateField("ngày ban hành", null=True, blank=True)
    content: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    verify_code = models.CharField("mã xác minh", max_length=16, unique=True, default=new_code)
    void_reason = models.CharField("lý do hủy", max_length=500, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    issued_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    voided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    voided_at = models.DateTimeField(null=True, blank=True)

    objects = OutgoingDocumentQuerySet.as_manager()

    if TYPE_CHECKING:
        files: RelatedManager["IssuedFile"]

    class Meta:
        ordering = ["-issued_on", "-pk"]
        indexes = [models.Index(fields=["org_unit", "issued_on"], name="outgoing_register")]  # the register's page
        constraints = [
            models.UniqueConstraint(fields=["series", "serial"], name="outgoing_number_once"),
            models.CheckConstraint(
                condition=~Q(status="issued") | Q(issued_on__isnull=False), name="issued_document_has_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("plans:outgoing_detail", args=[self.pk])


class IssuedFile(models.Model):
    """A file that is the issued document: made here, signed here or elsewhere, or a scan of the signed paper.

    Private: served only from behind the rights check. ``signatures`` is what was read from the file when it came.
    """

    class Kind(models.TextChoices):
        PDF = "pdf", "PDF do hệ thống tạo"
        SIGNED = "signed", "PDF đã ký số"
        SCAN = "scan", "Bản quét văn bản đã ký"
        WORD = "word", "Tệp Word"

    document = models.ForeignKey(OutgoingDocument, models.PROTECT, related_name="files", verbose_name="văn bản")
    kind = models.CharField("loại tệp", max_length=10, choices=Kind)
    file = models.FileField(upload_to="issued/%Y/")
    sha256 = models.CharField("mã băm", max_length=64)
    size = models.PositiveIntegerField("dung lượng")
    pages = models.PositiveSmallIntegerField("số trang", null=True, blank=True)
    signatures: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list, blank=True)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["document", "pk"]
        indexes = [models.Index(fields=["sha256"], name="issued_file_hash")]  # a paper is held against its hash

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.document}"

    @property
    def signature_entries(self) -> list[dict[str, Any]]:
        """The signatures with the time of each as an instant (``signed_time``), or None where it is not told."""
        return [
            entry
            | {"signed_time": datetime.datetime.fromisoformat(entry["signed_at"]) if entry.get("signed_at") else None}
            for entry in self.signatures
        ]

    @property
    def is_trial(self) -> bool:
        """Whether somebody signed the file with a certificate of their own making, which has no legal value."""
        return any(entry.get("is_test") for entry in self.signatures)
