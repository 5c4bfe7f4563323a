"""Writing and retracting one document, inside one transaction.

The statements are few and, but for labels and relationship types, the same for every document,
so that servers keep their plans; rows travel in batches.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from graph.records import DocumentGraph
from graph.resolution import Member
from graph.resolution import member_of as member_of_entity
from graph.resolving.decisions import Decision, Decisions
from graph.store.deciding import current_decisions, write_decisions
from graph.store.entities import EntityChange, Target, member_of, read_members, read_nodes
from graph.store.facts import Fact, decode_fact, encode_fact, facts_of
from graph.store.naming import Names, SchemaNames
from graph.store.plan import Node, make_plan
from graph.store.statements import (
    Row,
    Transaction,
    create_typed,
    grouped,
    rows,
    run,
    run_batch,
)
from ingest.documents import Document
from model.schema import Schema


@dataclass(frozen=True, slots=True)
class WriteResult:
    """``changed`` is False if the store had the document; ``counts`` are rows written by kind."""

    changed: bool
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Version:
    """What the store holds of a document: members with entity ids, and all that it states."""

    members: Sequence[tuple[Member, str]]
    facts: Sequence[Fact]


@dataclass(slots=True)
class _Change:
    """What changes about the entities ``nodes``, and all that are near them by ``decisions``.

    ``old`` members of the document go with its contents, ``new`` ones come, ``rekeyed`` ones
    stay (see `make_plan`). ``facts`` are those of the document that stand from now on,
    ``old_facts`` hold all that did.
    """

    document_id: str
    nodes: Sequence[Node]
    decisions: Decisions
    old: Sequence[tuple[Member, Node]] = ()
    new: Sequence[Member] = ()
    rekeyed: Sequence[tuple[Member, Node, Member]] = ()
    facts: Sequence[Fact] = ()
    old_facts: Sequence[Fact] = ()


def event_id(document_id: str, event_type: str, start: int, end: int, ordinal: int = 0) -> str:
    """The id of an event: where it is stated and what it is. ``ordinal`` tells equals apart."""
    key = f"{document_id}|{start}|{end}|{event_type}|{ordinal}"
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class DocumentWriter:
    """Writes documents under one schema.

    ``dynamic`` says whether the server takes labels and types as parameters and can change the
    labels of a node; where it cannot, an entity whose labels change gets a new node.
    ``shared`` says that other processes may write at the same time; then they take turns.
    """

    def __init__(self, schema: Schema, *, dynamic: bool, shared: bool) -> None:
        self.schema = schema
        self._names = SchemaNames(schema)
        self._dynamic = dynamic
        self._shared = shared
        self._decisions = Decisions()

    def write(self, tx: Transaction, graph: DocumentGraph) -> WriteResult:
        """Make the store hold this version of the document and no other.

        Raises:
            StoreError: the document uses types that the schema does not have.
        """
        document = graph.document
        ledger = _ledger(tx, document.id)
        if (document.sha256, graph.pipeline) in ledger:
            return WriteResult(changed=False)
        if self._shared:
            self._take_turn(tx)
            ledger = _ledger(tx, document.id)
            if (document.sha256, graph.pipeline) in ledger:
                return WriteResult(changed=False)  # another process was faster
        members = [member_of_entity(entity, document.id, self.schema) for entity in graph.entities]
        facts = facts_of(document.id, graph.relations, self._names.relation)
        old = _read_version(tx, document.id) if ledger else None
        ids, counts = self._replace(tx, document.id, old, members, facts)
        self._write_document(tx, graph, facts, fresh=old is None)
        self._write_mentions(tx, graph, members, ids)
        self._write_events(tx, graph, ids)
        counts |= {
            "chunks": len(graph.chunks),
            "mentions": sum(len(entity.mentions) for entity in graph.entities),
            "members": len(members),
            "events": len(graph.events),
            "arguments": sum(len(event.arguments) for event in graph.events),
        }
        return WriteResult(changed=True, counts=counts)

    def retract(self, tx: Transaction, document_id: str) -> bool:
        """Remove a document and all that only it states; False if the store does not have it."""
        if self._shared:
            self._take_turn(tx)
        if not _ledger(tx, document_id):
            return False
        old = _read_version(tx, document_id)
        self._replace(tx, document_id, old, [], [])
        run(tx, "MATCH (d:Document {id: $id}) DETACH DELETE d", id=document_id)
        return True

    def decisions(self, tx: Transaction) -> Decisions:
        """What people have decided about the graph."""
        self._decisions = current_decisions(tx, self._decisions)
        return self._decisions

    def decide(self, tx: Transaction, decision: Decision, *, undo: bool = False) -> bool:
        """Make a decision, or undo it, with all that follows; False if nothing is to do."""
        self._take_turn(tx)
        was = self.decisions(tx)
        now = was.without(decision.id) if undo else was.with_(decision)
        if now.stamp == was.stamp:
            return False
        write_decisions(tx, was, now)
        self._decisions = now
        for document_id in _documents_of(tx, decision, was):
            self._decide_document(tx, document_id, was, now)
        if not decision.documents:
            nodes, _ = read_nodes(tx, decision.keys, (), now)
            self._change(tx, _Change("", nodes, now))
        return True

    def _take_turn(self, tx: Transaction) -> None:
        """Wait for other writers: what is read next must not change before it is written.

        Touching the one settings node locks it until the transaction ends.
        """
        run(tx, "MERGE (s:GraphSettings {id: 'graph'}) SET s.turn = 1 REMOVE s.turn")

    def _replace(
        self,
        tx: Transaction,
        document_id: str,
        old: _Version | None,
        new: Sequence[Member],
        facts: Sequence[Fact],
    ) -> tuple[dict[str, str], dict[str, int]]:
        """Remove the old version; make entities and their relationships what the new one says.

        Gives the entity ids of the new local ids, and counts.
        """
        decisions = self.decisions(tx)
        new = [decisions.applied(member) for member in new]
        nodes, by_id = read_nodes(
            tx,
            {key for member in new for key in member.keys},
            {id for _, id in old.members} if old else (),
            decisions,
        )
        change = _Change(
            document_id, nodes, decisions, new=new, facts=_standing(facts, new, decisions)
        )
        if old is not None:
            change.old = [(decisions.applied(member), by_id[id]) for member, id in old.members]
            change.old_facts = old.facts
        return self._change(tx, change)

    def _decide_document(
        self, tx: Transaction, document_id: str, was: Decisions, now: Decisions
    ) -> None:
        """Place what a document says by other decisions than before; its contents stay."""
        version = _read_version(tx, document_id)
        later = [now.applied(member) for member, _ in version.members]
        nodes, by_id = read_nodes(
            tx,
            {key for member in later for key in member.keys},
            {id for _, id in version.members},
            now,
        )
        change = _Change(
            document_id,
            nodes,
            now,
            rekeyed=[
                (was.applied(member), by_id[id], applied)
                for (member, id), applied in zip(version.members, later, strict=True)
            ],
            facts=_standing(version.facts, later, now),
            old_facts=version.facts,
        )
        self._change(tx, change)

    def _change(self, tx: Transaction, change: _Change) -> tuple[dict[str, str], dict[str, int]]:
        """Make the entities and their relationships what they shall be."""
        document_id, nodes, decisions = change.document_id, change.nodes, change.decisions
        barred: set[Node] = set()
        while True:
            plan = make_plan(
                document_id,
                nodes,
                change.old,
                change.new,
                lambda node: map(decisions.applied, read_members(tx, node.id)),
                barred,
                decisions,
                change.rekeyed,
            )
            targets = {
                cluster: Target.of(cluster, self.schema, self._names, decisions)
                for cluster in plan.clusters
            }
            stuck = {
                node
                for node in nodes
                if node.cluster is not None and targets[node.cluster].labels != node.labels
            }
            if self._dynamic or not stuck:
                break
            barred |= stuck
        applied = EntityChange(tx, document_id, plan, targets, self._names, dynamic=self._dynamic)
        at = {member.local: node for member, node in change.old}
        at |= {member.local: node for member, node, _ in change.rekeyed}
        edges = [
            (fact.type, at[fact.evidence.head], at[fact.evidence.tail]) for fact in change.old_facts
        ]
        applied.read_edges(edges, change.facts)
        if change.old:
            _remove_contents(tx, document_id)
        counts = applied.apply_nodes() | applied.apply_edges(change.facts)
        return {
            member.local: applied.ids[plan.place[document_id, member.local]]
            for member in change.new
        }, counts

    def _write_document(
        self, tx: Transaction, graph: DocumentGraph, facts: Sequence[Fact], *, fresh: bool
    ) -> None:
        properties = _document_properties(graph.document) | {
            "pipeline": graph.pipeline,
            "ingested_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "facts": [encode_fact(fact) for fact in facts],
        }
        found = "CREATE (d:Document)" if fresh else "MATCH (d:Document {id: $properties.id})"
        run(
            tx,
            f"{found} SET d = $properties WITH d UNWIND $chunks AS row "
            "CREATE (c:Chunk)-[:PART_OF]->(d) SET c = row",
            properties=properties,
            chunks=[
                {
                    "id": chunk.id,
                    "index": chunk.index,
                    "start": chunk.start,
                    "end": chunk.end,
                    "text": chunk.text,
                }
                for chunk in graph.chunks
            ],
        )

    def _write_mentions(
        self,
        tx: Transaction,
        graph: DocumentGraph,
        members: Sequence[Member],
        ids: Mapping[str, str],
    ) -> None:
        document_id = graph.document.id
        run_batch(
            tx,
            "MATCH (d:Document {id: $id}) UNWIND $rows AS row MATCH (e:Entity {id: row.entity}) "
            "CREATE (d)-[h:HAS_ENTITY]->(e) SET h = row.properties "
            "WITH e, row UNWIND row.mentions AS m MATCH (c:Chunk {id: m.chunk}) "
            "CREATE (c)-[:MENTIONS {start: m.start, end: m.end, text: m.text, "
            "confidence: m.confidence, local: row.properties.local}]->(e)",
            [
                {
                    "entity": ids[entity.local],
                    "properties": _member_properties(member),
                    "mentions": [
                        {
                            "chunk": f"{document_id}#{mention.chunk}",
                            "start": mention.start,
                            "end": mention.end,
                            "text": mention.text,
                            "confidence": mention.confidence,
                        }
                        for mention in entity.mentions
                    ],
                }
                for entity, member in zip(graph.entities, members, strict=True)
            ],
            id=document_id,
        )

    def _write_events(self, tx: Transaction, graph: DocumentGraph, ids: Mapping[str, str]) -> None:
        document_id = graph.document.id
        seen: Counter[tuple[str, int, int]] = Counter()
        events: list[tuple[Names, Row]] = []
        arguments: list[tuple[Names, Row]] = []
        for event in graph.events:
            place = (event.type, event.start, event.end)
            id = event_id(document_id, *place, seen[place])
            seen[place] += 1
            properties: Row = {
                "id": id,
                "type": event.type,
                "document": document_id,
                "trigger": event.trigger,
                "start": event.start,
                "end": event.end,
                "confidence": event.confidence,
            }
            row = {"chunk": f"{document_id}#{event.chunk}", "properties": properties}
            events.append((self._names.event(event.type), row))
            arguments += [
                (
                    (self._names.role(event.type, argument.role),),
                    {
                        "event": id,
                        "entity": ids[argument.entity],
                        "confidence": argument.confidence,
                        "local": argument.entity,
                    },
                )
                for argument in event.arguments
            ]
        create_typed(
            tx,
            "UNWIND $rows AS row MATCH (c:Chunk {id: row.chunk}) "
            "CREATE (v:TYPE) SET v = row.properties "
            "CREATE (c)-[:MENTIONS {start: row.properties.start, end: row.properties.end, "
            "text: row.properties.trigger, confidence: row.properties.confidence}]->(v)",
            _by_names(events),
            self._names.all_events,
            dynamic=self._dynamic,
        )
        create_typed(
            tx,
            "UNWIND $rows AS row MATCH (v:Event {id: row.event}) "
            "MATCH (e:Entity {id: row.entity}) "
            "CREATE (v)-[:TYPE {confidence: row.confidence, local: row.local}]->(e)",
            _by_names(arguments),
            self._names.all_roles,
            dynamic=self._dynamic,
        )


def _by_names(items: Sequence[tuple[Names, Row]]) -> dict[Names, list[Row]]:
    return {
        names: [row for _, row in group] for names, group in grouped(items, lambda item: item[0])
    }


def _ledger(tx: Transaction, document_id: str) -> set[tuple[str, str]]:
    """Content hash and pipeline of the stored version, if there is one."""
    found = rows(
        tx,
        "MATCH (d:Document {id: $id}) RETURN d.sha256 AS sha256, d.pipeline AS pipeline",
        id=document_id,
    )
    return {(row["sha256"], row["pipeline"]) for row in found}


def _read_version(tx: Transaction, document_id: str) -> _Version:
    (document,) = rows(tx, "MATCH (d:Document {id: $id}) RETURN d.facts AS facts", id=document_id)
    members = rows(
        tx,
        "MATCH (:Document {id: $id})-[m:HAS_ENTITY]->(e:Entity) "
        "RETURN properties(m) AS properties, e.id AS entity",
        id=document_id,
    )
    return _Version(
        members=[(member_of(document_id, row["properties"]), row["entity"]) for row in members],
        facts=[decode_fact(text, document_id) for text in document["facts"]],
    )


def _standing(
    facts: Sequence[Fact], members: Iterable[Member], decisions: Decisions
) -> Sequence[Fact]:
    """The facts that nobody rejects."""
    if not decisions.has_rejected:
        return facts
    keys = {member.local: member.keys for member in members}

    def stands(fact: Fact) -> bool:
        head, tail = keys[fact.evidence.head], keys[fact.evidence.tail]
        return not decisions.rejects(fact.type, head, tail)

    return [fact for fact in facts if stands(fact)]


def _documents_of(tx: Transaction, decision: Decision, was: Decisions) -> list[str]:
    """The documents of which a decision changes what their members or their facts are."""
    if decision.documents:
        found = rows(
            tx,
            "UNWIND $ids AS id MATCH (d:Document {id: id}) RETURN d.id AS id",
            ids=list(decision.documents),
        )
        return sorted(row["id"] for row in found)
    if decision.kind != "reject":
        return []
    sides = []
    for keys in (decision.left, decision.right):
        nodes, _ = read_nodes(tx, keys, (), was)
        found = rows(
            tx,
            "UNWIND $ids AS id MATCH (:Entity {id: id})<-[:HAS_ENTITY]-(d:Document) "
            "WHERE any(fact IN d.facts WHERE fact STARTS WITH $start) "
            "RETURN DISTINCT d.id AS id",
            ids=[node.id for node in nodes],
            start=json.dumps([decision.value], ensure_ascii=False)[:-1] + ",",
        )
        sides.append({row["id"] for row in found})
    return sorted(sides[0] & sides[1])


def _remove_contents(tx: Transaction, document_id: str) -> None:
    """Remove all that hangs on the document's node and nothing else stands on."""
    chunks = "MATCH (:Document {id: $id})<-[:PART_OF]-(c:Chunk) "
    run(tx, chunks + "MATCH (c)-[:MENTIONS]->(v:Event) DETACH DELETE v", id=document_id)
    run(tx, chunks + "DETACH DELETE c", id=document_id)
    run(tx, "MATCH (:Document {id: $id})-[m:HAS_ENTITY]->(:Entity) DELETE m", id=document_id)


def _member_properties(member: Member) -> Row:
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


def _document_properties(document: Document) -> Row:
    """Marks and metadata as parallel lists: property maps cannot be nested."""
    metadata = sorted(document.metadata.items())
    return {
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
    }
