"""Several people who press at the same moment, each in a thread with an own connection."""

import threading
import time
from collections.abc import Callable

from django.db import connection

from orgunits.transitions import Conflict

PATIENCE = 180  # seconds for all others to come; it costs nothing where they do, and two cores may be busy elsewhere


def press_together(actions: list[Callable[[], object]]) -> list[str]:
    """What became of each action, in order: ``won`` or the sentence of its Conflict; other errors come up."""
    start = threading.Barrier(len(actions))
    outcomes: list[str] = [""] * len(actions)
    errors: list[BaseException] = []

    def press(place: int, action: Callable[[], object]) -> None:
        try:
            start.wait(PATIENCE)
            action()
            outcomes[place] = "won"
        except Conflict as conflict:
            outcomes[place] = str(conflict)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=press, args=(place, action), daemon=True) for place, action in enumerate(actions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE)
    if errors:
        raise next((error for error in errors if not isinstance(error, threading.BrokenBarrierError)), errors[0])
    assert not any(thread.is_alive() for thread in threads), "somebody has not come back"
    return outcomes


def wait_for_a_waiter() -> None:
    """Go on once somebody waits for a lock of this very transaction; PostgreSQL only."""
    end = time.monotonic() + PATIENCE
    waiting = 0
    while not waiting and time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            waiting = cursor.fetchone()[0]
    assert waiting, "nobody waited: the race did not take place"
