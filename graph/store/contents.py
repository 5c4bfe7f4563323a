"""What hangs on the ``Document`` nodes: chunks, mentions, memberships, events.

The entities that they lead to must be there already. Everything is read, written and removed for
many documents at once.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from graph.literals import normalise
from graph.records import DocumentGraph, LocalEvent
from graph.resolution import Member
from graph.store.entities import member_of
from graph.store.facts import Fact, decode_fact, encode_fact
from graph.store.naming import Names, SchemaNames
from graph.store.statements import (
    Row,
    Transaction,
    create_nodes,
    create_typed,
    grouped,
    properties_clause,
    rows,
    run_batch,
)
from ingest.documents import Chunk, chunk_id


@dataclass(frozen=True, slots=True)
class Version:
    """What one version of a document says: its members and all facts that it states."""

    members: Sequence[Member]
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """What the store holds of a document; members come with the ids of their entities."""

    members: Sequence[tuple[Member, str]]
    facts: Sequence[Fact]


Elements = Mapping[tuple[str, str], str]
"""The entity of each local entity: (document id, local id) to the element id of its node.

Servers find a node by its element id at once; by our id they look into an index of each label.
"""

CHUNK = ("id", "index", "start", "end", "text")
MEMBER = ("local", "type", "name", "names", "keys", "datatype", "value")
_EVENT = ("id", "type", "document", "trigger", "start", "end", "confidence", "date")
_MENTION = ("start", "end", "text", "confidence", "local")
_DOCUMENT = (
    *("id", "uri", "source", "media_type", "language", "title", "sha256", "length", "date"),
    *("mark_kinds", "mark_starts", "mark_labels", "metadata_keys", "metadata_values"),
    *("pipeline", "ingested_at", "facts"),
)
"""Names of the properties that nodes and relationships have."""


def event_id(document_id: str, event_type: str, start: int, end: int, ordinal: int = 0) -> str:
    """The id of an event: where it is stated and what it is. ``ordinal`` tells equals apart."""
    key = f"{document_id}|{start}|{end}|{event_type}|{ordinal}"
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def read_ledger(tx: Transaction, document_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Content hash and pipeline of those of the documents that are stored."""
    found = rows(
        tx,
        "UNWIND $ids AS id MATCH (d:Document {id: id}) "
        "RETURN id, d.sha256 AS sha256, d.pipeline AS pipeline",
        ids=list(document_ids),
    )
    return {row["id"]: (row["sha256"], row["pipeline"]) for row in found}


def read_versions(tx: Transaction, document_ids: Collection[str]) -> dict[str, StoredVersion]:
    """The stored versions of documents that are there."""
    if not document_ids:
        return {}
    stated = rows(
        tx,
        "UNWIND $ids AS id MATCH (d:Document {id: id}) RETURN id, d.facts AS facts",
        ids=list(document_ids),
    )
    members: defaultdict[str, list[tuple[Member, str]]] = defaultdict(list)
    for row in rows(
        tx,
        "UNWIND $ids AS id MATCH (:Document {id: id})-[m:HAS_ENTITY]->(e:Entity) "
        "RETURN id, properties(m) AS properties, e.id AS entity",
        ids=list(document_ids),
    ):
        members[row["id"]].append((member_of(row["id"], row["properties"]), row["entity"]))
    return {
        row["id"]: StoredVersion(
            members[row["id"]], [decode_fact(text, row["id"]) for text in row["facts"]]
        )
        for row in stated
    }


def remove_contents(tx: Transaction, document_ids: Collection[str]) -> None:
    """Remove all that hangs on the documents' nodes and nothing else stands on."""
    ids = list(document_ids)
    chunks = "UNWIND $rows AS id MATCH (:Document {id: id})<-[:PART_OF]-(c:Chunk) "
    run_batch(tx, chunks + "MATCH (c)-[:MENTIONS]->(v:Event) DETACH DELETE v", ids)
    run_batch(tx, chunks + "DETACH DELETE c", ids)
    run_batch(
        tx, "UNWIND $rows AS id MATCH (:Document {id: id})-[m:HAS_ENTITY]->(:Entity) DELETE m", ids
    )


def remove_documents(tx: Transaction, document_ids: Collection[str]) -> None:
    """Remove the documents' nodes, after their contents."""
    run_batch(
        tx,
        "UNWIND $rows AS id MATCH (d:Document {id: id}) DETACH DELETE d",
        list(document_ids),
    )


