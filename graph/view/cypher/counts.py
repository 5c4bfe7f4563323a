"""How much there is of each type."""

from __future__ import annotations

from collections.abc import Mapping

from graph.store.errors import QueryError, StoreError
from graph.store.naming import DOCUMENT as DOCUMENT_LABEL
from graph.store.naming import quoted
from graph.view.cypher.asking import Asking
from graph.view.records import Overview
from model.schema import Schema
from model.schema_names import graph_label, relationship_type

_PARTS = 24
"""Counts asked for in one query at most."""


class Counts(Asking):
    """From the books that databases keep of themselves: no node is read."""

    def overview(self) -> Overview:
        schema = self.schema
        if schema is None:
            return Overview(self._rows("MATCH (d:Document) RETURN count(d) AS n")[0]["n"])
        labels, types = self._books(schema)
        relations = dict.fromkeys(relationship_type(r.name) for r in schema.relations)
        return Overview(
            labels.get(DOCUMENT_LABEL, 0),
            _ranked(_own(schema, labels)),
            _ranked({kind: types.get(kind, 0) - self._as_role(schema, kind) for kind in relations}),
            _ranked({e.name: labels.get(graph_label(e.name), 0) for e in schema.events}),
        )

    def _as_role(self, schema: Schema, kind: str) -> int:
        """How often a relationship type stands for a role of events: some names are both."""
        labels = [
            quoted(graph_label(event.name))
            for event in schema.events
            if any(relationship_type(role.name) == kind for role in event.roles)
        ]
        if not labels:
            return 0
        text = " UNION ALL ".join(
            f"MATCH (:{label})-[r:{quoted(kind)}]->() RETURN count(r) AS n" for label in labels
        )
        return sum(row["n"] for row in self._rows(text))

    def _books(self, schema: Schema) -> tuple[dict[str, int], dict[str, int]]:
        """How many nodes each label and how many relationships each type has."""
        try:
            value = self._rows("CALL meta.stats()")[0]["value"]  # ArcadeDB
            return value["labels"], value["relTypes"]
        except (QueryError, StoreError):
            names = [*(kind.name for kind in schema.entities), *(e.name for e in schema.events)]
            labels = [DOCUMENT_LABEL, *map(graph_label, names)]
            types = [relationship_type(relation.name) for relation in schema.relations]
            return (  # Neo4j answers such counts from its own store of them
                self._counts({name: f"MATCH (r:{quoted(name)})" for name in labels}),
                self._counts({name: f"MATCH ()-[r:{quoted(name)}]->()" for name in types}),
            )

    def _counts(self, patterns: dict[str, str]) -> dict[str, int]:
        """How often each pattern of ``r`` is found."""
        found: dict[str, int] = {}
        names = list(patterns)
        for start in range(0, len(names), _PARTS):
            some = names[start : start + _PARTS]
            text = " UNION ALL ".join(
                f"{patterns[name]} RETURN {start + index} AS i, count(r) AS n"
                for index, name in enumerate(some)
            )
            for row in self._rows(text):
                found[names[row["i"]]] = row["n"]
        return found


def _ranked(counts: Mapping[str, int]) -> dict[str, int]:
    found = [(name, count) for name, count in counts.items() if count > 0]
    return dict(sorted(found, key=lambda item: (-item[1], item[0])))


def _own(schema: Schema, labels: Mapping[str, int]) -> dict[str, int]:
    """Entities of each type alone: a label also counts the types below it."""
    totals = {kind.name: labels.get(graph_label(kind.name), 0) for kind in schema.entities}
    own = dict(totals)
    for kind in schema.entities:
        if kind.parent is not None:
            own[kind.parent] -= totals[kind.name]
    return own
