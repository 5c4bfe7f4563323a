"""The view of an RDF store, by SPARQL 1.1.

Every query names the graph of each pattern, so that servers whose default graph is empty answer
too, and begins with the nodes that it is about, so that it costs what is known of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from graph.export.source import EntityRow, RelationRow
from graph.rdf.endpoint import Solution, iri_of, select, solutions, text_of
from graph.rdf.layout import Layout
from graph.rdf.lines import in_sparql, optional, quoted
from graph.rdf.searching import search_ids
from graph.rdf.store import RdfStore
from graph.records import NO_SPAN
from graph.store.conflicts import contradicted
from graph.store.facts import Evidence, Fact
from graph.store.search import Hit
from graph.store.tally import Tally
from graph.view.protocol import EdgeKey
from graph.view.records import (
    Argument,
    ChunkInfo,
    DocumentInfo,
    DoubtfulFact,
    Edge,
    EntityDetails,
    EventRow,
    MentionInfo,
    NeighbourCount,
    Node,
    Overview,
    Statements,
)
from model.ontology.vocabulary import PREFIXES
from model.schema import Schema
from model.schema_names import relationship_type

_HEADER = " ".join(
    f"PREFIX {name}: <{PREFIXES[name]}>"
    for name in ("dcterms", "kgb", "oa", "prov", "rdf", "rdfs", "skos")
)
_STEPS = 50
"""Nodes whose edges are asked for in one query."""
_NAMED = 500
"""Entities of a name whose events are looked for."""

_STANDS = "FILTER NOT EXISTS { ?f kgb:rejected true }"
_TO = "{ ?f rdf:object ?o } UNION { ?f kgb:objectNode ?o }"
_OUT = (
    "GRAPH ?g { ?f rdf:subject ?s ; kgb:head ?h ; kgb:typeName ?t ; rdf:object ?v ; "
    f"kgb:confidence ?c {_STANDS} }} {optional('?g', '?f kgb:objectNode ?n')} "
    "BIND (COALESCE(?n, ?v) AS ?o)"
)
"""Statements of the relations of ``?s``, as ``?f``: type, end and confidence."""
_IN = (
    f"GRAPH ?g {{ {_TO} ?f kgb:head ?h ; rdf:subject ?s ; kgb:typeName ?t ; kgb:confidence ?c . "
    f"{_STANDS} }}"
)
"""As `_OUT`, of the relations that end at ``?o``."""
_IN_FROM_OTHERS = f"{_IN} FILTER (?s != ?o)"
_ROLES_OUT = (
    "GRAPH ?g { ?f kgb:event ?s ; kgb:typeName ?t ; rdf:object ?v ; kgb:confidence ?c ; "
    f"kgb:tail ?l }} {optional('?g', '?f kgb:objectNode ?n')} BIND (COALESCE(?n, ?v) AS ?o)"
)
"""Arguments of the event ``?s``."""
_ROLES_IN = (
    f"GRAPH ?g {{ {_TO} ?f kgb:event ?s ; kgb:typeName ?t ; kgb:confidence ?c ; kgb:tail ?l }}"
)
_SUM = "?s ?t ?o (MAX(?c) AS ?confidence) (COUNT(DISTINCT ?f) AS ?support)"


class SparqlView:
    """See `graph.view.protocol.GraphView`."""

    def __init__(self, store: RdfStore) -> None:
        self._store = store

    @property
    def schema(self) -> Schema | None:
        return self._store.schema

    @property
    def _layout(self) -> Layout:
        return self._store.layout

    def _select(self, query: str) -> list[Solution]:
        return select(self._store.endpoint, f"{_HEADER} {query}") if self.schema else []

    # ------------------------------------------------------------------ what there is

    def overview(self) -> Overview:
        counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for row in self._store.counts() if self.schema else ():
            counts[row["kind"]][row["name"]] = row["count"]
        return Overview(
            counts["documents"].get("", 0),
            counts["entities"],
            counts["relations"],
            counts["events"],
        )

    def newest_documents(self, limit: int) -> list[DocumentInfo]:
        return self._documents(
            "SELECT DISTINCT ?d { GRAPH ?g { ?a prov:endedAtTime ?at ; prov:used ?d . "
            f"?d dcterms:identifier ?uri }} }} ORDER BY DESC(?at) ?uri LIMIT {limit}"
        )

    def find_documents(self, text: str, limit: int) -> list[DocumentInfo]:
        wanted = in_sparql(quoted(text.casefold()))
        return self._documents(
            "SELECT DISTINCT ?d { GRAPH ?g { ?d a kgb:Document ; dcterms:identifier ?uri } "
            f"{optional('?g', '?d dcterms:title ?title')} "
            f"FILTER (CONTAINS(LCASE(STR(?uri)), {wanted}) || "
            f"CONTAINS(LCASE(STR(?title)), {wanted})) }} ORDER BY STR(?title) ?uri LIMIT {limit}"
        )

    def event_dates(self, limit: int) -> list[str]:
        found = self._select(
            f"SELECT ?value {{ {self._dated()} GRAPH ?g {{ ?f kgb:objectNode ?n ; kgb:event ?v }} "
            f"}} LIMIT {limit}"
        )
        return [text_of(row["value"]) for row in found]

    def _dated(self) -> str:
        """The pattern of dates ``?n``, each with its ``?value``."""
        return f'GRAPH {self._layout.entities} {{ ?n kgb:datatype "date" ; kgb:value ?value }}'

    # ------------------------------------------------------------------ nodes

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        return self._store.search(text, limit)

    def nodes(self, ids: Iterable[str], *, degrees: bool = True) -> list[Node]:
        wanted = list(dict.fromkeys(ids))
        known = self._nodes(wanted)
        if not degrees:
            return [known[id] for id in wanted if id in known]
        degree = self.degrees([id for id in wanted if id in known])
        return [replace(known[id], degree=degree.get(id, 0)) for id in wanted if id in known]

    def _nodes(self, ids: Iterable[str]) -> dict[str, Node]:
        """Without degrees."""
        wanted = list(dict.fromkeys(ids))
        if not wanted or self.schema is None:
            return {}
        layout, found = self._layout, {}
        for row in self._select(
            f"SELECT ?x ?type ?name ?datatype {{ {_values('x', map(layout.entity, wanted))} "
            f"GRAPH {layout.entities} {{ ?x kgb:typeName ?type ; rdfs:label ?name }} "
            f"{optional(layout.entities, '?x kgb:datatype ?datatype')} }}"
        ):
            id = self._id(row, "x", "entity")
            kind = "value" if "datatype" in row else "entity"
            found[id] = Node(id, kind, text_of(row["type"]), text_of(row["name"]))  # type: ignore[arg-type]
        if len(found) < len(wanted):
            others = [layout.event(id) for id in wanted if id not in found]
            for row in self._select(
                f"SELECT ?x ?type ?name {{ {_values('x', others)} GRAPH ?g "
                "{ ?x a kgb:Event ; kgb:typeName ?type ; rdfs:label ?name } }"
            ):
                id = self._id(row, "x", "event")
                found[id] = Node(id, "event", text_of(row["type"]), text_of(row["name"]))
        return found

    def degrees(self, ids: Iterable[str]) -> dict[str, int]:
        wanted = list(dict.fromkeys(ids))
        if not wanted or self.schema is None:
            return {}
        layout = self._layout
        entities, events = (list(map(kind, wanted)) for kind in (layout.entity, layout.event))
        found = dict.fromkeys(wanted, 0)
        for values, pattern, end, kind in (
            (_values("s", entities), f"SELECT DISTINCT ?s ?t ?o {{ VALUES {_OUT}", "s", "entity"),
            (
                _values("o", entities),
                f"SELECT DISTINCT ?s ?t ?o {{ VALUES {_IN_FROM_OTHERS}",
                "o",
                "entity",
            ),
            (_values("o", entities), f"SELECT ?s ?f ?o {{ VALUES {_ROLES_IN}", "o", "entity"),
            (_values("s", events), f"SELECT ?s ?f ?o {{ VALUES {_ROLES_OUT}", "s", "event"),
        ):
            inner = pattern.replace("VALUES", values, 1)
            for row in self._select(
                f"SELECT ?{end} (COUNT(*) AS ?count) {{ {{ {inner} }} }} }} GROUP BY ?{end}"
            ):
                found[self._id(row, end, kind)] += int(text_of(row["count"]))
        return found

    def entity(self, id: str) -> EntityDetails | None:
        rows = self.entity_rows([id])
        if not rows:
            return None
        (row,) = rows
        (counts,) = self._select(
            "SELECT * { "
            f"{{ SELECT (COUNT(*) AS ?m) {{ GRAPH ?g {{ ?a oa:hasBody {self._layout.entity(id)} "
            "} } } { SELECT (COUNT(*) AS ?l) "
            f"{{ GRAPH ?g {{ ?x kgb:resolvedTo {self._layout.entity(id)} }} }} }} }}"
        )
        kind = "entity" if row.datatype is None else "value"
        degree = self.degrees([id])[id]
        return EntityDetails(
            node=Node(id, kind, row.type, row.name, degree),  # type: ignore[arg-type]
            aliases=row.aliases,
            datatype=row.datatype,
            value=row.value,
            documents=int(text_of(counts["l"])),
            mentions=int(text_of(counts["m"])),
        )

    def entity_rows(self, ids: Iterable[str]) -> list[EntityRow]:
        if self.schema is None:
            return []
        found = self._store.source().entity_rows(sorted(set(ids)))
        return [found[id] for id in sorted(found)]

    def occurrences(self, ids: Iterable[str]) -> dict[str, tuple[int, int]]:
        wanted = list(dict.fromkeys(ids))
        if not wanted or self.schema is None:
            return {}
        values = _values("o", map(self._layout.entity, wanted))
        counts = [
            {
                self._id(row, "o", "entity"): int(text_of(row["count"]))
                for row in self._select(
                    f"SELECT ?o (COUNT(*) AS ?count) {{ {values} {pattern} }} GROUP BY ?o"
                )
            }
            for pattern in ("GRAPH ?g { ?l kgb:resolvedTo ?o }", _ROLES_IN)
        ]
        return {id: (counts[0][id], counts[1].get(id, 0)) for id in wanted if id in counts[0]}

    def current_ids(self, ids: Iterable[str]) -> dict[str, str]:
        wanted = list(ids)
        if not wanted or self.schema is None:
            return {}
        found = self._select(
            f"SELECT ?id ?e {{ {_values('id', map(quoted, wanted))} "
            f"GRAPH {self._layout.entities} {{ ?e kgb:keyId ?id }} }}"
        )
        return {text_of(row["id"]): self._id(row, "e", "entity") for row in found}

    def entities_of(self, documents: Collection[str], limit: int) -> list[str]:
        if not documents or self.schema is None:
            return []
        found = self._select(
            f"SELECT DISTINCT ?e {{ {_values('g', map(self._layout.graph, documents))} "
            "GRAPH ?g { ?l kgb:resolvedTo ?e FILTER NOT EXISTS { ?l kgb:datatype ?datatype } } "
            f"}} LIMIT {limit}"
        )
        return [self._id(row, "e", "entity") for row in found]

    def documents_of(self, entity: str, limit: int) -> list[DocumentInfo]:
        if self.schema is None:
            return []
        return self._documents(
            "SELECT DISTINCT ?d { GRAPH ?g "
            f"{{ ?l kgb:resolvedTo {self._layout.entity(entity)} . ?d a kgb:Document }} }} "
            f"LIMIT {limit}"
        )

    def tallies(self) -> Iterator[tuple[str, str, str, Tally]]:
        if self.schema is None:
            return
        query = (
            f"{_HEADER} SELECT ?e ?name ?type ?tally {{ GRAPH {self._layout.entities} "
            "{ ?e kgb:tally ?tally ; rdfs:label ?name ; kgb:typeName ?type "
            "FILTER NOT EXISTS { ?e kgb:datatype ?datatype } } }"
        )
        for row in solutions(self._store.endpoint, query):
            yield (
                self._id(row, "e", "entity"),
                text_of(row["name"]),
                text_of(row["type"]),
                Tally.decode(text_of(row["tally"])),
            )

    # ------------------------------------------------------------------ edges

    def edge(self, source: str, type: str, target: str) -> Edge | None:
        if self.schema is None:
            return None
        layout = self._layout
        ends = f"VALUES ?o {{ {layout.entity(target)} }}"
        found = self._relations(f"{_values('s', [layout.entity(source)])} {ends}", _IN, (type,))
        found += self._roles(f"{_values('s', [layout.event(source)])} {ends}", _ROLES_IN, (type,))
        return found[0] if found else None

    def joining(self, some: Collection[str], others: Collection[str]) -> list[Edge]:
        if not some or not others or self.schema is None:
            return []
        one, other = (list(map(self._layout.entity, ids)) for ids in (some, others))
        found = self._relations(_values("s", one) + _values("o", other), _IN)
        found += self._relations(_values("s", other) + _values("o", one), _IN)
        return list(dict.fromkeys(found))

    def edges_among(self, nodes: Collection[Node], limit: int) -> list[Edge]:
        if not nodes or self.schema is None:
            return []
        ids = [node.id for node in nodes]
        layout, wanted = self._layout, set(ids)
        found = self._relations(_values("s", map(layout.entity, ids)), _OUT)
        found += self._roles(_values("s", map(layout.event, ids)), _ROLES_OUT)
        return [edge for edge in found if edge.target in wanted][:limit]

    def neighbour_counts(self, id: str) -> list[NeighbourCount]:
        if self.schema is None:
            return []
        entity, event = self._layout.entity(id), self._layout.event(id)
        found: list[NeighbourCount] = []
        for what, values, pattern, outgoing in (
            ("?s ?t ?o", _values("s", [entity]), _OUT, True),
            ("?s ?t ?o", _values("o", [entity]), _IN_FROM_OTHERS, False),
            ("?f ?t", _values("o", [entity]), _ROLES_IN, False),
            ("?f ?t", _values("s", [event]), _ROLES_OUT, True),
        ):
            kind = "relation" if what == "?s ?t ?o" else "role"
            for row in self._select(
                f"SELECT ?t (COUNT(*) AS ?count) {{ {{ SELECT DISTINCT {what} "
                f"{{ {values} {pattern} }} }} }} GROUP BY ?t"
            ):
                type, count = relationship_type(text_of(row["t"])), int(text_of(row["count"]))
                found.append(NeighbourCount(type, outgoing, kind, count))  # type: ignore[arg-type]
        return found

    def neighbours(self, id: str, types: Collection[str], limit: int) -> list[tuple[Edge, Node]]:
        if self.schema is None:
            return []
        found = self._edges_of([id], types, limit)
        ends = {edge: edge.target if edge.source == id else edge.source for edge in found}
        nodes = self._nodes(ends.values())
        return [(edge, nodes[end]) for edge, end in ends.items() if end in nodes]

    def _edges_of(self, ids: Collection[str], types: Collection[str], limit: int) -> list[Edge]:
        """The edges of some nodes, at most ``limit`` each way."""
        layout = self._layout
        entities, events = (list(map(kind, ids)) for kind in (layout.entity, layout.event))
        found = self._relations(_values("s", entities), _OUT, types, limit)
        found += self._relations(_values("o", entities), _IN, types, limit)
        found += self._roles(_values("o", entities), _ROLES_IN, types, limit)
        found += self._roles(_values("s", events), _ROLES_OUT, types, limit)
        return list(dict.fromkeys(found))

    def steps(
        self, ids: Collection[str], each: int, through_values: bool, ends: Collection[str]
    ) -> list[Edge]:
        if self.schema is None:
            return []
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
                    _values("x", [iri]) for iri in (layout.entity(id), layout.event(id))
                )
                for kind, x, pattern in (
                    ("relation", entity.replace("?x", "?s"), f"{_OUT} {skip}"),
                    ("relation", entity.replace("?x", "?o"), _IN),
                    ("role", entity.replace("?x", "?o"), _ROLES_IN),
                    ("role", event.replace("?x", "?s"), f"{_ROLES_OUT} {skip}"),
                ):
                    what = _SUM if kind == "relation" else "?s ?t ?o (MAX(?c) AS ?confidence)"
                    parts[kind].append(
                        f"{{ SELECT {what} {{ {x} {pattern} }} GROUP BY ?s ?t ?o LIMIT {each} }}"
                    )
            for kind, some_parts in parts.items():
                rows = self._select(f"SELECT * {{ {' UNION '.join(some_parts)} }}")
                edges = [self._edge(row, kind == "relation") for row in rows]
                found += self._flagged(edges)
        return list(dict.fromkeys(found))

    def statements_of(self, keys: Collection[EdgeKey]) -> dict[EdgeKey, Statements]:
        if not keys or self.schema is None:
            return {}
        layout, wanted = self._layout, set(keys)
        sources = _values("s", map(layout.entity, sorted({key[0] for key in keys})))
        types = self._type_values({key[1] for key in keys})
        documents: defaultdict[EdgeKey, set[str]] = defaultdict(set)
        scores: dict[EdgeKey, float] = {}
        for row in self._select(f"SELECT ?s ?t ?o ?c ?g {{ {sources} {types} {_OUT} }}"):
            key = (
                self._id(row, "s", "entity"),
                relationship_type(text_of(row["t"])),
                self._id(row, "o", "entity"),
            )
            if key in wanted:
                documents[key].add(self._id(row, "g", "graph"))
                scores[key] = max(scores.get(key, 0.0), float(text_of(row["c"])))
        return {key: Statements(scores[key], frozenset(said)) for key, said in documents.items()}

    def doubtful_facts(self, below: float, limit: int) -> list[DoubtfulFact]:
        if self.schema is None:
            return []
        least = f"{below:.6f}"
        found = self._relations(
            "",
            f"{{ SELECT DISTINCT ?s ?t ?v {{ GRAPH ?k {{ ?w kgb:head ?l ; kgb:confidence ?q "
            f"FILTER (?q < {least}) FILTER NOT EXISTS {{ ?w kgb:rejected true }} "
            "?w rdf:subject ?s ; kgb:typeName ?t ; rdf:object ?v } FILTER NOT EXISTS { GRAPH ?m "
            "{ ?y rdf:subject ?s ; kgb:typeName ?t ; rdf:object ?v ; kgb:head ?z ; "
            f"kgb:confidence ?r FILTER (?r >= {least}) }} }} }} LIMIT {limit} }} {_OUT}",
        )
        nodes = self._nodes(id for edge in found for id in (edge.source, edge.target))
        facts = [DoubtfulFact(edge, nodes[edge.source], nodes[edge.target]) for edge in found]
        return sorted(facts, key=lambda fact: (fact.edge.confidence, fact.head.name))[:limit]

    def contradictions(self, limit: int) -> list[DoubtfulFact]:
        kinds = [r.name for r in self.schema.relations if r.functional] if self.schema else []
        found: list[Edge] = []
        for name in kinds:
            relation = self._layout.relation(name)
            heads = self._select(
                # What one value begins with, as a date with its year, does not contradict it.
                f"SELECT DISTINCT ?s {{ GRAPH ?g {{ ?s {relation} ?a }} "
                f"GRAPH ?k {{ ?s {relation} ?b }} FILTER (STR(?a) < STR(?b) "
                f"&& !STRSTARTS(STR(?b), STR(?a))) }} LIMIT {limit}"
            )
            if heads:
                values = _values("s", (f"<{iri_of(row['s'])}>" for row in heads))
                edges = self._relations(values, _OUT, (relationship_type(name),))
                found += [edge for edge in edges if edge.conflict]
        nodes = self._nodes(id for edge in found for id in (edge.source, edge.target))
        facts = [DoubtfulFact(edge, nodes[edge.source], nodes[edge.target]) for edge in found]
        return sorted(facts, key=lambda fact: (fact.edge.confidence, fact.head.name))[:limit]

    def _relations(
        self, values: str, pattern: str, types: Collection[str] = (), limit: int | None = None
    ) -> list[Edge]:
        """The relations that data blocks leave of a pattern of statements."""
        rows = self._select(
            f"SELECT {_SUM} {{ {values} {self._type_values(types)} {pattern} }} "
            f"GROUP BY ?s ?t ?o{f' LIMIT {limit}' if limit else ''}"
        )
        return self._flagged([self._edge(row, True) for row in rows])

    def _roles(
        self, values: str, pattern: str, types: Collection[str] = (), limit: int | None = None
    ) -> list[Edge]:
        rows = self._select(
            f"SELECT ?s ?t ?o (MAX(?c) AS ?confidence) {{ {values} {self._type_values(types)} "
            f"{pattern} }} GROUP BY ?s ?t ?o{f' LIMIT {limit}' if limit else ''}"
        )
        return [self._edge(row, False) for row in rows]

    def _edge(self, row: Solution, relation: bool) -> Edge:
        return Edge(
            self._id(row, "s", "entity" if relation else "event"),
            relationship_type(text_of(row["t"])),
            self._id(row, "o", "entity"),
            "relation" if relation else "role",
            float(text_of(row["confidence"])),
            int(text_of(row["support"])) if relation else 1,
        )

    def _flagged(self, edges: list[Edge]) -> list[Edge]:
        """With those marked that contradict another: whether they do is in no one document, so no
        document's graph can say it."""
        assert self.schema is not None
        functional = {relationship_type(r.name) for r in self.schema.relations if r.functional}
        some = [edge for edge in edges if edge.type in functional]
        if not some:
            return edges
        heads = _values("s", map(self._layout.entity, sorted({edge.source for edge in some})))
        types = self._type_values({edge.type for edge in some})
        ends: defaultdict[tuple[str, str], dict[str, str | None]] = defaultdict(dict)
        for row in self._select(
            f"SELECT DISTINCT ?s ?t ?o ?value {{ {heads} {types} {_OUT} "
            f"OPTIONAL {{ GRAPH {self._layout.entities} {{ ?o kgb:value ?value }} }} }}"
        ):
            key = self._id(row, "s", "entity"), relationship_type(text_of(row["t"]))
            value = text_of(row["value"]) if "value" in row else None
            ends[key][self._id(row, "o", "entity")] = value
        wrong = {key: contradicted(some) for key, some in ends.items()}
        return [
            replace(edge, conflict=True)
            if edge.target in wrong.get((edge.source, edge.type), ())
            else edge
            for edge in edges
        ]

    # ------------------------------------------------------------------ texts

    def evidence(self, source: str, type: str, target: str) -> list[Evidence]:
        if self.schema is None:
            return []
        values = f"{_values('s', [self._layout.entity(source)])} {self._type_values([type])}"
        rows: Iterable[RelationRow] = self._store.source().relation_rows(values)
        return [
            Evidence(e.chunk, e.head, e.tail, e.confidence, e.head_span, e.tail_span)
            for row in rows
            if row.tail == target
            for e in row.evidence
        ]

    def chunks(self, ids: Iterable[str]) -> list[ChunkInfo]:
        wanted = sorted(set(ids))
        if not wanted or self.schema is None:
            return []
        return self._chunks(
            self._select(
                f"SELECT ?c ?start ?text {{ {_values('c', map(self._layout.chunk, wanted))} "
                "GRAPH ?g { ?c kgb:start ?start ; kgb:text ?text } }"
            )
        )

    def window(self, document: str, start: int, end: int) -> list[ChunkInfo]:
        if self.schema is None:
            return []
        found = self._chunks(
            self._select(
                f"SELECT ?c ?start ?text {{ GRAPH {self._layout.graph(document)} {{ ?c a kgb:Chunk "
                "; kgb:start ?start ; kgb:end ?end ; kgb:text ?text "
                f"FILTER (?start < {end} && ?end > {start}) }} }}"
            )
        )
        return sorted(found, key=lambda chunk: chunk.start)

    def _chunks(self, rows: Sequence[Solution]) -> list[ChunkInfo]:
        """From chunks ``?c``, each with its ``?start`` and ``?text``."""
        ids = [self._chunk_id(row, "c") for row in rows]
        documents = {d.id: d for d in self._described({id.rpartition("#")[0] for id in ids})}
        return [
            ChunkInfo(
                id,
                int(text_of(row["start"])),
                text_of(row["text"]),
                documents[id.rpartition("#")[0]],
            )
            for id, row in zip(ids, rows, strict=True)
        ]

    def mentions(
        self, chunks: Collection[str], targets: Collection[str] | None = None
    ) -> list[MentionInfo]:
        if not chunks or self.schema is None or (targets is not None and not targets):
            return []
        values = _values("c", map(self._layout.chunk, sorted(set(chunks))))
        if targets is not None:
            kinds = (self._layout.entity, self._layout.event)
            values += _values("x", (kind(id) for id in sorted(set(targets)) for kind in kinds))
        found = self._mentions(f"{values} GRAPH ?g {{ ?m dcterms:isPartOf ?c ; oa:hasBody ?x }}")
        return sorted(found, key=lambda m: (m.start, m.end, m.target, m.local))

    def mentions_of(self, entity: str, skip: int, limit: int) -> list[MentionInfo]:
        if self.schema is None:
            return []
        body = f"VALUES ?x {{ {self._layout.entity(entity)} }}"
        return self._mentions(
            f"{{ SELECT ?m ?x ?c ?g {{ {body} GRAPH ?g {{ ?m oa:hasBody ?x ; dcterms:isPartOf ?c }}"
            f" }} ORDER BY ?m OFFSET {skip} LIMIT {limit} }}"
        )

    def _mentions(self, pattern: str) -> list[MentionInfo]:
        """From annotations ``?m`` in chunks ``?c`` with bodies ``?x`` in graphs ``?g``."""
        rows = self._select(
            f"SELECT ?c ?x ?score ?local ?start ?end ?text {{ {pattern} GRAPH ?g {{ "
            "?m oa:hasTarget ?target ; kgb:confidence ?score . "
            "?target oa:hasSelector ?position, ?quote . "
            "?position oa:start ?start ; oa:end ?end . ?quote oa:exact ?text } "
            f"{optional('?g', '?m kgb:local ?local')} }}"
        )
        places = [
            (row, self._id(row, "x", "entity" if "local" in row else "event")) for row in rows
        ]
        nodes = self._nodes(id for _, id in places)
        return [
            MentionInfo(
                chunk=self._chunk_id(row, "c"),
                start=int(text_of(row["start"])),
                end=int(text_of(row["end"])),
                text=text_of(row["text"]),
                confidence=float(text_of(row["score"])),
                local=text_of(row["local"]) if "local" in row else "",
                target=id,
                type=nodes[id].type,
                name="" if nodes[id].kind == "event" else nodes[id].name,
                event=nodes[id].kind == "event",
            )
            for row, id in places
            if id in nodes
        ]

    def document(self, id: str) -> DocumentInfo | None:
        return next(iter(self._described([id])), None)

    def _documents(self, query: str) -> list[DocumentInfo]:
        """The documents ``?d`` that a query gives, in its order."""
        return self._described([self._id(row, "d", "document") for row in self._select(query)])

    def _described(self, ids: Collection[str]) -> list[DocumentInfo]:
        if not ids or self.schema is None:
            return []
        values = _values("d", map(self._layout.document, ids))
        marks: defaultdict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        for row in self._select(
            f"SELECT ?d ?kind ?start ?label {{ {values} GRAPH ?g {{ ?d kgb:mark ?m . "
            "?m kgb:kind ?kind ; kgb:start ?start ; rdfs:label ?label } }"
        ):
            place = (self._id(row, "d", "document"), text_of(row["kind"]))
            marks[place].append((int(text_of(row["start"])), text_of(row["label"])))
        names = ("uri", "title", "language", "format", "pipeline", "at", "length")
        found = {}
        for row in self._select(
            f"SELECT ?d {' '.join(f'?{name}' for name in names)} {{ {values} GRAPH ?g {{ "
            "?d a kgb:Document ; dcterms:identifier ?uri . ?a prov:used ?d ; "
            "prov:wasAssociatedWith ?agent . ?agent kgb:fingerprint ?pipeline } "
            + optional(
                "?g",
                "?a prov:endedAtTime ?at",
                *(f"?d dcterms:{name} ?{name}" for name in ("title", "language", "format")),
                "?d kgb:length ?length",
            )
            + " }"
        ):
            id = self._id(row, "d", "document")
            said = {name: text_of(row[name]) if name in row else "" for name in names}
            found[id] = DocumentInfo(
                id=id,
                uri=said["uri"],
                title=said["title"],
                language=said["language"],
                media_type=said["format"],
                pipeline=said["pipeline"],
                ingested_at=said["at"],
                length=int(said["length"] or 0),
                pages=tuple(sorted(marks[id, "page"])),
                sections=tuple(sorted(marks[id, "section"])),
            )
        return [found[id] for id in ids if id in found]

    def facts_of(self, document: str) -> list[Fact]:
        if self.schema is None:
            return []
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
                a, b, c, d = (int(text_of(row[name])) for name in ("hs", "he", "ts", "te"))
                spans = (a, b), (c, d)
            head, tail = (self._id(row, name, "local") for name in ("h", "l"))
            chunk, score = self._chunk_id(row, "c"), float(text_of(row["score"]))
            type = relationship_type(text_of(row["t"]))
            found.append(Fact(type, Evidence(chunk, head, tail, score, *spans)))
        return sorted(found, key=lambda fact: (fact.type, fact.evidence))

    def mention_starts(self, document: str, limit: int) -> list[int]:
        if self.schema is None:
            return []
        rows = self._select(
            f"SELECT ?start {{ GRAPH {self._layout.graph(document)} "
            f"{{ ?p a oa:TextPositionSelector ; oa:start ?start }} }} LIMIT {limit}"
        )
        return [int(text_of(row["start"])) for row in rows]

    # ------------------------------------------------------------------ events

    def event_ids(
        self,
        *,
        limit: int,
        types: Collection[str] = (),
        participant: str = "",
        words: str = "",
        dated: tuple[str, str] | None = None,
        document: str = "",
    ) -> list[str]:
        if self.schema is None:
            return []
        layout = self._layout
        values = f"VALUES ?g {{ {layout.graph(document)} }} " if document else ""
        if types:
            values += _values("type", map(quoted, types))
        event = "GRAPH ?g { ?s a kgb:Event ; kgb:typeName ?type }"
        if participant:
            pattern = (
                f"{_values('o', [layout.entity(participant)])} GRAPH ?g {{ {_TO} ?f kgb:event ?s }}"
            )
        elif words:
            named = search_ids(words, layout, _NAMED)
            if named is None:
                return []
            found = [f"<{iri_of(row['e'])}>" for row in self._select(named)]
            if not found:
                return []
            pattern = f"{_values('o', found)} GRAPH ?g {{ {_TO} ?f kgb:event ?s }}"
        elif dated:
            low, high = map(quoted, dated)
            pattern = (
                f"{self._dated()} FILTER (?value >= {low} && ?value < {high}) "
                "GRAPH ?g { ?f kgb:objectNode ?n ; kgb:event ?s }"
            )
        else:
            pattern = ""
        rows = self._select(f"SELECT DISTINCT ?s {{ {values} {pattern} {event} }} LIMIT {limit}")
        return [self._id(row, "s", "event") for row in rows]

    def events(self, ids: Sequence[str]) -> list[EventRow]:
        if not ids or self.schema is None:
            return []
        layout = self._layout
        rows = self._select(
            "SELECT ?s ?g ?type ?trigger ?start ?end ?score ?c ?date "
            f"{{ {_values('s', map(layout.event, ids))} GRAPH ?g {{ "
            "?s a kgb:Event ; kgb:typeName ?type ; rdfs:label ?trigger ; kgb:start ?start ; "
            "kgb:end ?end ; kgb:confidence ?score ; prov:wasDerivedFrom ?c } "
            f"{optional('?g', '?s dcterms:date ?date')} }}"
        )
        said = self._select(
            f"SELECT ?s ?t ?o ?c ?l {{ {_values('s', map(layout.event, ids))} {_ROLES_OUT} }}"
        )
        nodes = self._nodes(self._id(row, "o", "entity") for row in said)
        arguments: defaultdict[str, list[Argument]] = defaultdict(list)
        for row in said:
            node = nodes.get(self._id(row, "o", "entity"))
            if node is not None:
                role, score = relationship_type(text_of(row["t"])), float(text_of(row["c"]))
                local = self._id(row, "l", "local")
                arguments[self._id(row, "s", "event")].append(Argument(role, node, score, local))
        documents = {
            d.id: d for d in self._described({self._id(row, "g", "graph") for row in rows})
        }
        found = []
        for row in rows:
            id, document = self._id(row, "s", "event"), self._id(row, "g", "graph")
            date = text_of(row["date"]) if "date" in row else ""
            info = documents.get(document)
            found.append(
                EventRow(
                    id=id,
                    type=text_of(row["type"]),
                    trigger=text_of(row["trigger"]),
                    confidence=float(text_of(row["score"])),
                    # XSD writes a day of no known year --12-10, EDTF XXXX-12-10.
                    date=f"XXXX-{date[2:]}" if date.startswith("--") else date,
                    document=document,
                    title=(info.title or info.uri.rpartition("/")[2]) if info else "",
                    start=int(text_of(row["start"])),
                    arguments=tuple(sorted(arguments[id], key=lambda a: (a.role, a.node.name))),
                    end=int(text_of(row["end"])),
                    chunk=self._chunk_id(row, "c"),
                )
            )
        return found

    # ------------------------------------------------------------------ inside

    def _id(self, row: Solution, name: str, kind: str) -> str:
        """The id in an IRI of a row."""
        return self._layout.parts(iri_of(row[name]), kind)[-1]

    def _chunk_id(self, row: Solution, name: str) -> str:
        return "#".join(self._layout.parts(iri_of(row[name]), "chunk"))

    def _type_values(self, types: Collection[str]) -> str:
        """That ``?t`` is the schema's name of one of these relationship types, if any."""
        if not types:
            return ""
        layout = self._layout
        names = {name(type) for type in types for name in (layout.relation_name, layout.role_name)}
        return _values("t", map(quoted, sorted(names)))


def _values(name: str, terms: Iterable[str]) -> str:
    """A data block of SPARQL."""
    return f"VALUES ?{name} {{ {' '.join(map(in_sparql, terms))} }} "
