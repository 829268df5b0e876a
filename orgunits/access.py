"""Doors of the administrators' pages: signed out goes to sign-in, signed in without the role gets 403."""

import functools
from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from orgunits import roles
from orgunits.requests import SignedInRequest

View = Callable[..., HttpResponse]


def administrators_only(view: View) -> View:
    """For pages of whoever administers at least one unit; what is on them is limited to that scope by the view."""

    @login_required
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = cast(SignedInRequest, request).user
        if not roles.administers_anything(user, on=timezone.localdate()):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def system_administrators_only(view: View) -> View:
    """For what concerns everybody: the names of levels, the outgoing mail."""

    @login_required
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = cast(SignedInRequest, request).user
        if not roles.is_system_administrator(user, on=timezone.localdate()):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
