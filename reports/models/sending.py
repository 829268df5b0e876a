"""What people set about messages: the ladder of a duty, the hours of sending, and the texts."""

import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q

from orgunits.models import User
from plans.models import ReportingDuty


class DutyLadder(models.Model):
    """The steps of one duty as an administrator set them; a duty without a row has the default ones.

    ``steps`` is a list of ``[days, circle]``, the earliest first: days before the last good day, 0 on it, negative
    after it. ``edits`` counts the changes, so that of two people who save at once one hears of the other.
    """

    class Circle(models.TextChoices):
        UNIT = "unit", "Đơn vị"
        HEAD = "head", "Đơn vị và thủ trưởng"
        SUPERIOR = "superior", "Cả cấp trên"

    duty = models.OneToOneField(ReportingDuty, models.CASCADE, related_name="ladder", verbose_name="chế độ báo cáo")
    steps = models.JSONField("các mốc nhắc")
    edits = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return str(self.duty)


def _working_days() -> list[int]:
    return [0, 1, 2, 3, 4]


class SendingHours(models.Model):
    """When messages may start by themselves, for the whole installation: one row, or none for the defaults.

    Each end is excluded: a waking day from 7:00 to 20:00 ends with 19:59:59.
    """

    only = models.BooleanField(default=True, unique=True, editable=False)
    waking_from = models.TimeField("gửi từ", default=datetime.time(7))
    waking_to = models.TimeField("đến trước", default=datetime.time(20))
    working_from = models.TimeField("giờ làm việc từ", default=datetime.time(8))
    working_to = models.TimeField("đến trước", default=datetime.time(17))
    working_days = models.JSONField("ngày làm việc", default=_working_days)  # 0 is Monday
    edits = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(only=True), name="sending_hours_one_row"),
            models.CheckConstraint(
                condition=Q(waking_from__lt=F("waking_to"), working_from__lt=F("working_to")),
                name="sending_hours_begin_before_they_end",
                violation_error_message="Giờ bắt đầu phải trước giờ kết thúc.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.waking_from:%H:%M}–{self.waking_to:%H:%M}"


class MessageTemplate(models.Model):
    """The words of one kind of message as an administrator wrote them; a kind without a row has the default ones."""

    kind = models.CharField("loại thư", max_length=30, unique=True)
    subject = models.CharField("tiêu đề", max_length=200)
    body = models.TextField("nội dung", max_length=4000)
    edits = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return self.kind

    @property
    def words(self) -> dict[str, Any]:
        return {"subject": self.subject, "body": self.body}
