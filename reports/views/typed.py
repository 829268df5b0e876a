"""What a form sends beside its fields."""

from django.http import HttpRequest

MOST = 1_000_000_000


def seen_edits(request: HttpRequest) -> int:
    """How many changes the person had seen when the page was made; one that nobody made where it was tampered with."""
    typed = request.POST.get("seen", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else MOST
