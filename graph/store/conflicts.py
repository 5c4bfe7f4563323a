"""Flags on relationships of functional relations that contradict each other.

Whether a relationship is flagged depends on the relationships of its start alone, as they stand,
so never on the order in which documents came; and the flag goes when the conflict does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from graph.resolution import compatible
from graph.store.naming import quoted
from graph.store.statements import Row, Transaction, rows, run_batch


def mark_conflicts(tx: Transaction, starts: Mapping[str, Collection[str]]) -> None:
    """Set ``conflict`` where it holds and remove it where it does not.

    ``starts`` are entity ids by functional relationship type: all of which such a relationship
    was made, changed or removed.
    """
    for kind, ids in sorted(starts.items()):
        found = rows(
            tx,
            f"UNWIND $ids AS id MATCH (:Entity {{id: id}})-[r:{quoted(kind)}]->(e:Entity) "
            "RETURN id, e.id AS end, e.value AS value, r.conflict AS conflict",
            ids=sorted(ids),
        )
        by_start: dict[str, list[Row]] = {}
        for row in found:
            by_start.setdefault(row["id"], []).append(row)
        wrong = []
        for some in by_start.values():
            against = contradicted({row["end"]: row["value"] for row in some})
            wrong += [
                {"start": row["id"], "end": row["end"], "conflict": holds or None}
                for row in some
                for holds in (row["end"] in against,)
                if bool(row["conflict"]) != holds
            ]
        run_batch(
            tx,
            f"UNWIND $rows AS row MATCH (:Entity {{id: row.start}})-[r:{quoted(kind)}]->"
            "(:Entity {id: row.end}) SET r.conflict = row.conflict",
            wrong,
        )


def contradicted(ends: Mapping[str, str | None]) -> set[str]:
    """Of the ends (ids, with their values) of one functional relation of one start, those that
    another contradicts; a date does not contradict its year."""
    return {
        one
        for one, value in ends.items()
        if any(two != one and not _compatible(value, other) for two, other in ends.items())
    }


def _compatible(one: str | None, two: str | None) -> bool:
    return one is not None and two is not None and compatible(one, two)
