"""Reading a store for an export, page by page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, runtime_checkable

from graph.export.document_facts import (
    evidence_row,
    local_row,
    member_row,
    relation_row,
    relation_rows,
)
from graph.export.source import (
    ArgumentRow,
    ChunkRow,
    DocumentFacts,
    DocumentRow,
    EntityRow,
    EventRow,
    EvidenceRow,
    LocalRow,
    MemberRow,
    MentionRow,
    RelationRow,
)
from graph.resolution import Member
from graph.resolving.decisions import Decisions, decision_of
from graph.store.entities import member_of
from graph.store.facts import decode_fact, evidence_of, parted
from model.schema import Schema
from model.schema_names import relationship_type

Row = Mapping[str, Any]

_DOCUMENTS_A_PAGE = 20  # a book may be one document
_NODES_A_PAGE = 500
_DOCUMENT = (
    "n.id AS id, n.uri AS uri, n.title AS title, n.language AS language, n.sha256 AS sha256, "
    "n.pipeline AS pipeline, toString(n.ingested_at) AS ingested_at, n.source AS source, "
    "n.media_type AS media_type, n.length AS length, n.mark_kinds AS mark_kinds, "
    "n.mark_starts AS mark_starts, n.mark_labels AS mark_labels, "
    "n.metadata_keys AS metadata_keys, n.metadata_values AS metadata_values"
)
_ENTITY = (
    "n.id AS id, n.type AS type, n.name AS name, n.aliases AS aliases, n.datatype AS datatype, "
    "n.value AS value"
)
_CHUNKS_OF = "UNWIND $ids AS document MATCH (:Document {id: document})<-[:PART_OF]-(c:Chunk) "


@runtime_checkable
class ReadableStore(Protocol):
    """The property-graph store, as far as it is needed here (`graph.store.Store`)."""

    @property
    def schema(self) -> Schema | None: ...

    def query(
        self, cypher: str, parameters: Mapping[str, Any] | None = None, /
    ) -> Sequence[Row]: ...


class StoreSource:
    """All of a property-graph store.

    Reads in pages, each a short query on an index, so that neither side holds more than a page
    and an export of hours keeps no transaction open. What is written meanwhile may be in the
    export or not.
    """

    def __init__(self, store: ReadableStore) -> None:
        self._store = store

    def documents(self) -> Iterator[DocumentRow]:
        for page in self._pages("Document", _DOCUMENT):
            for row in page:
                yield _document(row)

    def chunks(self) -> Iterator[ChunkRow]:
        for ids in self._document_pages():
            chunks = self._chunks(ids)
            for id in ids:
                yield from chunks[id]

    def entities(self) -> Iterator[EntityRow]:
        for page in self._pages("Entity", _ENTITY):
            for row in page:
                yield _entity(row)

    def mentions(self) -> Iterator[MentionRow]:
        for ids in self._document_pages():
            mentions = self._mentions(ids)
            for id in ids:
                yield from mentions[id]

    def relations(self) -> Iterator[RelationRow]:
        for page in self._pages("Entity", "n.id AS id"):
            rows = self._store.query(
                "UNWIND $ids AS head MATCH (:Entity {id: head})-[r]->(e:Entity) "
                "RETURN head, type(r) AS type, e.id AS tail, properties(r) AS properties",
                {"ids": [row["id"] for row in page]},
            )
            for row in sorted(rows, key=lambda row: (row["head"], row["tail"], row["type"])):
                yield relation_row(
                    (row["type"], row["head"], row["tail"]), _evidence(row["properties"])
                )

    def events(self) -> Iterator[EventRow]:
        for ids in self._document_pages():
            events = self._events(ids)
            for id in ids:
                yield from events[id]

    def decisions(self) -> Decisions:
        found = self._store.query("MATCH (d:Decision) RETURN properties(d) AS properties")
        return Decisions(decision_of(row["properties"]) for row in found)

    def by_document(self) -> Iterator[DocumentFacts]:
        decisions, symmetric = self.decisions(), self._symmetric()
        for ids in self._document_pages():
            found = self._store.query(
                "UNWIND $ids AS id MATCH (n:Document {id: id}) "
                f"RETURN {_DOCUMENT}, n.facts AS facts",
                {"ids": ids},
            )
            page = sorted(found, key=lambda row: str(row["id"]))
            chunks, members, mentions, events = (
                self._chunks(ids), self._members(ids), self._mentions(ids), self._events(ids),
            )  # fmt: skip
            for row in page:
                id = row["id"]
                place = members[id].place
                # A fact of a local entity that another process has just taken away is left out.
                stated = (decode_fact(text, id) for text in row["facts"] or ())
                facts = [f for f in stated if {f.evidence.head, f.evidence.tail} <= place.keys()]
                stand, rejected = parted(facts, map(decisions.applied, members[id].all), decisions)
                yield DocumentFacts(
                    document=_document(row),
                    chunks=tuple(chunks[id]),
                    members=tuple(members[id].rows),
                    mentions=tuple(mentions[id]),
                    relations=relation_rows(stand, place, symmetric),
                    events=tuple(events[id]),
                    rejected=relation_rows(rejected, place, symmetric),
                )

    def _pages(self, label: str, columns: str) -> Iterator[list[Row]]:
        """All nodes of a label, some 500 at a time, ordered by their ids.

        Ids are hashes in hexadecimal, so ranges of prefixes hold about as many each. (Pages by
        ``ORDER BY ... LIMIT`` would make ArcadeDB sort all that is left for every page.)
        """
        total = self._store.query(f"MATCH (n:{label}) RETURN count(n) AS total")[0]["total"]
        digits = 0
        while total > _NODES_A_PAGE * 16**digits:
            digits += 1
        bounds = [f"{number:0{digits}x}" for number in range(1, 16**digits)] if digits else []
        for start, stop in pairwise(["", *bounds, None]):
            end = "" if stop is None else " AND n.id < $stop"
            rows = self._store.query(
                f"MATCH (n:{label}) WHERE n.id >= $start{end} RETURN {columns}",
                {"start": start, "stop": stop},
            )
            if rows:
                yield sorted(rows, key=lambda row: str(row["id"]))

    def _document_pages(self) -> Iterator[list[str]]:
        for page in self._pages("Document", "n.id AS id"):
            for start in range(0, len(page), _DOCUMENTS_A_PAGE):
                yield [row["id"] for row in page[start : start + _DOCUMENTS_A_PAGE]]

    def _chunks(self, ids: Sequence[str]) -> defaultdict[str, list[ChunkRow]]:
        rows = self._store.query(
            _CHUNKS_OF + "RETURN document, c.id AS id, c.index AS index, c.start AS start, "
            "c.end AS end, c.text AS text",
            {"ids": ids},
        )
        found: defaultdict[str, list[ChunkRow]] = defaultdict(list)
        for row in sorted(rows, key=lambda row: int(row["index"])):
            found[row["document"]].append(ChunkRow(**row))
        return found

    def _mentions(self, ids: Sequence[str]) -> defaultdict[str, list[MentionRow]]:
        rows = self._store.query(
            _CHUNKS_OF + "MATCH (c)-[m:MENTIONS]->(e:Entity) "
            "RETURN document, c.id AS chunk, e.id AS target, m.start AS start, m.end AS end, "
            "m.text AS text, m.confidence AS confidence, m.local AS local",
            {"ids": ids},
        )
        found: defaultdict[str, list[MentionRow]] = defaultdict(list)
        for mention in sorted(MentionRow(**row) for row in rows):
            found[mention.document].append(mention)
        return found

    def _events(self, ids: Sequence[str]) -> defaultdict[str, list[EventRow]]:
        of_events = _CHUNKS_OF + "MATCH (c)-[:MENTIONS]->(v:Event) "
        rows = self._store.query(
            of_events + "RETURN document, c.id AS chunk, v.id AS id, v.type AS type, "
            "v.trigger AS trigger, v.start AS start, v.end AS end, v.confidence AS confidence",
            {"ids": ids},
        )
        arguments: defaultdict[str, list[ArgumentRow]] = defaultdict(list)
        if rows:
            for row in self._store.query(
                of_events + "MATCH (v)-[r]->(e:Entity) RETURN v.id AS event, type(r) AS role, "
                "e.id AS entity, r.confidence AS confidence, r.local AS local",
                {"ids": ids},
            ):
                arguments[row["event"]].append(
                    ArgumentRow(row["role"], row["entity"], row["confidence"], row["local"])
                )
        found: defaultdict[str, list[EventRow]] = defaultdict(list)
        for row in sorted(rows, key=lambda r: (r["start"], r["end"], r["type"], r["id"])):
            filled = tuple(sorted(arguments[row["id"]]))
            found[row["document"]].append(EventRow(**row, arguments=filled))
        return found

    def _members(self, ids: Sequence[str]) -> defaultdict[str, _Members]:
        rows = self._store.query(
            "UNWIND $ids AS document MATCH (:Document {id: document})-[m:HAS_ENTITY]->(n:Entity) "
            f"RETURN document, properties(m) AS member, {_ENTITY}",
            {"ids": ids},
        )
        found: defaultdict[str, _Members] = defaultdict(lambda: _Members({}, {}, []))
        for row in rows:
            members = found[row["document"]]
            members.entities[row["id"]] = _entity(row)
            member = member_of(row["document"], row["member"])
            members.place[member.local] = row["id"]
            members.all.append(member)
        return found

    def _symmetric(self) -> frozenset[str]:
        schema = self._store.schema
        relations = () if schema is None else schema.relations
        return frozenset(relationship_type(r.name) for r in relations if r.symmetric)


@dataclass(slots=True)
class _Members:
    """One document's entities by id, entity ids by local id, and its members."""

    entities: dict[str, EntityRow]
    place: dict[str, str]
    all: list[Member]

    @property
    def rows(self) -> list[MemberRow]:
        locals: defaultdict[str, list[LocalRow]] = defaultdict(list)
        for member in self.all:
            locals[self.place[member.local]].append(local_row(member))
        return [member_row(self.entities[id], locals[id]) for id in sorted(self.entities)]


def _document(row: Row) -> DocumentRow:
    marks = zip(row["mark_kinds"], row["mark_starts"], row["mark_labels"], strict=True)
    metadata = zip(row["metadata_keys"], row["metadata_values"], strict=True)
    return DocumentRow(
        id=row["id"],
        uri=row["uri"],
        title=row["title"],
        language=row["language"],
        sha256=row["sha256"],
        pipeline=row["pipeline"],
        ingested_at=row["ingested_at"],
        source=row["source"],
        media_type=row["media_type"],
        length=row["length"],
        marks=tuple(marks),
        metadata=tuple(metadata),
    )


def _entity(row: Row) -> EntityRow:
    return EntityRow(
        id=row["id"],
        type=row["type"],
        name=row["name"],
        aliases=tuple(row["aliases"] or ()),
        datatype=row["datatype"],
        value=row["value"],
    )


def _evidence(row: Row) -> list[EvidenceRow]:
    return sorted(map(evidence_row, evidence_of(row)))
