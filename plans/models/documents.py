"""Documents (văn bản): what was issued by whom, on which day, based on what, sent to whom."""

from django.db import models
from django.db.models import Q
from django.urls import reverse

from orgunits.models import OrgUnit, Sector


class Programme(models.Model):
    """A directive or national programme from which plans derive (Chỉ thị 28-CT/TW, Chỉ thị 20-CT/TW …)."""

    code = models.SlugField("mã", max_length=40, unique=True)
    name = models.CharField("tên chương trình", max_length=400)
    short_name = models.CharField("tên gọi tắt", max_length=100)
    year_from = models.PositiveSmallIntegerField("từ năm", null=True, blank=True)
    year_to = models.PositiveSmallIntegerField("đến năm", null=True, blank=True)
    root_document = models.ForeignKey(
        "plans.Document",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="root_of_programmes",
        verbose_name="văn bản gốc",
    )

    class Meta:
        ordering = ["-year_from", "code"]

    def __str__(self) -> str:
        return self.short_name

    def get_absolute_url(self) -> str:
        return reverse("plans:programme_detail", args=[self.pk])


class Document(models.Model):
    """A văn bản. What its text does not say stays empty; verbatim fields keep the source's own spelling."""

    class Kind(models.TextChoices):
        DIRECTIVE = "directive", "Chỉ thị"
        RESOLUTION = "resolution", "Nghị quyết"
        DECISION = "decision", "Quyết định"
        PLAN = "plan", "Kế hoạch"
        LETTER = "letter", "Công văn"
        REPORT = "report", "Báo cáo"
        GUIDANCE = "guidance", "Hướng dẫn"
        LAW = "law", "Văn bản quy phạm pháp luật"
        OTHER = "other", "Văn bản khác"

    key = models.SlugField("khóa dữ liệu", max_length=80, unique=True, null=True, blank=True)  # natural key of loaders
    kind = models.CharField("loại văn bản", max_length=20, choices=Kind)
    sector = models.CharField("hệ thống", max_length=20, choices=Sector, blank=True)
    number = models.CharField("số, ký hiệu", max_length=80, blank=True)  # verbatim: "57/KH - CĐVC"
    serial = models.PositiveIntegerField("số thứ tự", null=True, blank=True)
    body_code = models.CharField("ký hiệu cơ quan", max_length=40, blank=True)
    issuer_unit = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name="đơn vị ban hành"
    )
    issuer_name = models.CharField("cơ quan ban hành", max_length=250, blank=True)
    place_name = models.CharField("địa danh", max_length=100, blank=True)
    issued_on = models.DateField("ngày ban hành", null=True, blank=True)
    issued_month = models.PositiveSmallIntegerField("tháng", null=True, blank=True)  # known while the day is not
    issued_year = models.PositiveSmallIntegerField("năm", null=True, blank=True)
    issued_text = models.CharField("ngày ban hành (nguyên văn)", max_length=80, blank=True)
    subject = models.TextField("trích yếu", blank=True)
    programme = models.ForeignKey(
        Programme, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name="chương trình"
    )
    derives_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="derived", verbose_name="triển khai văn bản"
    )
    signing_authority = models.CharField("quyền hạn ký", max_length=150, blank=True)  # verbatim lines, "\n" between
    signer_post = models.CharField("chức vụ người ký", max_length=150, blank=True)
    signer_name = models.CharField("người ký", max_length=150, blank=True)
    source_text = models.TextField("văn bản nguồn", blank=True)
    is_sample = models.BooleanField("dữ liệu mẫu", default=False)
    edited_at = models.DateTimeField(null=True, blank=True)  # set when a person corrects it: loaders leave it alone

    class Meta:
        ordering = ["issued_year", "issued_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(issued_month__isnull=True) | Q(issued_month__range=(1, 12)), name="document_month_1_to_12"
            )
        ]

    def __str__(self) -> str:
        kind = self.get_kind_display()
        return f"{kind} {self.number}" if self.is_numbered else f"{kind} (chưa có số)"

    @property
    def date_words(self) -> str:
        """The day of issue as the document writes it; made from the date where no words were kept."""
        if self.issued_text or not self.issued_year:
            return self.issued_text
        day = f"ngày {self.issued_on:%d} " if self.issued_on else ""
        month = f"tháng {self.issued_month} " if self.issued_month else ""
        return f"{day}{month}năm {self.issued_year}"

    @property
    def is_numbered(self) -> bool:
        """False for "/KH - UBND": the symbol is there, the number is still to come."""
        return bool(self.number) and not self.number.lstrip().startswith("/")

    @property
    def issuer(self) -> str:
        return self.issuer_name or (self.issuer_unit.name if self.issuer_unit else "")


class Citation(models.Model):
    """A document that another one names, as its text says it, linked to the cited document where that is known."""

    class Relation(models.TextChoices):
        BASIS = "basis", "Căn cứ, văn bản được triển khai"
        MENTION = "mention", "Văn bản được nhắc đến"

    document = models.ForeignKey(Document, models.CASCADE, related_name="citations", verbose_name="văn bản")
    order = models.PositiveSmallIntegerField("thứ tự", default=0)
    text = models.TextField("nội dung căn cứ")
    cited = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="cited_by", verbose_name="văn bản được dẫn"
    )
    relation = models.CharField("quan hệ", max_length=8, choices=Relation, default=Relation.BASIS)

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.text[:80]


class Recipient(models.Model):
    """One line of Kính gửi or Nơi nhận, verbatim with its note ("b/c", "Lưu")."""

    class Kind(models.TextChoices):
        ADDRESSEE = "addressee", "Kính gửi"
        COPY = "copy", "Nơi nhận"

    document = models.ForeignKey(Document, models.CASCADE, related_name="recipients", verbose_name="văn bản")
    kind = models.CharField("mục", max_length=12, choices=Kind, default=Kind.COPY)
    order = models.PositiveSmallIntegerField("thứ tự", default=0)
    text = models.CharField("nơi nhận", max_length=300)

    class Meta:
        ordering = ["kind", "order", "pk"]

    def __str__(self) -> str:
        return self.text
