"""Rows of many units in the order of the tree: each unit before those below it, neighbours by name."""

from collections.abc import Iterable

from orgunits.models import Placement
from orgunits.models.units import unit_pks

AT_ONCE = 5000  # numbers of units in one query


class TreeOrder:
    """The names of all units along some paths, read once; the latest name of each is what sorts and shows it."""

    def __init__(self, paths: Iterable[str]) -> None:
        pks = sorted({pk for path in paths for pk in unit_pks(path)})
        self._names: dict[int, tuple[str, str]] = {}
        for start in range(0, len(pks), AT_ONCE):
            last = Placement.objects.filter(is_final=True, org_unit_id__in=pks[start : start + AT_ONCE])
            for pk, sort_name, name in last.order_by().values_list("org_unit_id", "sort_name", "name"):
                self._names[pk] = (sort_name, name)

    def key(self, path: str) -> list[tuple[str, int]]:
        """What sorts a path."""
        return [(self._names.get(pk, ("", ""))[0], pk) for pk in unit_pks(path)]

    def name(self, pk: int) -> str:
        return self._names.get(pk, ("", str(pk)))[1]
