"""A year of 1,500 units day by day on PostgreSQL: every letter is held against the statement of tests/year."""

import time

from tests.year.comparison import differences_of
from tests.year.lives import lived
from tests.year.product import Lived, live

UNITS = 1500


def year() -> int:
    """Live through it; prints what differs, and returns how many differences there are."""
    started = time.perf_counter()
    made = Lived(lived(UNITS))
    print(f"{UNITS:,} base units with their people in {time.perf_counter() - started:.0f} s", flush=True)
    started = time.perf_counter()
    live(made)
    print(f"A year lived in {time.perf_counter() - started:.0f} s", flush=True)
    found = list(differences_of(made))
    for line in found:
        print(line)
    return len(found)
