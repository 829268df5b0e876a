"""Channels beside the letters: a person's choice, bounced addresses, notifications in the product, calendar feeds."""

import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

from orgunits.models.people import User
from orgunits.models.units import OrgUnit


class MessagePreference(models.Model):
    """How often a person wants reminders by mail; without a row it is each one by itself.

    A letter about what is overdue goes out by itself whatever stands here.
    """

    class Reminders(models.TextChoices):
        EACH = "each", "từng thư một"
        DAILY = "daily", "một thư tổng hợp mỗi ngày"

    class Through(models.TextChoices):
        PAGE = "page", "trang Cách nhận thư"
        UNSUBSCRIBE = "unsubscribe", "liên kết trong thư"

    user = models.OneToOneField(
        User, models.CASCADE, primary_key=True, related_name="message_preference", verbose_name="người dùng"
    )
    reminders = models.CharField("thư nhắc", max_length=10, choices=Reminders, default=Reminders.EACH)
    changed_at = models.DateTimeField("đổi lúc")
    changed_through = models.CharField("đổi qua", max_length=12, choices=Through)

    def __str__(self) -> str:
        return f"{self.user}: {self.get_reminders_display()}"


class BounceQuerySet(models.QuerySet["Bounce"]):
    def current(self) -> Self:
        """What nobody has cleared and what is about the address that the person has now."""
        return self.filter(cleared_at__isnull=True, address=F("user__email"))


class Bounce(models.Model):
    """A letter came back from this address. It stands until somebody tries again or the address is another one."""

    user = models.ForeignKey(User, models.CASCADE, related_name="bounces", verbose_name="người nhận")
    address = models.EmailField("địa chỉ")
    status = models.CharField("mã trạng thái", max_length=20)  # of RFC 3463: 5.1.1 is an unknown mailbox
    reason = models.CharField("lý do", max_length=500)
    letter = models.CharField("thư bị trả", max_length=200)  # its Message-ID
    subject = models.CharField("tiêu đề", max_length=250, blank=True)
    count = models.PositiveIntegerField("số lần", default=1)
    bounced_at = models.DateTimeField("trả lại lúc")
    cleared_at = models.DateTimeField("thử lại từ", null=True)
    cleared_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = BounceQuerySet.as_manager()

    class Meta:
        ordering = ["-bounced_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "address", "letter"], name="bounce_once_a_letter"),
        ]
        indexes = [models.Index(fields=["user"], condition=Q(cleared_at__isnull=True), name="bounce_current")]

    def __str__(self) -> str:
        return f"{self.address}: {self.status}"

    @property
    def is_permanent(self) -> bool:
        return self.status.startswith("5")


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: User) -> Self:
        """A person's notifications are theirs alone."""
        return self.filter(recipient=user)

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)

    def older_than(self, at: datetime.datetime) -> Self:
        return self.filter(created_at__lt=at)


class Notification(models.Model):
    """One line under the bell. ``key`` says what it is about: whoever writes it again writes nothing.

    ``org_unit`` is the unit through which the person learned of it: who no longer sees the unit no longer reads the
    words. ``url`` is a path of our own.
    """

    recipient = models.ForeignKey(
        User, models.CASCADE, related_name="notifications", verbose_name="người nhận", db_index=False
    )
    key = models.CharField(max_length=100)
    title = models.CharField("tiêu đề", max_length=250)
    text = models.CharField("nội dung", max_length=500, blank=True)
    url = models.CharField("địa chỉ", max_length=300)
    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField("lúc", auto_now_add=True)
    read_at = models.DateTimeField("đọc lúc", null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["recipient", "key"], name="notification_once")]
        indexes = [
            models.Index(fields=["recipient", "-created_at"], name="notification_newest"),  # the page
            models.Index(
                fields=["recipient"], condition=Q(read_at__isnull=True), name="notification_unread"
            ),  # the bell, on every page
        ]

    def __str__(self) -> str:
        return self.title


class CalendarFeed(models.Model):
    """The secret address of a person's calendar: only its hash is kept, and the salt from which it was made."""

    user = models.OneToOneField(
        User, models.CASCADE, primary_key=True, related_name="calendar_feed", verbose_name="người dùng"
    )
    salt = models.CharField(max_length=40)
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField("tạo lúc")
    read_at = models.DateTimeField("đọc gần nhất", null=True)

    def __str__(self) -> str:
        return f"Lịch của {self.user}"
