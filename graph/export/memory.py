"""A graph of a few documents, straight from their records, without a store.

For exporting what an extractor found before, or instead of, building a graph in a database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graph.export.document_facts import (
    RelationKey,
    document_facts,
    relation_evidence,
    relation_row,
)
from graph.export.source import (
    DocumentFacts,
    EntityRow,
    EvidenceRow,
    FromDocuments,
    RelationRow,
)
from graph.records import DocumentGraph
from graph.resolution import Member, canonicalise, members_of
from graph.resolving.decisions import Decisions
from graph.resolving.links import Linker
from graph.resolving.rules import Rules, clusters
from graph.store.facts import facts_of
from model.schema import Schema
from model.schema_names import relationship_type


class DocumentGraphSource(FromDocuments):
    """The graph of ``graphs``, resolved as a store would resolve them; all in memory."""

    def __init__(self, graphs: Iterable[DocumentGraph], schema: Schema) -> None:
        self._graphs = sorted(graphs, key=lambda graph: graph.document.id)
        self._symmetric = frozenset(
            relationship_type(r.name) for r in schema.relations if r.symmetric
        )
        self._members: dict[str, list[Member]] = {
            graph.document.id: members_of(graph, schema) for graph in self._graphs
        }
        self._entities: dict[str, EntityRow] = {}
        self._place: dict[str, dict[str, EntityRow]] = {id: {} for id in self._members}
        everyone = (member for members in self._members.values() for member in members)
        for keys, cluster in clusters(everyone, Rules(Decisions(), Linker(schema))):
            entity = canonicalise(cluster, schema, keys)
            row = self._entities[entity.id] = EntityRow(
                entity.id, entity.type, entity.name, entity.aliases, entity.datatype, entity.value
            )
            for member in cluster:
                self._place[member.document_id][member.local] = row

    def entities(self) -> Iterator[EntityRow]:
        return (self._entities[id] for id in sorted(self._entities))

    def relations(self) -> Iterator[RelationRow]:
        evidence: dict[RelationKey, list[EvidenceRow]] = {}
        for graph in self._graphs:
            id = graph.document.id
            place = {local: row.id for local, row in self._place[id].items()}
            facts = facts_of(id, graph.relations, relationship_type)
            for key, rows in relation_evidence(facts, place, self._symmetric).items():
                evidence.setdefault(key, []).extend(rows)
        ordered = sorted(evidence.items(), key=lambda item: (*item[0][1:], item[0][0]))
        return (relation_row(key, rows) for key, rows in ordered)

    def by_document(self) -> Iterator[DocumentFacts]:
        for graph in self._graphs:
            id = graph.document.id
            yield document_facts(graph, self._members[id], self._place[id], self._symmetric)
