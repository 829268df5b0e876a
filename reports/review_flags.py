"""What a reviewer should look at in a filed revision, found once when it is filed."""

from typing import Any

from reports.models import Revision


def write(revision: Revision, found: dict[str, Any]) -> None:
    """Keep what was found in the content on the revision, with how many things there are to look at."""
    flags = {name: value for name, value in found.items() if value}
    revision.flags = flags
    revision.flag_count = sum(len(value) for value in flags.values())
    revision.save(update_fields=["flags", "flag_count"])
