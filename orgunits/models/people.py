"""People, and the dated roles that they hold on units."""

import datetime
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.urls import reverse

from orgunits.models.units import OrgUnit
from orgunits.vietnamese import person_sort_key, searchable, without_marks


class UserQuerySet(models.QuerySet["User"]):
    def search(self, text: str) -> Self:
        wanted = searchable(text)
        return self.filter(Q(search_name__contains=without_marks(wanted)) | Q(email__icontains=wanted))

    def administered_by(self, user: "User", on: datetime.date) -> Self:
        """People who hold or held a role where the user administers; everybody for the whole installation."""
        if user.role_assignments.as_of(on).filter(role=Role.ADMINISTRATOR, org_unit__isnull=True).exists():
            return self.all()
        units = OrgUnit.objects.administered_by(user, on).values("pk")
        return self.filter(pk__in=RoleAssignment.objects.filter(org_unit__in=units).values("user_id"))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.search_name, user.sort_name = without_marks(user.full_name), person_sort_key(user.full_name)
        user.set_password(password) if password else user.set_unusable_password()
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person who signs in by e-mail address. Rights come from roles, never from flags on the person."""

    email = models.EmailField(
        "thư điện tử",
        unique=True,
        error_messages={"unique": "Địa chỉ này đã có người dùng."},
    )
    full_name = models.CharField("họ và tên", max_length=150)
    phone = models.CharField("điện thoại", max_length=40, blank=True)
    is_active = models.BooleanField("đang hoạt động", default=True)
    is_sample = models.BooleanField("dữ liệu mẫu", default=False)
    search_name = models.CharField(max_length=150, editable=False)
    sort_name = models.CharField(max_length=400, editable=False, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        ordering = ["sort_name", "pk"]

    def __str__(self) -> str:
        return self.full_name

    def get_absolute_url(self) -> str:
        return reverse("orgunits:person_detail", args=[self.pk])


class Role(models.TextChoices):
    REPORTER = "reporter", "Người lập báo cáo"
    APPROVER = "approver", "Người ký duyệt của đơn vị"
    REVIEWER = "reviewer", "Người xét duyệt cấp trên"
    VIEWER = "viewer", "Người xem"
    ADMINISTRATOR = "administrator", "Quản trị"


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def as_of(self, day: datetime.date) -> Self:
        """Roles that hold on that day; ``valid_to`` is excluded."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day), valid_from__lte=day)


class RoleAssignment(models.Model):
    """A person's role on a unit over ``[valid_from, valid_to)``; it reaches down the unit's subtree.

    Without a unit it is the administrator of the whole installation.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="role_assignments", verbose_name="người dùng")
    org_unit = models.ForeignKey(
        OrgUnit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="role_assignments",
        verbose_name="đơn vị",
    )
    role = models.CharField("vai trò", max_length=20, choices=Role)
    valid_from = models.DateField("từ ngày")
    valid_to = models.DateField("đến trước ngày", null=True, blank=True)
    delegated_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="delegations", verbose_name="ủy quyền của"
    )  # a reviewer on leave; the role then has an end
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_from", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "org_unit", "role"],
                condition=Q(valid_to__isnull=True),
                name="role_open_once",
                violation_error_message="Người này đang giữ vai trò đó ở đơn vị đó.",
            ),
            models.CheckConstraint(
                condition=Q(org_unit__isnull=False) | Q(role="administrator"),
                name="role_without_unit_is_administrator",
                violation_error_message="Hãy chọn đơn vị.",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=models.F("valid_from")),
                name="role_ends_after_it_starts",
                violation_error_message="Ngày kết thúc phải sau ngày bắt đầu.",
            ),
            models.CheckConstraint(
                condition=Q(delegated_by__isnull=True) | Q(role="reviewer", valid_to__isnull=False),
                name="delegation_is_of_review_and_ends",
                violation_error_message="Ủy quyền xét duyệt phải có ngày kết thúc.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"

    @property
    def last_day(self) -> datetime.date | None:
        """The last day on which the role holds; None without an end."""
        return self.valid_to and self.valid_to - datetime.timedelta(days=1)

    def holds_on(self, day: datetime.date) -> bool:
        """``as_of`` for one row."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)
