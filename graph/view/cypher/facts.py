"""Who states which relations, and which of them are in doubt."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from graph.records import NO_SPAN
from graph.store.facts import EVIDENCE_LISTS, Evidence, Fact, decode_fact, evidence_of
from graph.store.naming import quoted
from graph.view.cypher.asking import Asking
from graph.view.cypher.columns import NODE, WEIGHT, as_edge
from graph.view.protocol import EdgeEnds
from graph.view.records import DoubtfulFact, Statements
from model.schema_names import relationship_type

_SPANS = EVIDENCE_LISTS[4:]


class Facts(Asking):
    """Relations with those who state them."""

    def statements_of(self, keys: Collection[EdgeEnds]) -> dict[EdgeEnds, Statements]:
        rows = self._rows(
            "UNWIND $keys AS key MATCH (a:Entity {id: key[0]})-[r]->(b:Entity {id: key[2]}) "
            "WHERE type(r) = key[1] RETURN key, r.confidence AS confidence, "
            "r.evidence_chunk AS chunks",
            keys=[list(key) for key in keys],
        )
        return {
            (row["key"][0], row["key"][1], row["key"][2]): Statements(
                row["confidence"] or 0.0,
                frozenset(chunk.rpartition("#")[0] for chunk in row["chunks"] or ()),
            )
            for row in rows
        }

    def doubtful_facts(self, below: float, limit: int) -> list[DoubtfulFact]:
        return self._facts("", "r.confidence < $below", below=below, limit=limit)

    def contradictions(self, limit: int) -> list[DoubtfulFact]:
        kinds = self.schema.relations if self.schema else ()
        types = [quoted(relationship_type(kind.name)) for kind in kinds if kind.functional]
        if not types:
            return []
        return self._facts(f":{'|'.join(types)}", "r.conflict", limit=limit)

    def _facts(self, types: str, condition: str, **parameters: Any) -> list[DoubtfulFact]:
        columns = NODE.format("a"), NODE.format("b").replace(" AS ", " AS b_")
        rows = self._rows(
            f"MATCH (a:Entity)-[r{types}]->(b:Entity) WHERE {condition} WITH a, r, b LIMIT $limit "
            f"RETURN {columns[0]}, {columns[1]}, a.id AS source, b.id AS target, type(r) AS rel, "
            f"'relation' AS kind, {WEIGHT} ORDER BY confidence, name",
            **parameters,
        )
        return [
            DoubtfulFact(
                as_edge(row),
                self._node(row),
                self._node({key[2:]: value for key, value in row.items() if key.startswith("b_")}),
            )
            for row in rows
        ]

    def evidence(self, source: str, type: str, target: str) -> list[Evidence]:
        rows = self._rows(
            "MATCH (a:Entity {id: $source})-[r]->(b:Entity {id: $target}) WHERE type(r) = $type "
            "RETURN properties(r) AS properties",
            source=source,
            type=type,
            target=target,
        )
        found: list[Evidence] = []
        for row in rows:
            said = row["properties"]
            # One written by others may not say which mentions it means.
            unknown = [NO_SPAN[0]] * len(said["evidence_chunk"])
            found += evidence_of({**dict.fromkeys(_SPANS, unknown), **said})
        return found

    def facts_of(self, document: str) -> list[Fact]:
        rows = self._rows("MATCH (d:Document {id: $id}) RETURN d.facts AS facts", id=document)
        return [decode_fact(text, document) for row in rows for text in row["facts"] or ()]
