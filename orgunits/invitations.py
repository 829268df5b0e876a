"""Invites people: an account without a password, a first role, and a letter with a link that expires."""

import datetime

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from orgunits import appointments, audit, mail
from orgunits.models import Invitation, OrgUnit, Role, RoleAssignment, User
from orgunits.vietnamese import nfc


@transaction.atomic
def invite(
    *,
    email: str,
    full_name: str,
    unit: OrgUnit | None,
    role: str,
    since: datetime.date,
    until: datetime.date | None = None,
    by: User,
    on: datetime.date,
) -> tuple[User, Invitation | None]:
    """Give the address an account and a role; the invitation is None where the account exists and has a password.

    Raises PermissionDenied outside the scope of ``by``, ValidationError as ``appointments.give_role`` does.
    """
    user = _account(email, full_name, by=by, org_unit=unit)
    appointments.give_role(user, role, unit, since=since, until=until, by=by, on=on)
    return user, None if user.has_usable_password() else Invitation.objects.create(recipient=user, invited_by=by)


@transaction.atomic
def appoint_administrator(email: str, full_name: str, *, on: datetime.date) -> tuple[User, Invitation | None]:
    """Make somebody an administrator of the whole installation, as the machine's owner may; no page makes the first.

    The invitation is None where the account has a password. Doing it again gives a new link and changes nothing else.
    Raises ValidationError for what is no address, and for an account that was deactivated.
    """
    validate_email(email)
    user = _account(email, full_name, by=None)
    if not user.is_active:
        raise ValidationError("Tài khoản này đã ngừng hoạt động.")
    role = Role.ADMINISTRATOR
    if not user.role_assignments.as_of(on).filter(org_unit=None, role=role).exists():
        RoleAssignment.objects.create(user=user, org_unit=None, role=role, valid_from=on)
        audit.record("role.give", user, by=None, role=role, valid_from=on.isoformat())
    return user, None if user.has_usable_password() else Invitation.objects.create(recipient=user)


def _account(email: str, full_name: str, *, by: User | None, org_unit: OrgUnit | None = None) -> User:
    """The account of that address, made where there is none; of two that are made at the same moment one stays.

    Whether ``by`` may do so is asked when the role is given, in the same transaction.
    """
    existing = User.objects.filter(email=email.lower())
    user = existing.first()
    if user is None:
        try:
            with transaction.atomic():
                user = User.objects.create_user(email, full_name=nfc(" ".join(full_name.split())))
        except IntegrityError:
            return existing.get()
        audit.record("person.invite", user, by=by, org_unit=org_unit)
    return user


@transaction.atomic
def invite_again(user: User, *, by: User, on: datetime.date) -> Invitation:
    """Write a new letter; earlier ones that still wait are dropped. Raises ValidationError once a password is set."""
    appointments.require_account_rights(user, by=by, on=on)
    if not user.is_active:
        raise ValidationError("Tài khoản này đã ngừng hoạt động; hãy mở lại trước khi gửi thư mời.")
    if user.has_usable_password():
        raise ValidationError("Người này đã đặt mật khẩu; nếu quên, hãy dùng trang “Quên mật khẩu”.")
    Invitation.objects.filter(recipient=user).waiting().update(
        status=Invitation.Status.CANCELLED, error="Đã có thư mời mới hơn."
    )
    audit.record("person.invite_again", user, by=by)
    return Invitation.objects.create(recipient=user, invited_by=by)


def password_link(user: User) -> str:
    """A fresh address at which the person sets the password."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return settings.SITE_URL + reverse("account_reset_password_from_key", kwargs=key)


def deliver(pk: int) -> bool:
    """Send one invitation if it waits and nobody else sends it."""
    return mail.deliver(Invitation, pk, letter)


def letter(row: Invitation) -> mail.Letter:
    """What the invitation says now; a fresh link, because the old one may have expired while the row waited."""
    user = row.recipient
    if user.has_usable_password():
        raise mail.NotNeeded("Người nhận đã đặt mật khẩu.")
    expires_at = timezone.now() + datetime.timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    context = {
        "link": password_link(user),
        "forgot_link": settings.SITE_URL + reverse("account_reset_password"),
        "expires_at": expires_at,
        "invited_by": row.invited_by,
        "roles": user.role_assignments.select_related("org_unit").prefetch_related("org_unit__placements"),
    }
    return mail.Letter("invitation", context)
