"""Takes one returned letter from the mail server's pipe: ``| python manage.py take_bounce``."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error
from django.utils import timezone

from orgunits import bounces

TRY_LATER = 75  # EX_TEMPFAIL: the mail server keeps the message and comes again


class Command(BaseCommand):
    help = "Reads one delivery report (RFC 3464) from standard input and marks the address that it gives up."

    def handle(self, *args: Any, **options: Any) -> None:
        """What is no report of ours is said and let go: an error would make the mail server bounce the bounce."""
        raw = sys.stdin.buffer.read(bounces.MOST_BYTES + 1)
        try:
            found = bounces.take(raw, at=timezone.now())
        except bounces.NotABounce as reason:
            self.stderr.write(f"ignored: {reason}")
        except Error as error:
            self.stderr.write(f"the database does not answer: {error}")
            sys.exit(TRY_LATER)
        else:
            self.stdout.write(f"marked: {len(found)}")
