"""Completes a graph that ``neo4j-admin database import`` has loaded (`graph.bulk`).

The tool cannot write an empty list; a store has one wherever it has none of something. Until that
is done the graph says that it is unfinished, so a killed program leaves it to the next one.
"""

from __future__ import annotations

import logging

import neo4j

from graph.store.statements import run

logger = logging.getLogger(__name__)

UNFINISHED = "unfinished"
"""The property of the settings node that an import sets."""

_SECONDS = 86_400
_ROWS = 10_000  # a transaction
_LISTS = {
    "(n:Document)": (
        *("mark_kinds", "mark_starts", "mark_labels", "metadata_keys", "metadata_values", "facts"),
    ),
    "(n:Entity)": ("aliases",),
    "(n:NameBlock)": ("keys",),
    "(:Document)-[n:HAS_ENTITY]->(:Entity)": ("names",),
}


def complete(session: neo4j.Session) -> None:
    """Do what is left; nothing where the graph is complete."""
    found = session.run(
        f"MATCH (s:GraphSettings {{id: 'graph'}}) WHERE s.{UNFINISHED} RETURN s.id AS id"
    )
    if found.single() is None:
        return
    logger.info("The graph was imported; it is being completed")
    for pattern, names in _LISTS.items():
        lacking = " OR ".join(f"n.{name} IS NULL" for name in names)
        given = ", ".join(f"n.{name} = coalesce(n.{name}, [])" for name in names)
        session.run(
            f"MATCH {pattern} WHERE {lacking} "
            f"CALL (n) {{ SET {given} }} IN TRANSACTIONS OF {_ROWS} ROWS"
        ).consume()
    session.run("CALL db.awaitIndexes($seconds)", {"seconds": _SECONDS}).consume()
    session.execute_write(run, f"MATCH (s:GraphSettings {{id: 'graph'}}) REMOVE s.{UNFINISHED}")
