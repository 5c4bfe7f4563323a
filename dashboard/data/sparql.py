"""RDF stores are asked in SPARQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dashboard.data.reader import Row
from graph.rdf.asking import ask
from graph.rdf.lines import prefixes_of
from graph.rdf.store import RdfStore
from model.schema import Schema


class Sparql:
    """See `dashboard.data.queries.Language`. The prefixes of an export are known."""

    name = "SPARQL"
    placeholder = "SELECT ?name { ?person a schema:Person ; rdfs:label ?name } LIMIT 25"

    def __init__(self, store: RdfStore) -> None:
        self._store = store
        # The longest first: "schema/type/" before what it lies in.
        known = prefixes_of(store.base).items()
        self._prefixes = sorted(known, key=lambda item: -len(item[1]))

    def rows(self, query: str, seconds: float) -> Iterator[Row]:
        return ask(self._store, query, seconds)

    def examples(self) -> list[tuple[str, str]]:
        return _examples(self._store)

    def node_ids(self, rows: Sequence[Row], most: int = 200) -> list[str]:
        starts = [f"{self._store.base}{kind}/" for kind in ("entity", "event")]
        ids: dict[str, None] = {}
        for row in rows:
            for value in row.values():
                for start in starts:
                    if isinstance(value, str) and value.startswith(start):
                        ids[value[len(start) :]] = None
            if len(ids) >= most:
                break
        return list(ids)[:most]

    def shown(self, value: Any) -> Any:
        """IRIs with their prefix."""
        if isinstance(value, str):
            for name, iri in self._prefixes:
                if value.startswith(iri) and len(value) > len(iri):
                    return f"{name}:{value[len(iri) :]}"
        return value


def _examples(store: RdfStore) -> list[tuple[str, str]]:
    found = [
        (
            "example_documents",
            "SELECT ?document (COUNT(DISTINCT ?entity) AS ?entities) {\n"
            "  GRAPH ?g { ?d a kgb:Document ; dcterms:title ?document .\n"
            "             ?local kgb:resolvedTo ?entity }\n"
            "} GROUP BY ?document ORDER BY DESC(?entities) LIMIT 10",
        ),
    ]
    schema = store.schema
    if schema is None:
        return found
    layout = store.layout
    if schema.relations:
        relation = _relation(schema)
        found.append(
            (
                "example_relation",
                "SELECT DISTINCT ?head ?tail {\n"
                f"  ?a {layout.relation(relation)} ?b .\n"
                "  ?a rdfs:label ?head . ?b rdfs:label ?tail\n"
                "} ORDER BY ?head LIMIT 25",
            )
        )
    if schema.events:
        event = schema.events[0]
        found.append(
            (
                "example_event",
                "SELECT ?event ?trigger ?role ?name {\n"
                f"  ?event a {layout.event_type(event.name)} ; rdfs:label ?trigger .\n"
                "  ?argument kgb:event ?event ; kgb:typeName ?role ; kgb:tail ?local .\n"
                "  ?local kgb:resolvedTo ?entity . ?entity rdfs:label ?name\n"
                "} LIMIT 25",
            )
        )
    found += [
        (
            "example_support",
            "SELECT ?head ?relation ?tail (COUNT(DISTINCT ?g) AS ?documents) {\n"
            "  GRAPH ?g { ?fact rdf:subject ?a ; kgb:head ?h ; kgb:typeName ?relation ;"
            " rdf:object ?b }\n"
            "  ?a rdfs:label ?head . ?b rdfs:label ?tail\n"
            "} GROUP BY ?head ?relation ?tail HAVING (COUNT(DISTINCT ?g) > 1)\n"
            "ORDER BY DESC(?documents) LIMIT 25",
        ),
        (
            "example_graph",
            "CONSTRUCT { ?a ?relation ?b } WHERE {\n"
            "  ?fact rdf:subject ?a ; kgb:head ?h ; rdf:predicate ?relation ; rdf:object ?b ;\n"
            "        kgb:confidence ?c FILTER (?c > 0.9)\n"
            "  ?a a kgb:Entity . ?b a kgb:Entity\n"
            "} LIMIT 50",
        ),
    ]
    return found


def _relation(schema: Schema) -> str:
    """One between entities, rather than to a value."""
    literal = {kind.name for kind in schema.entities if kind.datatype}
    between = [r.name for r in schema.relations if r.tail and not literal & set(r.tail)]
    return (between or [schema.relations[0].name])[0]
