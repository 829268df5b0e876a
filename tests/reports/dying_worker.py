"""``python -m tests.reports.dying_worker POINT``: sends reminders and is killed at that point, as by ``kill -9``."""

import os
import signal
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from orgunits import mail  # noqa: E402
from orgunits.models.delivery import DeliveryQuerySet  # noqa: E402
from reports import reminders  # noqa: E402

SURVIVED = 3  # letters that go out before a point that lies inside one


def die(*args: Any, **kwargs: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(owner: Any, name: str, times: int = 0) -> None:
    """Die once the method has done its work, the first ``times`` calls excepted."""
    method, left = getattr(owner, name), [times]

    def deadly(*args: Any, **kwargs: Any) -> Any:
        outcome = method(*args, **kwargs)
        left[0] -= 1
        if left[0] < 0:
            die()
        return outcome

    setattr(owner, name, deadly)


POINTS = {
    "never": lambda: None,
    "before the claim": lambda: setattr(DeliveryQuerySet, "claim_many", die),
    "after the claim": lambda: after(DeliveryQuerySet, "claim_many"),
    "begun, not sent": lambda: after(DeliveryQuerySet, "start", SURVIVED),
    "taken, not recorded": lambda: after(mail.Line, "send", SURVIVED),
}

if __name__ == "__main__":
    POINTS[sys.argv[1]]()
    reminders.drain()
