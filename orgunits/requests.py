"""What a view may rely on once ``login_required`` has let the request through."""

from django.http import HttpRequest

from orgunits.models import User


class SignedInRequest(HttpRequest):
    """A request whose user is a person of ours, never an anonymous one; a type for views, made nowhere."""

    user: User
