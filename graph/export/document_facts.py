"""One document's graph as rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

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
from graph.records import DocumentGraph
from graph.resolution import Member
from graph.store.contents import event_id
from graph.store.facts import Evidence, Fact, facts_of
from ingest.documents import Document, chunk_id
from model.schema_names import relationship_type

RelationKey = tuple[str, str, str]
"""Relationship type, head and tail."""


def document_facts(
    graph: DocumentGraph,
    members: Iterable[Member],
    place: Mapping[str, EntityRow],
    symmetric: frozenset[str],
    facts: Iterable[Fact] | None = None,
    rejected: Iterable[Fact] = (),
    ingested_at: str | None = None,
) -> DocumentFacts:
    """All that ``graph`` states, where its local entities are those that ``place`` says.

    ``members`` are its local entities with their keys, ``symmetric`` relationship types.
    ``facts`` are those of its relations that stand, by default all, ``rejected`` the others.
    """
    document = graph.document
    if facts is None:
        facts = facts_of(document.id, graph.relations, relationship_type)
    ids = {local: entity.id for local, entity in place.items()}
    return DocumentFacts(
        document=document_row(document, graph.pipeline, ingested_at),
        chunks=tuple(
            ChunkRow(c.id, document.id, c.index, c.start, c.end, c.text) for c in graph.chunks
        ),
        members=_members(members, place),
        mentions=tuple(
            sorted(
                MentionRow(
                    document=document.id,
                    chunk=chunk_id(document.id, mention.chunk),
                    target=place[entity.local].id,
                    start=mention.start,
                    end=mention.end,
                    text=mention.text,
                    confidence=mention.confidence,
                    local=entity.local,
                )
                for entity in graph.entities
                for mention in entity.mentions
            )
        ),
        relations=relation_rows(facts, ids, symmetric),
        events=_events(graph, place),
        rejected=relation_rows(rejected, ids, symmetric),
    )


def document_row(document: Document, pipeline: str, ingested_at: str | None = None) -> DocumentRow:
    """A document without its text; ``ingested_at`` in ISO 8601."""
    return DocumentRow(
        id=document.id,
        uri=document.uri,
        title=document.title,
        language=document.language,
        sha256=document.sha256,
        pipeline=pipeline,
        ingested_at=ingested_at,
        source=document.source,
        media_type=document.media_type,
        length=len(document.text),
        marks=tuple((mark.kind, mark.start, mark.label) for mark in document.marks),
        metadata=tuple(sorted(document.metadata.items())),
    )


def local_row(member: Member) -> LocalRow:
    """A local entity."""
    return LocalRow(
        member.local,
        member.type,
        member.name,
        member.names,
        member.keys,
        member.datatype,
        member.value,
    )


def relation_row(key: RelationKey, evidence: list[EvidenceRow]) -> RelationRow:
    """A relation, as confident as the surest of its evidence."""
    type_, head, tail = key
    return RelationRow(type_, head, tail, max(e.confidence for e in evidence), tuple(evidence))


def relation_rows(
    facts: Iterable[Fact], place: Mapping[str, str], symmetric: frozenset[str]
) -> tuple[RelationRow, ...]:
    """The relations that one document's facts make, see `relation_evidence`."""
    found = relation_evidence(facts, place, symmetric)
    return tuple(relation_row(key, rows) for key, rows in sorted(found.items()))


def relation_evidence(
    facts: Iterable[Fact], place: Mapping[str, str], symmetric: frozenset[str]
) -> dict[RelationKey, list[EvidenceRow]]:
    """The evidence of each relation, in the order of the document's ``facts``.

    ``place`` says which entity each local entity is, by their ids.
    """
    found: dict[RelationKey, dict[tuple[str, str, str], EvidenceRow]] = {}
    for fact in facts:
        evidence, turned = fact.evidence, False
        head, tail = place[evidence.head], place[evidence.tail]
        if fact.type in symmetric and (tail, evidence.tail) < (head, evidence.head):
            head, tail, evidence, turned = tail, head, evidence.turned, True
        row = evidence_row(evidence, turned=turned)
        rows = found.setdefault((fact.type, head, tail), {})
        known = rows.setdefault((row.chunk, row.head, row.tail), row)
        if rank(row) < rank(known):  # stated both ways round
            rows[row.chunk, row.head, row.tail] = row
    return {key: list(rows.values()) for key, rows in found.items()}


def evidence_row(evidence: Evidence, *, turned: bool = False) -> EvidenceRow:
    """A statement; ``turned`` says that its text has head and tail the other way round."""
    return EvidenceRow(
        evidence.document_id,
        evidence.chunk,
        evidence.head,
        evidence.tail,
        evidence.confidence,
        evidence.head_span,
        evidence.tail_span,
        turned,
    )


def rank(row: EvidenceRow) -> tuple[float, tuple[int, int], tuple[int, int]]:
    """As `graph.store.facts.Evidence.rank`."""
    return -row.confidence, row.head_span, row.tail_span


def _members(members: Iterable[Member], place: Mapping[str, EntityRow]) -> tuple[MemberRow, ...]:
    found: dict[str, list[LocalRow]] = {}
    for member in sorted(members, key=lambda member: member.local):
        found.setdefault(place[member.local].id, []).append(local_row(member))
    entities = {entity.id: entity for entity in place.values()}
    return tuple(member_row(entities[id], found[id]) for id in sorted(found))


def member_row(entity: EntityRow, locals: Iterable[LocalRow]) -> MemberRow:
    """The local entities of a document that are one entity, with all names it has there."""
    locals = tuple(sorted(locals, key=lambda row: row.local))
    names = {name for row in locals for name in (row.name, *row.names)}
    return MemberRow(entity, tuple(sorted(names)), locals)


def _events(graph: DocumentGraph, place: Mapping[str, EntityRow]) -> tuple[EventRow, ...]:
    document = graph.document.id
    seen: Counter[tuple[str, int, int]] = Counter()
    rows = []
    for event in graph.events:
        at = (event.type, event.start, event.end)
        arguments = (
            ArgumentRow(relationship_type(a.role), place[a.entity].id, a.confidence, a.entity)
            for a in event.arguments
        )
        rows.append(
            EventRow(
                id=event_id(document, *at, seen[at]),
                type=event.type,
                document=document,
                chunk=chunk_id(document, event.chunk),
                trigger=event.trigger,
                start=event.start,
                end=event.end,
                confidence=event.confidence,
                arguments=tuple(sorted(arguments)),
            )
        )
        seen[at] += 1
    return tuple(sorted(rows, key=lambda row: (row.start, row.end, row.type, row.id)))
