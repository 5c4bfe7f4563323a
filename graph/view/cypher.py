"""The view of a property graph, by Cypher that Neo4j and ArcadeDB both answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from graph.export.source import EntityRow
from graph.records import NO_SPAN
from graph.store import Store
from graph.store.errors import QueryError, StoreError
from graph.store.facts import EVIDENCE_LISTS, Evidence, Fact, decode_fact, evidence_of
from graph.store.naming import DOCUMENT as DOCUMENT_LABEL
from graph.store.naming import quoted
from graph.store.search import Hit
from graph.store.tally import TALLY, Tally
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
    NodeKind,
    Overview,
    Statements,
)
from model.schema import Schema
from model.schema_names import graph_label, relationship_type

Row = Mapping[str, Any]

_NODE = (
    "{0}.id AS id, labels({0}) AS labels, {0}.type AS type, {0}.name AS name, "
    "{0}.trigger AS trigger"
)
"""Columns of a node; ``.format`` it with the variable's name."""

_DOCUMENT = (
    "d.id AS document, d.uri AS uri, d.title AS title, d.language AS language, "
    "d.media_type AS media_type, d.pipeline AS pipeline, d.ingested_at AS ingested_at, "
    "d.length AS length, d.mark_kinds AS mark_kinds, d.mark_starts AS mark_starts, "
    "d.mark_labels AS mark_labels"
)
_KIND = "CASE WHEN n:Event OR x:Event THEN 'role' ELSE 'relation' END AS kind"
_EDGE = (
    "startNode(r).id AS source, type(r) AS rel, endNode(r).id AS target, "
    f"r.confidence AS confidence, r.support AS support, r.conflict AS conflict, {_KIND}"
)
# Mentions and members hang on chunks and documents; counting all and taking those off costs the
# database no look at any neighbour.
_EVENT_DEGREE = "COUNT { (n)--() } - COUNT { (n)<-[:MENTIONS]-() }"
_ENTITY_DEGREE = (
    f"{_EVENT_DEGREE} - COUNT {{ (n)<-[:HAS_ENTITY]-() }} - COUNT {{ (n)<-[:KEY_OF]-() }}"
)
_OURS = "NOT type(r) IN ['MENTIONS', 'HAS_ENTITY', 'KEY_OF', 'PART_OF']"
_MENTION = (
    "c.id AS chunk, m.start AS start, m.end AS end, m.text AS text, m.confidence AS confidence, "
    "m.local AS local, e.id AS target, e.type AS type, e.name AS name, e:Event AS event"
)
_PARTS = 24
"""Counts asked for in one query at most."""
_WINDOWS = (timedelta(hours=1), timedelta(days=1), timedelta(days=30))
"""How far back the newest documents are looked for before all are sorted."""
_PAIR = 6
"""How many relationships are walked in the time in which one pair of nodes is tried."""
_SPANS = EVIDENCE_LISTS[4:]


