"""Signing in: what we change in django-allauth. Sign-up is closed; accounts come from an administrator's invitation."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.views import LoginView
from allauth.core import context as allauth_context
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from orgunits import audit, sample
from orgunits.models import OrgUnit, RoleAssignment, User

SAMPLE_FLAG_SECONDS = 60


class AccountAdapter(DefaultAccountAdapter):
    """allauth's hooks, where our rule differs from its default."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def format_email_subject(self, subject: str) -> str:
        return f"[Măng Non] {subject}"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")

    @transaction.atomic
    def set_password(self, user: User, password: str) -> None:
        super().set_password(user, password)
        audit.record("person.password", user, by=user)

    def reauthenticate(self, user: User, password: str) -> bool:
        """Check the password again under the same limits as a sign-in.

        allauth asks its own table of addresses, which is empty here: the address stands on the person.
        """
        found = self.authenticate(allauth_context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        super().send_notification_mail(template_prefix, user, context, email or user.email)


class SignInView(LoginView):
    """allauth's sign-in page; it names the sample accounts where only sample data is loaded."""

    def get_initial(self) -> dict[str, Any]:
        return super().get_initial() | {"login": self.request.GET.get("tk", "")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "sample_roles": sample_roles(),
        }


def sample_data_loaded() -> bool:
    """Whether this installation shows sample data; remembered for a minute."""
    return bool(cache.get_or_set("sample_data", OrgUnit.objects.filter(is_sample=True).exists, SAMPLE_FLAG_SECONDS))


def sample_roles() -> list[RoleAssignment]:
    """The roles of the sample people whom the sign-in page shows, in the order of the data; empty without them."""
    if not sample_data_loaded():
        return []
    addresses = sample.shown_addresses()
    held = RoleAssignment.objects.as_of(timezone.localdate()).filter(
        user__is_sample=True, user__is_active=True, user__email__in=addresses
    )
    found = held.select_related("user", "org_unit").prefetch_related("org_unit__placements")
    return sorted(found, key=lambda role: addresses.index(role.user.email))
