import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from orgunits.models import OrgUnit, User

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class LetterheadQuerySet(models.QuerySet["Letterhead"]):
    def as_of(self, day: datetime.date) -> Self:
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day), valid_from__lte=day)

    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        return self.filter(org_unit__in=OrgUnit.objects.visible_to(user, on))


class Letterhead(models.Model):
    """What a unit's documents carry over ``[valid_from, valid_to)``; the style follows from the unit's sector.

    The signer here signs unless another is chosen from ``signers``.
    """

    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="letterheads", verbose_name="đơn vị")
    valid_from = models.DateField("từ ngày")
    valid_to = models.DateField("đến trước ngày", null=True, blank=True)
    superior_line = models.CharField("cơ quan chủ quản", max_length=200, blank=True)
    issuer_line = models.TextField("tên cơ quan ban hành")  # "\n" where the line breaks
    body_code = models.CharField("ký hiệu", max_length=40, blank=True)
    place_name = models.CharField("địa danh", max_length=100, blank=True)
    signing_authority = models.CharField("quyền hạn ký", max_length=150, blank=True)
    signer_post = models.CharField("chức vụ người ký", max_length=150, blank=True)
    signer_name = models.CharField("người ký", max_length=150, blank=True)
    recipients = models.TextField("nơi nhận", blank=True)  # one a line
    drafting_code = models.CharField("ký hiệu đơn vị soạn thảo", max_length=40, blank=True)  # of a công văn
    numbers_by_type = models.BooleanField("mỗi loại văn bản một dãy số", default=False)
    signature_image = models.FileField("ảnh chữ ký", upload_to="letterheads/", blank=True)  # private, of signer_name
    seal_image = models.FileField("ảnh con dấu", upload_to="letterheads/", blank=True)  # private
    has_verify_code = models.BooleanField("in mã xác minh", default=True)

    objects = LetterheadQuerySet.as_manager()

    if TYPE_CHECKING:
        signers: RelatedManager["Signer"]

    class Meta:
        ordering = ["org_unit", "valid_from"]
        constraints = [models.UniqueConstraint(fields=["org_unit", "valid_from"], name="letterhead_starts_once")]

    def __str__(self) -> str:
        return " ".join(self.issuer_line.split())

    @property
    def last_day(self) -> datetime.date | None:
        """The last day on which it is used; None while no end is known."""
        return self.valid_to and self.valid_to - datetime.timedelta(days=1)


class Signer(models.Model):
    """Another person who signs the unit's documents, with the authority in which that is done."""

    letterhead = models.ForeignKey(Letterhead, models.CASCADE, related_name="signers", verbose_name="mẫu văn bản")
    order = models.PositiveSmallIntegerField("thứ tự", default=0)
    authority = models.CharField("quyền hạn ký", max_length=150, blank=True)  # "\n" between lines
    post = models.CharField("chức vụ", max_length=150)
    name = models.CharField("họ và tên", max_length=150)
    signature_image = models.FileField("ảnh chữ ký", upload_to="letterheads/", blank=True)  # private

    class Meta:
        ordering = ["letterhead", "order", "pk"]

    def __str__(self) -> str:
        return f"{self.post} {self.name}"
