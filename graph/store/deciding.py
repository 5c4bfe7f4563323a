"""The decisions of people, kept in the graph itself as ``Decision`` nodes."""

from __future__ import annotations

from graph.resolving.decisions import Decisions, decision_of
from graph.store.statements import Transaction, rows, run, run_batch


def current_decisions(tx: Transaction, known: Decisions) -> Decisions:
    """All decisions; ``known`` ones are not read again if they are still what is stored."""
    found = rows(tx, "MATCH (s:GraphSettings {id: 'graph'}) RETURN s.decisions AS stamp")
    if (found[0]["stamp"] if found else None) == (known.stamp or None):
        return known
    stored = rows(tx, "MATCH (d:Decision) RETURN properties(d) AS properties")
    return Decisions(decision_of(row["properties"]) for row in stored)


def write_decisions(tx: Transaction, was: Decisions, now: Decisions) -> None:
    """Make the stored decisions, which are ``was``, those of ``now``."""
    before, after = ({d.id: d for d in decisions.all} for decisions in (was, now))
    run_batch(
        tx,
        "UNWIND $rows AS id MATCH (d:Decision {id: id}) DELETE d",
        [id for id, decision in before.items() if after.get(id) != decision],
    )
    run_batch(
        tx,
        "UNWIND $rows AS row CREATE (d:Decision) SET d = row",
        [decision.as_dict() for id, decision in after.items() if before.get(id) != decision],
    )
    run(
        tx,
        "MATCH (s:GraphSettings {id: 'graph'}) SET s.decisions = $stamp",
        stamp=now.stamp or None,
    )
