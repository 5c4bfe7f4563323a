"""A graph of a few documents, straight from their records, without a store.

For exporting what an extractor found before, or instead of, building a graph in a database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from graph.export.source import (
    ArgumentRow,
    ChunkRow,
    DocumentFacts,
    DocumentRow,
    EntityRow,
    EventRow,
    EvidenceRow,
    MemberRow,
    MentionRow,
    RelationRow,
)
from graph.records import DocumentGraph
from graph.resolution import Member, canonicalise, member_of
from graph.resolving.decisions import Decisions
from graph.resolving.links import Linker
from graph.resolving.rules import Rules, clusters
from graph.store.contents import event_id
from graph.store.facts import facts_of
from model.schema import Schema
from model.schema_names import relationship_type


class DocumentGraphSource:
    """The graph of ``graphs``, resolved as a store would resolve them; all in memory."""

    def __init__(self, graphs: Iterable[DocumentGraph], schema: Schema) -> None:
        self._graphs = sorted(graphs, key=lambda graph: graph.document.id)
        self._symmetric = {relationship_type(r.name) for r in schema.relations if r.symmetric}
        self._entities: dict[str, EntityRow] = {}
        self._place: dict[tuple[str, str], str] = {}
        rules = Rules(Decisions(), Linker(schema))
        for keys, members in clusters(_members(self._graphs, schema), rules):
            entity = canonicalise(members, schema, keys)
            self._entities[entity.id] = EntityRow(
                entity.id, entity.type, entity.name, entity.aliases, entity.datatype, entity.value
            )
            for member in members:
                self._place[member.document_id, member.local] = entity.id

    def documents(self) -> Iterator[DocumentRow]:
        return (facts.document for facts in self.by_document())

    def chunks(self) -> Iterator[ChunkRow]:
        return (chunk for facts in self.by_document() for chunk in facts.chunks)

    def entities(self) -> Iterator[EntityRow]:
        return (self._entities[id] for id in sorted(self._entities))

    def mentions(self) -> Iterator[MentionRow]:
        return (mention for facts in self.by_document() for mention in facts.mentions)

    def relations(self) -> Iterator[RelationRow]:
        evidence: dict[tuple[str, str, str], list[EvidenceRow]] = {}
        for graph in self._graphs:
            for key, rows in self._evidence(graph).items():
                evidence.setdefault(key, []).extend(rows)
        ordered = sorted(evidence.items(), key=lambda item: (*item[0][1:], item[0][0]))
        return (_relation(key, rows) for key, rows in ordered)

    def events(self) -> Iterator[EventRow]:
        return (event for facts in self.by_document() for event in facts.events)

    def by_document(self) -> Iterator[DocumentFacts]:
        return (self._facts(graph) for graph in self._graphs)

    def _facts(self, graph: DocumentGraph) -> DocumentFacts:
        document = graph.document
        return DocumentFacts(
            document=DocumentRow(
                id=document.id,
                uri=document.uri,
                title=document.title,
                language=document.language,
                sha256=document.sha256,
                pipeline=graph.pipeline,
            ),
            chunks=tuple(
                ChunkRow(c.id, document.id, c.index, c.start, c.end, c.text) for c in graph.chunks
            ),
            members=self._members(graph),
            mentions=tuple(
                sorted(
                    MentionRow(
                        document=document.id,
                        chunk=f"{document.id}#{mention.chunk}",
                        target=self._place[document.id, entity.local],
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
            relations=tuple(
                _relation(key, rows) for key, rows in sorted(self._evidence(graph).items())
            ),
            events=self._events(graph),
        )

    def _members(self, graph: DocumentGraph) -> tuple[MemberRow, ...]:
        names: dict[str, dict[str, None]] = {}
        for entity in graph.entities:
            used = names.setdefault(self._place[graph.document.id, entity.local], {})
            used.update(dict.fromkeys((entity.name, *entity.names)))
        return tuple(
            MemberRow(self._entities[id], tuple(sorted(names[id]))) for id in sorted(names)
        )

    def _evidence(self, graph: DocumentGraph) -> dict[tuple[str, str, str], list[EvidenceRow]]:
        """By relationship type, head and tail, in the order of the document."""
        document = graph.document.id
        found: dict[tuple[str, str, str], list[EvidenceRow]] = {}
        for fact in facts_of(document, graph.relations, relationship_type):
            evidence = fact.evidence
            head, tail = (self._place[document, local] for local in (evidence.head, evidence.tail))
            if fact.type in self._symmetric and (tail, evidence.tail) < (head, evidence.head):
                head, tail, evidence = tail, head, evidence.turned
            row = EvidenceRow(
                document, evidence.chunk, evidence.head, evidence.tail, evidence.confidence
            )
            found.setdefault((fact.type, head, tail), []).append(row)
        return found

    def _events(self, graph: DocumentGraph) -> tuple[EventRow, ...]:
        document = graph.document.id
        seen: Counter[tuple[str, int, int]] = Counter()
        rows = []
        for event in graph.events:
            place = (event.type, event.start, event.end)
            rows.append(
                EventRow(
                    id=event_id(document, *place, seen[place]),
                    type=event.type,
                    document=document,
                    chunk=f"{document}#{event.chunk}",
                    trigger=event.trigger,
                    start=event.start,
                    end=event.end,
                    confidence=event.confidence,
                    arguments=tuple(
                        sorted(
                            ArgumentRow(
                                relationship_type(a.role),
                                self._place[document, a.entity],
                                a.confidence,
                                a.entity,
                            )
                            for a in event.arguments
                        )
                    ),
                )
            )
            seen[place] += 1
        return tuple(sorted(rows, key=lambda row: (row.start, row.end, row.type, row.id)))


def _relation(key: tuple[str, str, str], evidence: list[EvidenceRow]) -> RelationRow:
    type_, head, tail = key
    return RelationRow(type_, head, tail, max(e.confidence for e in evidence), tuple(evidence))


def _members(graphs: Iterable[DocumentGraph], schema: Schema) -> Iterator[Member]:
    for graph in graphs:
        for entity in graph.entities:
            yield member_of(entity, graph.document.id, schema)
