"""What a reviewer should look at in a filed revision, found once when it is filed."""

from typing import Any

from reports import text_prints
from reports.models import Revision


def write(revision: Revision, found: dict[str, Any]) -> None:
    """Keep on the revision what ``found`` says of its content and which texts are old, and how many things that are.

    Call it in the transaction that files, for a revision that nobody has seen yet.
    """
    every = {**found, **text_prints.flags(revision)}
    revision.flags = {name: value for name, value in every.items() if value}
    revision.flag_count = sum(len(value) for value in revision.flags.values())
    revision.save(update_fields=["flags", "flag_count"])
