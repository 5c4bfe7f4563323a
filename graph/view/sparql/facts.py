"""Who states which relations, and which of them are in doubt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from graph.records import NO_SPAN
from graph.store.facts import Evidence, Fact
from graph.view.protocol import EdgeEnds
from graph.view.records import DoubtfulFact, Edge, Statements
from graph.view.sparql.edges import Edges
from graph.view.sparql.patterns import OUT, values_of
from model.schema_names import relationship_type


class Facts(Edges):
    """Relations with those who state them."""

    def statements_of(self, keys: Collection[EdgeEnds]) -> dict[EdgeEnds, Statements]:
        if not keys:
            return {}
        layout, wanted = self._layout, set(keys)
        sources = values_of("s", map(layout.entity, sorted({key[0] for key in keys})))
        types = self._type_values({key[1] for key in keys})
        documents: defaultdict[EdgeEnds, set[str]] = defaultdict(set)
        scores: dict[EdgeEnds, float] = {}
        for row in self._select(f"SELECT ?s ?t ?o ?c ?g {{ {sources} {types} {OUT} }}"):
            key = row.id("s", "entity"), row.type("t"), row.id("o", "entity")
            if key in wanted:
                documents[key].add(row.id("g", "graph"))
                scores[key] = max(scores.get(key, 0.0), row.number("c"))
        return {key: Statements(scores[key], frozenset(said)) for key, said in documents.items()}

    def doubtful_facts(self, below: float, limit: int) -> list[DoubtfulFact]:
        least = f"{below:.6f}"
        found = self._relations(
            "",
            f"{{ SELECT DISTINCT ?s ?t ?v {{ GRAPH ?k {{ ?w kgb:head ?l ; kgb:confidence ?q "
            f"FILTER (?q < {least}) FILTER NOT EXISTS {{ ?w kgb:rejected true }} "
            "?w rdf:subject ?s ; kgb:typeName ?t ; rdf:object ?v } FILTER NOT EXISTS { GRAPH ?m "
            "{ ?y rdf:subject ?s ; kgb:typeName ?t ; rdf:object ?v ; kgb:head ?z ; "
            f"kgb:confidence ?r FILTER (?r >= {least}) }} }} }} LIMIT {limit} }} {OUT}",
        )
        return self._least_sure(found, limit)

    def contradictions(self, limit: int) -> list[DoubtfulFact]:
        found: list[Edge] = []
        for name in (kind.name for kind in self._layout.schema.relations if kind.functional):
            relation = self._layout.relation(name)
            heads = self._select(
                # What one value begins with, as a date with its year, does not contradict it.
                f"SELECT DISTINCT ?s {{ GRAPH ?g {{ ?s {relation} ?a }} "
                f"GRAPH ?k {{ ?s {relation} ?b }} FILTER (STR(?a) < STR(?b) "
                f"&& !STRSTARTS(STR(?b), STR(?a))) }} LIMIT {limit}"
            )
            if heads:
                values = values_of("s", (f"<{row.iri('s')}>" for row in heads))
                edges = self._relations(values, OUT, (relationship_type(name),))
                found += [edge for edge in edges if edge.conflict]
        return self._least_sure(found, limit)

    def _least_sure(self, edges: Collection[Edge], limit: int) -> list[DoubtfulFact]:
        nodes = self._nodes(id for edge in edges for id in (edge.source, edge.target))
        facts = [DoubtfulFact(edge, nodes[edge.source], nodes[edge.target]) for edge in edges]
        return sorted(facts, key=lambda fact: (fact.edge.confidence, fact.head.name))[:limit]

    def evidence(self, source: str, type: str, target: str) -> list[Evidence]:
        if self.schema is None:
            return []
        values = f"{values_of('s', [self._layout.entity(source)])} {self._type_values([type])}"
        return [
            Evidence(e.chunk, e.head, e.tail, e.confidence, e.head_span, e.tail_span)
            for row in self._store.source().relation_rows(values)
            if row.tail == target
            for e in row.evidence
        ]

    def facts_of(self, document: str) -> list[Fact]:
        rows = self._select(
            "SELECT ?t ?h ?l ?c ?score ?hs ?he ?ts ?te "
            f"{{ GRAPH {self._layout.graph(document)} {{ "
            "?f kgb:head ?h ; kgb:tail ?l ; kgb:typeName ?t ; prov:wasDerivedFrom ?c ; "
            "kgb:confidence ?score OPTIONAL { ?f kgb:headStart ?hs ; kgb:headEnd ?he ; "
            "kgb:tailStart ?ts ; kgb:tailEnd ?te } } }"
        )
        found = []
        for row in rows:
            spans = (NO_SPAN, NO_SPAN)
            if "hs" in row:
                a, b, c, d = (row.whole(name) for name in ("hs", "he", "ts", "te"))
                spans = (a, b), (c, d)
            head, tail = (row.id(name, "local") for name in ("h", "l"))
            evidence = Evidence(row.chunk("c"), head, tail, row.number("score"), *spans)
            found.append(Fact(row.type("t"), evidence))
        return sorted(found, key=lambda fact: (fact.type, fact.evidence))
