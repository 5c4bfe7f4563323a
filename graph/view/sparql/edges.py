"""What joins nodes: between some, around one, and step by step for paths."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from graph.store.conflicts import contradicted
from graph.view.records import Edge, NeighbourCount, Node
from graph.view.sparql.asking import Row
from graph.view.sparql.nodes import Nodes
from graph.view.sparql.patterns import (
    BEST,
    IN,
    IN_FROM_OTHERS,
    OUT,
    ROLES_IN,
    ROLES_OUT,
    SUM,
    values_of,
)
from model.schema_names import relationship_type

_STEPS = 50
"""Nodes whose edges are asked for in one query."""


class Edges(Nodes):
    """Relations and the arguments of events."""

    def edge(self, source: str, type: str, target: str) -> Edge | None:
        layout = self._layout
        ends = f"VALUES ?o {{ {layout.entity(target)} }}"
        found = self._relations(f"{values_of('s', [layout.entity(source)])} {ends}", IN, (type,))
        found += self._roles(f"{values_of('s', [layout.event(source)])} {ends}", ROLES_IN, (type,))
        return found[0] if found else None

    def edges_among(self, nodes: Collection[Node], limit: int) -> list[Edge]:
        if not nodes:
            return []
        ids = [node.id for node in nodes]
        layout, wanted = self._layout, set(ids)
        found = self._relations(values_of("s", map(layout.entity, ids)), OUT)
        found += self._roles(values_of("s", map(layout.event, ids)), ROLES_OUT)
        return [edge for edge in found if edge.target in wanted][:limit]

    def joining(self, some: Collection[str], others: Collection[str]) -> list[Edge]:
        if not some or not others:
            return []
        one, other = (list(map(self._layout.entity, ids)) for ids in (some, others))
        found = self._relations(values_of("s", one) + values_of("o", other), IN)
        found += self._relations(values_of("s", other) + values_of("o", one), IN)
        return list(dict.fromkeys(found))

    def neighbour_counts(self, id: str) -> list[NeighbourCount]:
        entity, event = self._layout.entity(id), self._layout.event(id)
        found: list[NeighbourCount] = []
        for what, values, pattern, outgoing in (
            ("?s ?t ?o", values_of("s", [entity]), OUT, True),
            ("?s ?t ?o", values_of("o", [entity]), IN_FROM_OTHERS, False),
            ("?f ?t", values_of("o", [entity]), ROLES_IN, False),
            ("?f ?t", values_of("s", [event]), ROLES_OUT, True),
        ):
            kind = "relation" if what == "?s ?t ?o" else "role"
            for row in self._select(
                f"SELECT ?t (COUNT(*) AS ?count) {{ {{ SELECT DISTINCT {what} "
                f"{{ {values} {pattern} }} }} }} GROUP BY ?t"
            ):
                type, count = row.type("t"), row.whole("count")
                found.append(NeighbourCount(type, outgoing, kind, count))  # type: ignore[arg-type]
        return found

    def neighbours(self, id: str, types: Collection[str], limit: int) -> list[tuple[Edge, Node]]:
        found = self._edges_of([id], types, limit)
        ends = {edge: edge.target if edge.source == id else edge.source for edge in found}
        nodes = self._nodes(ends.values())
        return [(edge, nodes[end]) for edge, end in ends.items() if end in nodes]

    def _edges_of(self, ids: Collection[str], types: Collection[str], limit: int) -> list[Edge]:
        """The edges of some nodes, at most ``limit`` each way."""
        layout = self._layout
        entities, events = (list(map(kind, ids)) for kind in (layout.entity, layout.event))
        found = self._relations(values_of("s", entities), OUT, types, limit)
        found += self._relations(values_of("o", entities), IN, types, limit)
        found += self._roles(values_of("o", entities), ROLES_IN, types, limit)
        found += self._roles(values_of("s", events), ROLES_OUT, types, limit)
        return list(dict.fromkeys(found))

    def steps(
        self, ids: Collection[str], each: int, through_values: bool, ends: Collection[str]
    ) -> list[Edge]:
        layout, wanted = self._layout, list(ids)
        skip = ""
        if not through_values:
            some = ", ".join(map(layout.entity, ends))
            skip = f"FILTER (!BOUND(?n) || ?n IN ({some}))"
        found: list[Edge] = []
        for start in range(0, len(wanted), _STEPS):
            parts: dict[str, list[str]] = {"relation": [], "role": []}
            for id in wanted[start : start + _STEPS]:
                entity, event = (
                    values_of("x", [iri]) for iri in (layout.entity(id), layout.event(id))
                )
                for kind, x, pattern in (
                    ("relation", entity.replace("?x", "?s"), f"{OUT} {skip}"),
                    ("relation", entity.replace("?x", "?o"), IN),
                    ("role", entity.replace("?x", "?o"), ROLES_IN),
                    ("role", event.replace("?x", "?s"), f"{ROLES_OUT} {skip}"),
                ):
                    what = SUM if kind == "relation" else BEST
                    parts[kind].append(
                        f"{{ SELECT {what} {{ {x} {pattern} }} GROUP BY ?s ?t ?o LIMIT {each} }}"
                    )
            for kind, some_parts in parts.items():
                rows = self._select(f"SELECT * {{ {' UNION '.join(some_parts)} }}")
                edges = [self._edge(row, kind == "relation") for row in rows]
                found += self._flagged(edges)
        return list(dict.fromkeys(found))

    def _relations(
        self, values: str, pattern: str, types: Collection[str] = (), limit: int | None = None
    ) -> list[Edge]:
        """The relations that data blocks leave of a pattern of statements."""
        rows = self._select(
            f"SELECT {SUM} {{ {values} {self._type_values(types)} {pattern} }} "
            f"GROUP BY ?s ?t ?o{f' LIMIT {limit}' if limit else ''}"
        )
        return self._flagged([self._edge(row, True) for row in rows])

    def _roles(
        self, values: str, pattern: str, types: Collection[str] = (), limit: int | None = None
    ) -> list[Edge]:
        rows = self._select(
            f"SELECT {BEST} {{ {values} {self._type_values(types)} "
            f"{pattern} }} GROUP BY ?s ?t ?o{f' LIMIT {limit}' if limit else ''}"
        )
        return [self._edge(row, False) for row in rows]

    def _edge(self, row: Row, relation: bool) -> Edge:
        return Edge(
            row.id("s", "entity" if relation else "event"),
            row.type("t"),
            row.id("o", "entity"),
            "relation" if relation else "role",
            row.number("confidence"),
            row.whole("support") if relation else 1,
        )

    def _flagged(self, edges: list[Edge]) -> list[Edge]:
        """With those marked that contradict another: whether they do is in no one document, so no
        document's graph can say it."""
        kinds = self._layout.schema.relations
        functional = {relationship_type(kind.name) for kind in kinds if kind.functional}
        some = [edge for edge in edges if edge.type in functional]
        if not some:
            return edges
        heads = values_of("s", map(self._layout.entity, sorted({edge.source for edge in some})))
        types = self._type_values({edge.type for edge in some})
        ends: defaultdict[tuple[str, str], dict[str, str | None]] = defaultdict(dict)
        for row in self._select(
            f"SELECT DISTINCT ?s ?t ?o ?value {{ {heads} {types} {OUT} "
            f"OPTIONAL {{ GRAPH {self._layout.entities} {{ ?o kgb:value ?value }} }} }}"
        ):
            key = row.id("s", "entity"), row.type("t")
            value = row.text("value") if "value" in row else None
            ends[key][row.id("o", "entity")] = value
        wrong = {key: contradicted(some) for key, some in ends.items()}
        return [
            replace(edge, conflict=True)
            if edge.target in wrong.get((edge.source, edge.type), ())
            else edge
            for edge in edges
        ]