class CypherView:
    """See `graph.view.protocol.GraphView`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def schema(self) -> Schema | None:
        return self._store.schema

    def _rows(self, cypher: str, **parameters: Any) -> Sequence[Row]:
        return self._store.query(cypher, parameters)

    # ------------------------------------------------------------------ what there is

    def overview(self) -> Overview:
        # From the books that databases keep of themselves: no node is read.
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

    def newest_documents(self, limit: int) -> list[DocumentInfo]:
        now = datetime.now(UTC)
        for window in _WINDOWS:
            found = self._since((now - window).isoformat(timespec="seconds"), limit)
            if len(found) >= limit:
                return found
        return self._since("", limit)

    def _since(self, since: str, limit: int) -> list[DocumentInfo]:
        rows = self._rows(
            f"MATCH (d:Document) WHERE d.ingested_at >= $since RETURN {_DOCUMENT} "
            "ORDER BY d.ingested_at DESC, d.uri LIMIT $limit",
            since=since,
            limit=limit,
        )
        return [_document(row) for row in rows]

    def find_documents(self, text: str, limit: int) -> list[DocumentInfo]:
        rows = self._rows(
            "MATCH (d:Document) WHERE toLower(d.title) CONTAINS $text "
            f"OR toLower(d.uri) CONTAINS $text RETURN {_DOCUMENT} "
            "ORDER BY d.title, d.uri LIMIT $limit",
            text=text.casefold(),
            limit=limit,
        )
        return [_document(row) for row in rows]

    def event_dates(self, limit: int) -> list[str]:
        rows = self._rows(
            "MATCH (x:Value {datatype: 'date'})<-[]-(v:Event) WHERE x.value IS NOT NULL "
            "RETURN x.value AS value LIMIT $limit",
            limit=limit,
        )
        return [row["value"] for row in rows]

    # ------------------------------------------------------------------ nodes

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        return self._store.search(text, limit)

    def nodes(self, ids: Iterable[str], *, degrees: bool = True) -> list[Node]:
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return []
        of_entity, of_event = (_ENTITY_DEGREE, _EVENT_DEGREE) if degrees else ("0", "0")
        rows = self._rows(
            "UNWIND $ids AS wanted MATCH (n:Entity {id: wanted}) "
            f"RETURN {_NODE.format('n')}, {of_entity} AS degree UNION ALL "
            "UNWIND $ids AS wanted MATCH (n:Event {id: wanted}) "
            f"RETURN {_NODE.format('n')}, {of_event} AS degree",
            ids=wanted,
        )
        found = {row["id"]: _node(row, max(0, row["degree"])) for row in rows}
        return [found[id] for id in wanted if id in found]

    def degrees(self, ids: Iterable[str]) -> dict[str, int]:
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        rows = self._rows(
            "UNWIND $ids AS wanted MATCH (n:Entity {id: wanted}) "
            f"RETURN wanted, {_ENTITY_DEGREE} AS n UNION ALL "
            "UNWIND $ids AS wanted MATCH (n:Event {id: wanted}) "
            f"RETURN wanted, {_EVENT_DEGREE} AS n",
            ids=wanted,
        )
        return {row["wanted"]: max(0, row["n"]) for row in rows}

    def entity(self, id: str) -> EntityDetails | None:
        rows = self._rows(
            f"MATCH (n:Entity {{id: $id}}) RETURN {_NODE.format('n')}, n.aliases AS aliases, "
            "n.datatype AS datatype, n.value AS value, COUNT { (n)<-[:MENTIONS]-() } AS mentions, "
            "COUNT { (n)<-[:HAS_ENTITY]-() } AS members",
            id=id,
        )
        if not rows:
            return None
        row = rows[0]
        return EntityDetails(
            node=_node(row, self.degrees([id]).get(id, 0)),
            aliases=tuple(row["aliases"] or ()),
            datatype=row["datatype"],
            value=row["value"],
            documents=row["members"],
            mentions=row["mentions"],
        )

    def entity_rows(self, ids: Iterable[str]) -> list[EntityRow]:
        rows = self._rows(
            "UNWIND $ids AS id MATCH (n:Entity {id: id}) RETURN n.id AS id, n.type AS type, "
            "n.name AS name, n.aliases AS aliases, n.datatype AS datatype, n.value AS value",
            ids=sorted(set(ids)),
        )
        found = [EntityRow(**{**row, "aliases": tuple(row["aliases"] or ())}) for row in rows]
        return sorted(found, key=lambda row: row.id)

    def occurrences(self, ids: Iterable[str]) -> dict[str, tuple[int, int]]:
        rows = self._rows(
            "UNWIND $ids AS id MATCH (n:Entity {id: id}) "
            "RETURN n.id AS id, COUNT { (n)<-[:HAS_ENTITY]-() } AS documents, "
            "COUNT { (n)<--(:Event) } AS events",
            ids=list(ids),
        )
        return {row["id"]: (row["documents"], row["events"]) for row in rows}

    def current_ids(self, ids: Iterable[str]) -> dict[str, str]:
        wanted = list(ids)
        if not wanted:
            return {}
        rows = self._rows(
            "UNWIND $ids AS id MATCH (:EntityKey {id: id})-[:KEY_OF]->(e:Entity) "
            "RETURN id, e.id AS now",
            ids=wanted,
        )
        return {row["id"]: row["now"] for row in rows}

    def entities_of(self, documents: Collection[str], limit: int) -> list[str]:
        rows = self._rows(
            "UNWIND $ids AS id MATCH (d:Document {id: id})-[:HAS_ENTITY]->(e:Entity) "
            "WHERE NOT e:Value RETURN DISTINCT e.id AS id LIMIT $limit",
            ids=list(documents),
            limit=limit,
        )
        return [row["id"] for row in rows]

    def documents_of(self, entity: str, limit: int) -> list[DocumentInfo]:
        rows = self._rows(
            "MATCH (d:Document)-[:HAS_ENTITY]->(e:Entity {id: $id}) "
            f"RETURN DISTINCT {_DOCUMENT} LIMIT $limit",
            id=entity,
            limit=limit,
        )
        return [_document(row) for row in rows]

    def tallies(self) -> Iterator[tuple[str, str, str, Tally]]:
        for row in self._store.stream(
            "MATCH (e:Entity) WHERE NOT e:Value RETURN e.id AS id, e.name AS name, "
            f"e.type AS type, e.{TALLY} AS tally"
        ):
            yield row["id"], row["name"], row["type"], Tally.decode(row["tally"])

    # ------------------------------------------------------------------ edges

    def edge(self, source: str, type: str, target: str) -> Edge | None:
        columns = (
            "a.id AS source, type(r) AS rel, b.id AS target, r.confidence AS confidence, "
            "r.support AS support, r.conflict AS conflict"
        )
        rows = self._rows(
            "MATCH (a:Entity {id: $source})-[r]->(b:Entity {id: $target}) WHERE type(r) = $type "
            f"RETURN {columns}, 'relation' AS kind UNION ALL "
            "MATCH (a:Event {id: $source})-[r]->(b:Entity {id: $target}) WHERE type(r) = $type "
            f"RETURN {columns}, 'role' AS kind",
            source=source,
            type=type,
            target=target,
        )
        return _edge(rows[0]) if rows else None

    def edges_among(self, nodes: Collection[Node], limit: int) -> list[Edge]:
        # Nodes with few relationships are walked around; those with many are tried in pairs, since
        # a walk would read relationships by the thousand for the one that stays here.
        ids = {node.id: True for node in nodes}
        many = _worth_pairing(nodes)
        rows = self._rows(
            "UNWIND $few AS id MATCH (n:Entity {id: id})-[r]-(x:Entity) WHERE $ids[x.id] "
            f"RETURN {_EDGE} LIMIT $limit UNION ALL "
            "UNWIND $few AS id MATCH (n:Event {id: id})-[r]->(x:Entity) WHERE $ids[x.id] "
            f"RETURN {_EDGE} LIMIT $limit",
            few=[id for id in ids if id not in many],
            ids=ids,
            limit=2 * limit,  # an edge is seen from both its ends
        )
        found = [*map(_edge, rows), *self._between(many, many)]
        return list(dict.fromkeys(found))[:limit]

    def joining(self, some: Collection[str], others: Collection[str]) -> list[Edge]:
        return list(dict.fromkeys(self._between(some, others) + self._between(others, some)))

    def _between(self, some: Collection[str], others: Collection[str]) -> list[Edge]:
        """The relations from an entity of ``some`` to one of ``others``."""
        if not some or not others:
            return []
        rows = self._rows(
            "UNWIND $some AS one MATCH (n:Entity {id: one}) "
            "UNWIND $others AS other MATCH (x:Entity {id: other}) MATCH (n)-[r]->(x) "
            "RETURN n.id AS source, type(r) AS rel, x.id AS target, r.confidence AS confidence, "
            "r.support AS support, r.conflict AS conflict, 'relation' AS kind",
            some=list(some),
            others=list(others),
        )
        return list(map(_edge, rows))

    def neighbour_counts(self, id: str) -> list[NeighbourCount]:
        rows = self._rows(
            "MATCH (n:Entity {id: $id})-[r]-(x) WHERE x:Entity OR x:Event "
            f"RETURN type(r) AS rel, startNode(r).id = $id AS outgoing, {_KIND}, count(*) AS n "
            "UNION ALL MATCH (n:Event {id: $id})-[r]->(x:Entity) "
            f"RETURN type(r) AS rel, true AS outgoing, {_KIND}, count(*) AS n",
            id=id,
        )
        return [
            NeighbourCount(row["rel"], bool(row["outgoing"]), row["kind"], row["n"]) for row in rows
        ]

    def neighbours(self, id: str, types: Collection[str], limit: int) -> list[tuple[Edge, Node]]:
        wanted = f"{_OURS} AND type(r) IN $types" if types else _OURS
        rows = self._rows(
            f"MATCH (n:Entity {{id: $id}})-[r]-(x) WHERE {wanted} "
            f"WITH n, r, x LIMIT $read RETURN {_NODE.format('x')}, {_EDGE} UNION ALL "
            f"MATCH (n:Event {{id: $id}})-[r]->(x:Entity) WHERE {wanted} "
            f"WITH n, r, x LIMIT $read RETURN {_NODE.format('x')}, {_EDGE}",
            id=id,
            types=list(types),
            read=limit,
        )
        return [(_edge(row), _node(row)) for row in rows]

    def steps(
        self, ids: Collection[str], each: int, through_values: bool, ends: Collection[str]
    ) -> list[Edge]:
        values = "" if through_values else "AND (NOT x:Value OR x.id IN $ends) "
        rows = self._rows(
            "UNWIND $ids AS id MATCH (n:Entity {id: id}) "
            "CALL { WITH n MATCH (n)-[r]-(x) WHERE (x:Entity OR x:Event) "
            f"{values}RETURN r, x LIMIT $each }} "
            "RETURN startNode(r).id AS source, type(r) AS rel, endNode(r).id AS target, "
            "r.confidence AS confidence, r.support AS support, r.conflict AS conflict, "
            "x:Event AS event UNION ALL "
            "UNWIND $ids AS id MATCH (n:Event {id: id})-[r]->(x:Entity) "
            f"WHERE true {values}"
            "RETURN n.id AS source, type(r) AS rel, x.id AS target, "
            "r.confidence AS confidence, r.support AS support, r.conflict AS conflict, "
            "true AS event",
            ids=list(ids),
            each=each,
            ends=list(ends),
        )
        return [_edge({**row, "kind": "role" if row["event"] else "relation"}) for row in rows]

    def statements_of(self, keys: Collection[EdgeKey]) -> dict[EdgeKey, Statements]:
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
        columns = _NODE.format("a"), _NODE.format("b").replace(" AS ", " AS b_")
        rows = self._rows(
            f"MATCH (a:Entity)-[r{types}]->(b:Entity) WHERE {condition} WITH a, r, b LIMIT $limit "
            f"RETURN {columns[0]}, {columns[1]}, a.id AS source, b.id AS target, type(r) AS rel, "
            "'relation' AS kind, r.confidence AS confidence, r.support AS support, "
            "r.conflict AS conflict ORDER BY confidence, name",
            **parameters,
        )
        return [
            DoubtfulFact(
                _edge(row),
                _node(row),
                _node({key[2:]: value for key, value in row.items() if key.startswith("b_")}),
            )
            for row in rows
        ]

    # ------------------------------------------------------------------ texts

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

    def chunks(self, ids: Iterable[str]) -> list[ChunkInfo]:
        rows = self._rows(
            "UNWIND $ids AS id MATCH (c:Chunk {id: id})-[:PART_OF]->(d:Document) "
            f"RETURN c.id AS id, c.start AS start, c.text AS text, {_DOCUMENT}",
            ids=sorted(set(ids)),
        )
        return [ChunkInfo(row["id"], row["start"], row["text"], _document(row)) for row in rows]

    def mentions(
        self, chunks: Collection[str], targets: Collection[str] | None = None
    ) -> list[MentionInfo]:
        some = "" if targets is None else "AND e.id IN $targets "
        rows = self._rows(
            "UNWIND $chunks AS id MATCH (c:Chunk {id: id})-[m:MENTIONS]->(e) "
            f"WHERE (e:Entity OR e:Event) {some}RETURN {_MENTION}",
            chunks=sorted(set(chunks)),
            targets=sorted(set(targets or ())),
        )
        return sorted(map(_mention, rows), key=lambda m: (m.start, m.end, m.target, m.local))

    def mentions_of(self, entity: str, skip: int, limit: int) -> list[MentionInfo]:
        rows = self._rows(
            f"MATCH (e:Entity {{id: $id}})<-[m:MENTIONS]-(c:Chunk) RETURN {_MENTION} "
            "SKIP $skip LIMIT $limit",
            id=entity,
            skip=skip,
            limit=limit,
        )
        return list(map(_mention, rows))

    def document(self, id: str) -> DocumentInfo | None:
        rows = self._rows(f"MATCH (d:Document {{id: $id}}) RETURN {_DOCUMENT}", id=id)
        return _document(rows[0]) if rows else None

    def window(self, document: str, start: int, end: int) -> list[ChunkInfo]:
        rows = self._rows(
            "MATCH (d:Document {id: $id})<-[:PART_OF]-(c:Chunk) "
            "WHERE c.start < $end AND c.end > $start "
            f"RETURN c.id AS id, c.start AS start, c.text AS text, {_DOCUMENT} ORDER BY start",
            id=document,
            start=start,
            end=end,
        )
        return [ChunkInfo(row["id"], row["start"], row["text"], _document(row)) for row in rows]

    def facts_of(self, document: str) -> list[Fact]:
        rows = self._rows("MATCH (d:Document {id: $id}) RETURN d.facts AS facts", id=document)
        return [decode_fact(text, document) for row in rows for text in row["facts"] or ()]

    def mention_starts(self, document: str, limit: int) -> list[int]:
        rows = self._rows(
            "MATCH (d:Document {id: $id})<-[:PART_OF]-(c:Chunk)-[m:MENTIONS]->() "
            "RETURN m.start AS start LIMIT $limit",
            id=document,
            limit=limit,
        )
        return [row["start"] for row in rows]

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
        conditions = ["(size($types) = 0 OR v.type IN $types)"]
        if document:
            conditions.append("v.document = $document")
        low, high = dated or ("", "")
        if participant:
            pattern = "(e:Entity {id: $participant})<-[r]-(v:Event)"
        elif words:
            pattern = "(e:Entity)<-[r]-(v:Event)"
            conditions.append(
                "(toLower(e.name) CONTAINS $words "
                "OR any(a IN e.aliases WHERE toLower(a) CONTAINS $words))"
            )
        elif dated:
            pattern = "(x:Value {datatype: 'date'})<-[r]-(v:Event)"
            conditions.append("x.value >= $low AND x.value < $high")
        else:
            pattern = "(v:Event)"
        rows = self._rows(
            f"MATCH {pattern} WHERE {' AND '.join(conditions)} "
            "RETURN DISTINCT v.id AS id LIMIT $limit",
            types=list(types),
            participant=participant,
            words=words.casefold(),
            low=low,
            high=high,
            document=document,
            limit=limit,
        )
        return [row["id"] for row in rows]

    def events(self, ids: Sequence[str]) -> list[EventRow]:
        if not ids:
            return []
        arguments: defaultdict[str, list[Argument]] = defaultdict(list)
        dates: defaultdict[str, list[str]] = defaultdict(list)
        for row in self._rows(
            "UNWIND $ids AS event MATCH (v:Event {id: event})-[r]->(n:Entity) RETURN event, "
            f"type(r) AS role, r.confidence AS confidence, r.local AS local, {_NODE.format('n')}, "
            "n.datatype AS datatype, n.value AS value",
            ids=list(ids),
        ):
            arguments[row["event"]].append(
                Argument(row["role"], _node(row), row["confidence"] or 0.0, row["local"] or "")
            )
            if row["datatype"] == "date" and row["value"]:
                dates[row["event"]].append(row["value"])
        rows = self._rows(
            # From the event: after UNWIND, ArcadeDB begins with what stands first, and would read
            # every chunk there is.
            "UNWIND $ids AS event MATCH (v:Event {id: event})<-[m:MENTIONS]-(c:Chunk) "
            "OPTIONAL MATCH (d:Document {id: v.document}) "
            "RETURN v.id AS id, v.type AS type, v.trigger AS trigger, v.start AS start, "
            "v.end AS end, v.confidence AS confidence, v.date AS date, v.document AS document, "
            "d.title AS title, d.uri AS uri, c.id AS chunk",
            ids=list(ids),
        )
        return [
            EventRow(
                id=row["id"],
                type=row["type"],
                trigger=row["trigger"] or "",
                confidence=row["confidence"] or 0.0,
                date=row["date"] or min(dates[row["id"]], default=""),
                document=row["document"] or "",
                title=row["title"] or (row["uri"] or "").rpartition("/")[2],
                start=row["start"] or 0,
                arguments=tuple(sorted(arguments[row["id"]], key=lambda a: (a.role, a.node.name))),
                end=row["end"] or 0,
                chunk=row["chunk"],
            )
            for row in rows
        ]


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


def _worth_pairing(among: Iterable[Node]) -> list[str]:
    """The entities, those with most relationships first, for which pairs cost less than walks."""
    ranked = sorted((n for n in among if n.kind != "event"), key=lambda n: (-n.degree, n.id))
    best, chosen, saved = 0, 0, 0
    for number, node in enumerate(ranked, 1):
        saved += node.degree
        gain = saved - _PAIR * number * number
        if gain > best:
            best, chosen = gain, number
    return [node.id for node in ranked[:chosen]]


def _node(row: Row, degree: int = 0) -> Node:
    """From the columns of `_NODE`."""
    labels = row["labels"]
    kind: NodeKind = "event" if "Event" in labels else "value" if "Value" in labels else "entity"
    name = row.get("name") or row.get("trigger") or row["id"]
    return Node(row["id"], kind, row["type"] or "", str(name), degree)


def _document(row: Row) -> DocumentInfo:
    """From the columns of `_DOCUMENT`."""
    columns = (row["mark_kinds"] or (), row["mark_starts"] or (), row["mark_labels"] or ())
    marks = list(zip(*columns, strict=False))
    return DocumentInfo(
        id=row["document"],
        uri=row["uri"] or "",
        title=row["title"] or "",
        language=row["language"] or "",
        media_type=row["media_type"] or "",
        pipeline=row["pipeline"] or "",
        ingested_at=str(row["ingested_at"] or ""),
        length=row["length"] or 0,
        pages=tuple(sorted((start, label) for kind, start, label in marks if kind == "page")),
        sections=tuple(sorted((start, label) for kind, start, label in marks if kind == "section")),
    )


def _edge(row: Row) -> Edge:
    return Edge(
        row["source"],
        row["rel"],
        row["target"],
        row["kind"],
        row["confidence"] or 0.0,
        int(row["support"] or 1),
        bool(row["conflict"]),
    )


def _mention(row: Row) -> MentionInfo:
    return MentionInfo(
        chunk=row["chunk"],
        start=row["start"],
        end=row["end"],
        text=row["text"] or "",
        confidence=row["confidence"] or 0.0,
        local=row["local"] or "",
        target=row["target"],
        type=row["type"] or "",
        name=row["name"] or "",
        event=bool(row["event"]),
    )
