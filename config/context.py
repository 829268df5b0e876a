"""What every page shows around its content: who is signed in, for which units, and the menu."""

from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import cached_property

from orgunits import delegations, notifications
from orgunits.models import OrgUnit, Role, RoleAssignment, User


@dataclass(frozen=True)
class MenuItem:
    """One line of the menu; ``icon`` is a Lucide name, ``url`` is empty in the table and filled for the page."""

    url_name: str
    label: str
    icon: str
    url: str = ""
    current: bool = False


EVERYBODY = [
    MenuItem("home", "Việc cần làm", "list-checks"),
    MenuItem("reports:report_list", "Báo cáo", "file-text"),
    MenuItem("reports:due_month", "Lịch báo cáo", "calendar-days"),
    MenuItem("reports:activity_list", "Sổ hoạt động", "calendar-heart"),
    MenuItem("plans:plan_list", "Kế hoạch", "scroll-text"),
    MenuItem("reports:dashboard_home", "Bảng theo dõi", "chart-column"),
]
REVIEWERS = [MenuItem("reports:review_queue", "Xét duyệt", "stamp")]
OFFICIAL_LETTERS = MenuItem("reports:official_letter_list", "Công văn", "mail")
DELEGATION = MenuItem("orgunits:delegation_list", "Ủy quyền", "user-round-check")
LETTERS = MenuItem("reports:reminder_list", "Thư nhắc", "bell-ring")
ADMINISTRATORS = [
    MenuItem("orgunits:unit_list", "Đơn vị", "network"),
    MenuItem("orgunits:person_list", "Người dùng", "users"),
    MenuItem("reports:duty_list", "Chế độ báo cáo", "calendar-clock"),
    MenuItem("reports:form_list", "Biểu mẫu", "clipboard-list"),
    MenuItem("reports:address_problems", "Địa chỉ thư có vấn đề", "mail-warning"),
    MenuItem("channels:webhook_list", "Cổng gửi tin", "webhook"),
    MenuItem("orgunits:audit_list", "Nhật ký", "history"),
]
SPECIAL_DAYS = MenuItem("orgunits:special_day_list", "Ngày nghỉ", "calendar-off")
OUTBOX = MenuItem("orgunits:outbox", "Hộp thư đi", "mail")


class Viewer:
    """The signed-in person as the frame of the page needs them; asks the database once, and only when it is shown."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def roles(self) -> list[RoleAssignment]:
        """The roles that hold today, with their units and the units' names."""
        user = cast(User, self.request.user)
        held = user.role_assignments.as_of(timezone.localdate())
        held = held.select_related("org_unit", "delegated_by")
        return list(held.prefetch_related("org_unit__placements").order_by("pk"))

    @property
    def delegations_received(self) -> list[RoleAssignment]:
        """In whose place the person reviews today."""
        return [role for role in self.roles if role.delegated_by_id]

    @cached_property
    def delegations_given(self) -> list[RoleAssignment]:
        """Who reviews today in the person's place; asked only for those who review in their own right."""
        if not any(role.role == Role.REVIEWER and not role.delegated_by_id for role in self.roles):
            return []
        given = delegations.delegations().as_of(timezone.localdate())
        return list(given.filter(delegated_by=cast(User, self.request.user), user__is_active=True))

    @cached_property
    def units(self) -> list[OrgUnit]:
        """The units on which the person holds a role, each once, in the order in which the roles were given."""
        return list({role.org_unit_id: role.org_unit for role in self.roles if role.org_unit}.values())

    @property
    def unit_names(self) -> list[str]:
        """The units under the names that they have today."""
        today = timezone.localdate()
        return [unit.name_on(today) for unit in self.units]

    @property
    def is_administrator(self) -> bool:
        return any(role.role == Role.ADMINISTRATOR for role in self.roles)

    @property
    def is_system_administrator(self) -> bool:
        return any(role.org_unit_id is None for role in self.roles)

    @cached_property
    def unread(self) -> int:
        """How many notifications the bell counts."""
        return notifications.unread_count(cast(User, self.request.user))

    @property
    def unread_text(self) -> str:
        return f"{notifications.MOST_SHOWN}+" if self.unread > notifications.MOST_SHOWN else str(self.unread)

    @cached_property
    def navigation(self) -> list[tuple[str, list[MenuItem]]]:
        """Groups of the menu with their items; rights are checked by the pages themselves."""
        reviews = any(role.role == Role.REVIEWER for role in self.roles)
        items = EVERYBODY[:1] + REVIEWERS + EVERYBODY[1:] if reviews else EVERYBODY
        items = [*items, DELEGATION] if reviews else items
        groups = [("", [*items, OFFICIAL_LETTERS, LETTERS] if reviews or self.is_administrator else items)]
        if self.is_administrator:
            whole = [SPECIAL_DAYS, OUTBOX] if self.is_system_administrator else []
            groups.append(("Quản trị", [*ADMINISTRATORS, *whole]))
        return [(label, self._resolved(items)) for label, items in groups]

    def _resolved(self, items: list[MenuItem]) -> list[MenuItem]:
        return [
            MenuItem(item.url_name, item.label, item.icon, url, self._is_current(url))
            for item in items
            if (url := _url(item.url_name))
        ]

    def _is_current(self, url: str) -> bool:
        here = self.request.path
        return here == url if url == reverse("home") else here.startswith(url)


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def site(request: HttpRequest) -> dict[str, Any]:
    """The context processor of every template."""
    return {"viewer": Viewer(request)}
