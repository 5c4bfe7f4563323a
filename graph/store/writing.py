"""Writing and retracting documents, inside one transaction.

Any number of documents are written together: what the transaction costs beside its rows, which
is most of it for a short document, is shared. The statements are few and, but for labels and
relationship types, always the same, so that servers keep their plans; rows travel in batches.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from graph.records import DocumentGraph
from graph.resolution import Member, members_of
from graph.resolving.decisions import Decision, Decisions
from graph.resolving.links import Linker
from graph.resolving.rules import Rules
from graph.store.blocks import StoredNames
from graph.store.contents import (
    ContentsWriter,
    Elements,
    StoredVersion,
    Version,
    read_ledger,
    read_versions,
    remove_contents,
    remove_documents,
)
from graph.store.deciding import current_decisions, write_decisions
from graph.store.entities import EntityChange, Target, read_members, read_nodes
from graph.store.facts import Fact, facts_of, parted
from graph.store.meta import STORE_VERSION
from graph.store.naming import SchemaNames
from graph.store.plan import Gathered, Node, make_plan
from graph.store.statements import Transaction, rows, run
from model.schema import Schema


@dataclass(frozen=True, slots=True)
class WriteResult:
    """``changed`` is False if the store had the document; ``counts`` tell what is in it."""

    changed: bool
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Change:
    """What changes about the entities that were ``gathered`` for it, and the names ``stored``.

    ``old`` members of the ``documents`` go, ``new`` ones come, ``rekeyed`` ones stay (see
    `make_plan`). ``facts`` are those of the documents that stand from now on, ``old_facts`` hold
    all that did. The contents of ``emptied`` documents go.
    """

    documents: Collection[str]
    gathered: Gathered
    stored: StoredNames
    decisions: Decisions
    old: Sequence[tuple[Member, Node]] = ()
    new: Sequence[Member] = ()
    rekeyed: Sequence[tuple[Member, Node, Member]] = ()
    facts: Sequence[Fact] = ()
    old_facts: Sequence[Fact] = ()
    emptied: Collection[str] = ()


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
        self._linker = Linker(schema)
        self._contents = ContentsWriter(self._names, dynamic=dynamic)

    def write(self, tx: Transaction, graphs: Sequence[DocumentGraph]) -> list[WriteResult]:
        """Make the store hold these versions of different documents and no others of them.

        Raises:
            StoreError: a document uses types that the schema does not have.
        """
        ids = [graph.document.id for graph in graphs]
        if self._shared:
            self._take_turn(tx)
        ledger = read_ledger(tx, ids)
        changed, results = changed_by(graphs, ledger)
        if changed:
            self._write(tx, changed, ledger)
        return results

    def _write(
        self, tx: Transaction, graphs: Sequence[DocumentGraph], known: Collection[str]
    ) -> None:
        versions = {
            graph.document.id: Version(
                members=members_of(graph, self.schema),
                facts=facts_of(graph.document.id, graph.relations, self._names.relation),
            )
            for graph in graphs
        }
        old = read_versions(tx, [id for id in versions if id in known])
        ids = self._replace(tx, versions, old)
        self._contents.write(tx, graphs, versions, ids, known)

    def retract(self, tx: Transaction, document_ids: Collection[str]) -> int:
        """Remove documents and all that only they state; how many of them there were."""
        if self._shared:
            self._take_turn(tx)
        old = read_versions(tx, document_ids)
        if old:
            self._replace(tx, dict.fromkeys(old, Version((), ())), old)
            remove_documents(tx, old)
        return len(old)

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
            stored = StoredNames(tx)
            gathered = read_nodes(tx, stored, self._rules(now), keys=decision.keys)
            self._change(tx, _Change((), gathered, stored, now))
        return True

    def _rules(self, decisions: Decisions) -> Rules:
        return Rules(decisions, self._linker)

    def _take_turn(self, tx: Transaction) -> None:
        """Wait for other writers: what is read next must not change before it is written.

        Touching the one settings node locks it until the transaction ends.
        """
        run(
            tx,
            "MERGE (s:GraphSettings {id: 'graph'}) ON CREATE SET s.version = $version "
            "SET s.turn = 1 REMOVE s.turn",
            version=STORE_VERSION,
        )

    def _replace(
        self, tx: Transaction, new: Mapping[str, Version], old: Mapping[str, StoredVersion]
    ) -> Elements:
        """Remove old versions; make entities and their relationships what the new ones say."""
        decisions = self.decisions(tx)
        members = {id: list(map(decisions.applied, version.members)) for id, version in new.items()}
        added = [member for some in members.values() for member in some]
        removed = [
            (decisions.applied(member), id)
            for version in old.values()
            for member, id in version.members
        ]
        stored = StoredNames(tx)
        gathered = read_nodes(tx, stored, self._rules(decisions), removed=removed, added=added)
        return self._change(
            tx,
            _Change(
                new.keys(),
                gathered,
                stored,
                decisions,
                old=[(member, gathered.by_id[id]) for member, id in removed],
                new=added,
                facts=[
                    fact
                    for id, version in new.items()
                    for fact in parted(version.facts, members[id], decisions)[0]
                ],
                old_facts=[fact for version in old.values() for fact in version.facts],
                emptied=old.keys(),
            ),
        )

    def _decide_document(
        self, tx: Transaction, document_id: str, was: Decisions, now: Decisions
    ) -> None:
        """Place what a document says by other decisions than before; its contents stay."""
        version = read_versions(tx, [document_id])[document_id]
        before = [(was.applied(member), id) for member, id in version.members]
        later = [now.applied(member) for member, _ in version.members]
        stored = StoredNames(tx)
        gathered = read_nodes(tx, stored, self._rules(now), removed=before, added=later)
        change = _Change(
            {document_id},
            gathered,
            stored,
            now,
            rekeyed=[
                (member, gathered.by_id[id], applied)
                for (member, id), applied in zip(before, later, strict=True)
            ],
            facts=parted(version.facts, later, now)[0],
            old_facts=version.facts,
        )
        self._change(tx, change)

    def _change(self, tx: Transaction, change: _Change) -> Elements:
        """Make the entities and their relationships what they shall be; where new members are."""
        nodes, decisions = change.gathered.nodes, change.decisions
        barred: set[Node] = set()
        while True:
            plan = make_plan(
                change.documents,
                nodes,
                change.old,
                change.new,
                lambda node: map(decisions.applied, read_members(tx, node.id)),
                barred,
                change.gathered.rules,
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
        applied = EntityChange(
            tx, change.documents, plan, targets, self._names, dynamic=self._dynamic
        )
        at = {(member.document_id, member.local): node for member, node in change.old}
        at |= {(member.document_id, member.local): node for member, node, _ in change.rekeyed}
        applied.read_edges(
            [
                (fact.type, at[document_id, said.head], at[document_id, said.tail])
                for fact in change.old_facts
                for said, document_id in ((fact.evidence, fact.evidence.document_id),)
            ],
            change.facts,
        )
        remove_contents(tx, change.emptied)
        applied.apply_nodes(change.stored, self._linker)
        applied.apply_edges(change.facts)
        return {
            (member.document_id, member.local): applied.elements[
                plan.place[member.document_id, member.local]
            ]
            for member in change.new
        }


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
        nodes = read_nodes(tx, StoredNames(tx), Rules(was), keys=keys).nodes
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


def changed_by(
    graphs: Sequence[DocumentGraph], ledger: Mapping[str, tuple[str, str]]
) -> tuple[list[DocumentGraph], list[WriteResult]]:
    """Those of ``graphs`` that a store with this ledger lacks; and what writing them will give."""
    changed = [
        graph
        for graph in graphs
        if ledger.get(graph.document.id) != (graph.document.sha256, graph.pipeline)
    ]
    written = {graph.document.id for graph in changed}
    return changed, [_result(graph, graph.document.id in written) for graph in graphs]


def _result(graph: DocumentGraph, changed: bool) -> WriteResult:
    if not changed:
        return WriteResult(changed=False)
    return WriteResult(
        changed=True,
        counts={
            "chunks": len(graph.chunks),
            "members": len(graph.entities),
            "mentions": sum(len(entity.mentions) for entity in graph.entities),
            "relations": len(graph.relations),
            "events": len(graph.events),
            "arguments": sum(len(event.arguments) for event in graph.events),
        },
    )
