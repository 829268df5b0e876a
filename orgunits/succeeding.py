"""Who succeeds whom, closed over several acts, so that rights and history need one step however long the way was."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from orgunits.models import OrgUnit, Reorganisation, Succession
from orgunits.placing import BATCH, batches

# The successors of a unit, each with its share of the unit's earlier figures (any common measure), or None.
Shares = Mapping[OrgUnit, int | None]


def links_of(ends: Iterable[tuple[Reorganisation, OrgUnit, Shares]]) -> list[Succession]:
    """The direct links of the acts."""
    return [
        Succession(reorganisation=act, predecessor=unit, successor=successor, share=share)
        for act, unit, shares in ends
        for successor, share in shares.items()
        if successor != unit
    ]


def store_links(direct: list[Succession]) -> None:
    """Write the links, and close the relation: what a predecessor had inherited goes on to its successors.

    A link between two units is there once; where a later act makes an inherited link a direct one, it becomes direct.
    """
    inherited = _inherited({link.predecessor_id for link in direct})
    rows = {(link.predecessor_id, link.successor_id): link for link in direct}
    for link in direct:
        for pk in sorted(inherited[link.predecessor_id]):
            key = (pk, link.successor_id)
            if pk != link.successor_id and key not in rows:
                rows[key] = Succession(
                    reorganisation=link.reorganisation, predecessor_id=pk, successor_id=link.successor_id, direct=False
                )
            inherited[link.successor_id].add(pk)
        inherited[link.successor_id].add(link.predecessor_id)
    indirect = [row for row in rows.values() if not row.direct]
    Succession.objects.bulk_create(
        direct,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["predecessor", "successor"],
        update_fields=["reorganisation", "direct", "share"],
    )
    Succession.objects.bulk_create(indirect, batch_size=BATCH, ignore_conflicts=True)


def _inherited(units: set[int]) -> defaultdict[int, set[int]]:
    """By unit: all units that it succeeds already."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for pks in batches(sorted(units)):
        links = Succession.objects.filter(successor__in=pks).values_list("successor", "predecessor")
        for successor, predecessor in links:
            found[successor].add(predecessor)
    return found