class ContentsWriter:
    """Writes the contents of documents whose old ones are gone."""

    def __init__(self, names: SchemaNames, *, dynamic: bool) -> None:
        self._names = names
        self._dynamic = dynamic

    def write(
        self,
        tx: Transaction,
        graphs: Sequence[DocumentGraph],
        versions: Mapping[str, Version],
        entities: Elements,
        known: Collection[str],
    ) -> None:
        """Write what ``graphs`` hold but for relations; ``known`` documents have their node."""
        chunks = self._write_documents(tx, graphs, versions, known)
        self._write_mentions(tx, graphs, versions, entities, chunks)
        self._write_events(tx, graphs, entities, chunks)

    def _write_documents(
        self,
        tx: Transaction,
        graphs: Sequence[DocumentGraph],
        versions: Mapping[str, Version],
        known: Collection[str],
    ) -> dict[str, str]:
        """The element ids of the chunks by their ids."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        batches: dict[bool, list[Row]] = {True: [], False: []}
        for graph in graphs:
            document = graph.document
            batches[document.id in known].append(
                {
                    "id": document.id,
                    "properties": document_properties(graph, versions[document.id].facts, now),
                    "chunks": [chunk_properties(chunk) for chunk in graph.chunks],
                }
            )
        chunks: dict[str, str] = {}
        for found, batch in batches.items():
            if found:
                node = "MATCH (d:Document {id: row.id}) SET d = row.properties"
            else:
                node = f"CREATE (d:Document {properties_clause('row.properties', _DOCUMENT)})"
            if batch:
                written = rows(
                    tx,
                    f"UNWIND $rows AS row {node} WITH d, row UNWIND row.chunks AS chunk "
                    f"CREATE (c:Chunk {properties_clause('chunk', CHUNK)})-[:PART_OF]->(d) "
                    "RETURN chunk.id AS id, elementId(c) AS element",
                    rows=batch,
                )
                chunks |= {row["id"]: row["element"] for row in written}
        return chunks

    def _write_mentions(
        self,
        tx: Transaction,
        graphs: Sequence[DocumentGraph],
        versions: Mapping[str, Version],
        entities: Elements,
        chunks: Mapping[str, str],
    ) -> None:
        run_batch(
            tx,
            "UNWIND $rows AS doc MATCH (d:Document {id: doc.id}) UNWIND doc.members AS row "
            "MATCH (e) WHERE elementId(e) = row.entity "
            f"CREATE (d)-[:HAS_ENTITY {properties_clause('row.properties', MEMBER)}]->(e) "
            "WITH e, row UNWIND row.mentions AS m MATCH (c) WHERE elementId(c) = m.chunk "
            f"CREATE (c)-[:MENTIONS {properties_clause('m', _MENTION)}]->(e)",
            [
                {
                    "id": graph.document.id,
                    "members": [
                        {
                            "entity": entities[graph.document.id, entity.local],
                            "properties": member_properties(member),
                            "mentions": [
                                {
                                    "chunk": chunks[chunk_id(graph.document.id, mention.chunk)],
                                    "start": mention.start,
                                    "end": mention.end,
                                    "text": mention.text,
                                    "confidence": mention.confidence,
                                    "local": entity.local,
                                }
                                for mention in entity.mentions
                            ],
                        }
                        for entity, member in zip(
                            graph.entities, versions[graph.document.id].members, strict=True
                        )
                    ],
                }
                for graph in graphs
            ],
        )

    def _write_events(
        self,
        tx: Transaction,
        graphs: Sequence[DocumentGraph],
        entities: Elements,
        chunks: Mapping[str, str],
    ) -> None:
        events: list[tuple[Names, Row]] = []
        arguments: list[tuple[Names, Row]] = []
        for graph in graphs:
            document_id = graph.document.id
            for event, properties in events_of(graph):
                chunk = chunks[chunk_id(document_id, event.chunk)]
                row = {"chunk": chunk, "properties": properties}
                events.append((self._names.event(event.type), row))
                arguments += [
                    (
                        (self._names.role(event.type, argument.role),),
                        {
                            "event": properties["id"],
                            "entity": entities[document_id, argument.entity],
                            "confidence": argument.confidence,
                            "local": argument.entity,
                        },
                    )
                    for argument in event.arguments
                ]
        made = create_nodes(
            tx,
            "UNWIND $rows AS row MATCH (c) WHERE elementId(c) = row.chunk "
            f"CREATE (v:TYPE {properties_clause('row.properties', _EVENT)}) "
            "CREATE (c)-[:MENTIONS {start: row.properties.start, end: row.properties.end, "
            "text: row.properties.trigger, confidence: row.properties.confidence}]->(v) "
            "RETURN row.properties.id AS id, elementId(v) AS element",
            _by_names(events),
            self._names.all_events,
            dynamic=self._dynamic,
        )
        create_typed(
            tx,
            "UNWIND $rows AS row MATCH (v) WHERE elementId(v) = row.event "
            "MATCH (e) WHERE elementId(e) = row.entity "
            "CREATE (v)-[:TYPE {confidence: row.confidence, local: row.local}]->(e)",
            _by_names([(names, row | {"event": made[row["event"]]}) for names, row in arguments]),
            self._names.all_roles,
            dynamic=self._dynamic,
        )


def _by_names(items: Sequence[tuple[Names, Row]]) -> dict[Names, list[Row]]:
    return {
        names: [row for _, row in group] for names, group in grouped(items, lambda item: item[0])
    }


def chunk_properties(chunk: Chunk) -> Row:
    """The properties of a ``Chunk`` node."""
    return {
        "id": chunk.id,
        "index": chunk.index,
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
    }


def member_properties(member: Member) -> Row:
    """The properties of a ``HAS_ENTITY`` relationship."""
    properties: Row = {
        "local": member.local,
        "type": member.type,
        "name": member.name,
        "names": list(member.names),
        "keys": list(member.keys),
    }
    if member.datatype is not None:
        properties["datatype"] = member.datatype
    if member.value is not None:
        properties["value"] = member.value
    return properties


def events_of(graph: DocumentGraph) -> Iterator[tuple[LocalEvent, Row]]:
    """The events of a document, each with the properties of its ``Event`` node."""
    seen: Counter[tuple[str, int, int]] = Counter()
    dates = {
        entity.local: entity.value
        for entity in graph.entities
        if entity.datatype == "date" and entity.value is not None
    }
    for event in graph.events:
        place = (event.type, event.start, event.end)
        properties: Row = {
            "id": event_id(graph.document.id, *place, seen[place]),
            "type": event.type,
            "document": graph.document.id,
            "trigger": event.trigger,
            "start": event.start,
            "end": event.end,
            "confidence": event.confidence,
        }
        seen[place] += 1
        when = _date_of(event, dates)
        if when is not None:
            properties["date"] = when
        yield event, properties


def _date_of(event: LocalEvent, dates: Mapping[str, str]) -> str | None:
    """When it happened: the surest of its arguments that are dates."""
    found = [
        (-argument.confidence, dates[argument.entity])
        for argument in event.arguments
        if argument.entity in dates
    ]
    return min(found)[1] if found else None


_DATE_KEYS = ("date", "published", "publication_date", "pubdate", "created", "modified")


def document_date(metadata: Mapping[str, str]) -> str | None:
    """When a document is from, as ISO 8601 (a day, month or year), by what its source says."""
    for key in _DATE_KEYS:
        value = metadata.get(key, "").strip()
        iso = re.match(r"\d{4}(?:-\d{2}(?:-\d{2})?)?(?=$|T| \d)", value)
        found = normalise(iso[0] if iso else value, "date") if value else None
        if found is not None:
            return found
    return None


def document_properties(graph: DocumentGraph, facts: Iterable[Fact], now: str) -> Row:
    """The properties of a ``Document`` node.

    Marks and metadata are parallel lists: property maps cannot be nested.
    """
    document = graph.document
    metadata = sorted(document.metadata.items())
    date = document_date(document.metadata)
    return ({} if date is None else {"date": date}) | {
        "id": document.id,
        "uri": document.uri,
        "source": document.source,
        "media_type": document.media_type,
        "language": document.language,
        "title": document.title,
        "sha256": document.sha256,
        "length": len(document.text),
        "mark_kinds": [mark.kind for mark in document.marks],
        "mark_starts": [mark.start for mark in document.marks],
        "mark_labels": [mark.label for mark in document.marks],
        "metadata_keys": [key for key, _ in metadata],
        "metadata_values": [value for _, value in metadata],
        "pipeline": graph.pipeline,
        "ingested_at": graph.ingested_at or now,
        "facts": [encode_fact(fact) for fact in facts],
    }
