"""Changing an RDF store: which lines go and which come, for some documents or one decision.

The decisions are the same as in a property graph, made by the same code (`graph.store.plan`). A
change makes two things new: the canonical entities that it touches, each described in one graph,
and the graphs of documents of which a local entity is now another canonical entity.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from graph.export.document_facts import document_facts
from graph.export.source import EntityRow
from graph.rdf.describing import cut_line, kept_lines
from graph.rdf.document import DocumentLines, RdfOptions
from graph.rdf.endpoint import Endpoint, iri_of, select, text_of
from graph.rdf.layout import Layout
from graph.rdf.lines import Lines, in_sparql, optional, quoted
from graph.rdf.members import stored_members
from graph.rdf.reading import StoredGraph, read_document
from graph.records import DocumentGraph
from graph.resolution import Member, members_of
from graph.resolving.decisions import Decision, Decisions
from graph.resolving.links import Linker
from graph.resolving.rules import Rules
from graph.store.entities import Target
from graph.store.facts import facts_of, parted
from graph.store.lookup import Entity, entities_among
from graph.store.naming import SchemaNames
from graph.store.plan import CUT, Cluster, Gathered, Node, Plan, gather_nodes, make_plan
from graph.store.tally import TALLY, Tally
from model.ontology.vocabulary import PREFIXES
from model.schema import Schema

_KGB = PREFIXES["kgb"]
_LABEL = f"<{PREFIXES['rdfs']}label>"


@dataclass(slots=True)
class Changes:
    """``dropped`` graphs and entities go whole, then ``deleted`` lines, then ``inserted`` come."""

    dropped: list[str] = field(default_factory=list)
    entities: list[str] = field(default_factory=list)
    deleted: dict[str, Lines] = field(default_factory=dict)
    inserted: dict[str, Lines] = field(default_factory=dict)

    def operations(self, layout: Layout, guard: str | None) -> list[str]:
        """As operations of a SPARQL update. With a ``guard``, a graph pattern, each is done only
        where that holds."""
        found = []
        where = f"{guard} " if guard else ""
        for graph in self.dropped:
            spo = f"GRAPH {graph} {{ ?s ?p ?o }}"
            found.append(f"DELETE {{ {spo} }} WHERE {{ {where}{spo} }}")
        if self.entities:
            spo = f"GRAPH {layout.entities} {{ ?s ?p ?o }}"
            values = f"VALUES ?s {{ {' '.join(self.entities)} }}"
            found.append(f"DELETE {{ {spo} }} WHERE {{ {where}{values} {spo} }}")
        for word, graphs in (("DELETE", self.deleted), ("INSERT", self.inserted)):
            data = "".join(
                f"GRAPH {graph} {{ {in_sparql(' . '.join(lines))} }}\n"
                for graph, lines in graphs.items()
                if lines
            )
            if data and guard:
                found.append(f"{word} {{ {data} }} WHERE {{ {guard} }}")
            elif data:
                found.append(f"{word} DATA {{ {data} }}")
        return found


@dataclass(slots=True)
class _Change:
    """What changes about the members of documents (see `graph.store.plan.make_plan`).

    ``old`` and ``new`` are the members of the ``documents`` that are written or retracted,
    ``moves`` those of others that get other keys: (as it was, its entity's id, as it will be).
    ``touched`` documents are written anew by what is decided now and ``was`` decided before.
    """

    documents: set[str]
    decisions: Decisions
    keys: set[str] = field(default_factory=set)
    old: list[tuple[Member, str]] = field(default_factory=list)
    new: list[Member] = field(default_factory=list)
    moves: list[tuple[Member, str, Member]] = field(default_factory=list)
    touched: dict[str, StoredGraph] = field(default_factory=dict)
    was: Decisions | None = None
    dropped: list[str] = field(default_factory=list)


class RdfWriter:
    """Finds the changes under one schema. ``reading`` them needs the endpoint, nothing else."""

    def __init__(self, endpoint: Endpoint, layout: Layout) -> None:
        self._endpoint = endpoint
        self._layout = layout
        self._schema: Schema = layout.schema
        self._names = SchemaNames(layout.schema)
        self._linker = Linker(layout.schema)
        self._lines = DocumentLines(layout, RdfOptions())

    @property
    def layout(self) -> Layout:
        return self._layout

    def write(
        self, graphs: Sequence[DocumentGraph], decisions: Decisions, known: Collection[str]
    ) -> Changes:
        """The changes that make the store hold these versions of different documents.

        ``known`` are the ids of documents that it has a version of.

        Raises:
            StoreError: a document uses types that the schema does not have.
        """
        change = _Change({graph.document.id for graph in graphs}, decisions)
        members: dict[str, list[Member]] = {}
        for graph in graphs:
            self._check_events(graph)
            id = graph.document.id
            members[id] = members_of(graph, self._schema)
            change.new += map(decisions.applied, members[id])
            if id in known:
                self._retract(id, change)
        changes, plan, targets = self._plan(change)
        stamp = datetime.now(UTC).isoformat(timespec="seconds")
        for graph in graphs:
            id = graph.document.id
            placed = tuple((m, targets[plan.place[id, m.local]].id) for m in members[id])
            stored = StoredGraph(graph, placed, graph.ingested_at or stamp)
            changes.inserted[self._layout.graph(id)] = self._graph_lines(stored, decisions)
        return changes

    def retract(self, document_ids: Collection[str], decisions: Decisions) -> Changes:
        """The changes that take documents out."""
        change = _Change(set(document_ids), decisions)
        for id in sorted(document_ids):
            self._retract(id, change)
        return self._plan(change)[0]

    def _check_events(self, graph: DocumentGraph) -> None:
        for event in graph.events:
            self._names.event(event.type)
            for argument in event.arguments:
                self._names.role(event.type, argument.role)

    def decide(self, decision: Decision, was: Decisions, now: Decisions) -> Changes:
        """The changes that follow from a decision that was made or undone."""
        change = _Change(set(), now, keys=set(decision.keys), was=was)
        for document_id in self._documents_of(decision, was):
            stored = self.read(document_id)
            change.touched[document_id] = stored
            for member, id in stored.members:
                before, after = was.applied(member), now.applied(member)
                if before.keys != after.keys:
                    change.moves.append((before, id, after))
        return self._plan(change)[0]

    def _retract(self, document_id: str, change: _Change) -> None:
        old = self.read(document_id)
        change.old += [(change.decisions.applied(member), id) for member, id in old.members]
        change.dropped.append(self._layout.graph(document_id))

    # ------------------------------------------------------------------ plans

    def _plan(self, change: _Change) -> tuple[Changes, Plan, dict[Cluster, Target]]:
        decisions = change.decisions
        gathered = self.nodes(
            Rules(decisions, self._linker),
            keys=change.keys,
            ids={id for stored in change.touched.values() for _, id in stored.members},
            removed=[*change.old, *((before, id) for before, id, _ in change.moves)],
            added=[*change.new, *(after for _, _, after in change.moves)],
        )
        by_id = gathered.by_id
        plan = make_plan(
            change.documents,
            gathered.nodes,
            [(member, by_id[id]) for member, id in change.old],
            change.new,
            lambda node: map(decisions.applied, self.members(node.id)),
            rules=gathered.rules,
            rekeyed=[(before, by_id[id], after) for before, id, after in change.moves],
        )
        targets = {
            cluster: Target.of(cluster, self._schema, self._names, decisions)
            for cluster in plan.clusters
        }
        changes = Changes(dropped=change.dropped)
        self._entities(changes, plan, targets)
        self._other_documents(changes, change, plan, targets)
        return changes, plan, targets

    def nodes(
        self,
        rules: Rules,
        *,
        keys: Collection[str] = (),
        ids: Collection[str] = (),
        removed: Iterable[tuple[Member, str]] = (),
        added: Iterable[Member] = (),
    ) -> Gathered:
        """See `graph.store.plan.gather_nodes`."""
        return gather_nodes(
            self._find_nodes, _Names(self), rules, keys=keys, ids=ids, removed=removed, added=added
        )

    def keys_in(self, blocks: Collection[str]) -> Mapping[str, set[str]]:
        """The stored keys of each block."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for node in self._find_nodes((), (), blocks) if blocks else ():
            for key in node.tally.keys:
                for block in self._linker.blocks(key):
                    if block in blocks:
                        found[block].add(key)
        return found

    def _find_nodes(
        self, keys: Collection[str], ids: Collection[str], blocks: Collection[str] = ()
    ) -> list[Node]:
        layout = self._layout
        parts = []
        if blocks:
            values = " ".join(map(quoted, sorted(blocks)))
            inside = f"GRAPH {layout.entities} {{ ?e <{_KGB}block> ?b }}"
            parts.append(f"{{ VALUES ?b {{ {in_sparql(values)} }} {inside} }}")
        if keys:
            values = " ".join(map(quoted, sorted(keys)))
            keyed = f"GRAPH {layout.entities} {{ ?e <{_KGB}key> ?k }}"
            parts.append(f"{{ VALUES ?k {{ {in_sparql(values)} }} {keyed} }}")
        if ids:
            parts.append(f"{{ VALUES ?e {{ {' '.join(map(layout.entity, sorted(ids)))} }} }}")
        found = select(
            self._endpoint,
            f"SELECT DISTINCT ?e ?tally ?name ?type ?cut {{ {' UNION '.join(parts)} "
            f"GRAPH {layout.entities} {{ ?e <{_KGB}tally> ?tally ; {_LABEL} ?name ; "
            f"<{_KGB}typeName> ?type }} {optional(layout.entities, f'?e <{_KGB}cut> ?cut')} }}",
        )
        nodes = []
        for row in found:
            (id,) = layout.parts(iri_of(row["e"]), "entity")
            tally = text_of(row["tally"])
            name, said = text_of(row["name"]), Tally.decode(tally)
            known = {
                TALLY: tally,
                "name": name,
                "type": text_of(row["type"]),
                "aliases": sorted(said.aliases.keys() - {name}),
                CUT: json.loads(text_of(row["cut"])) if "cut" in row else None,
            }
            nodes.append(Node(id=id, labels=(), tally=said, properties=known))
        return nodes

    def _entities(self, changes: Changes, plan: Plan, targets: Mapping[Cluster, Target]) -> None:
        """The descriptions of entities that come, go or change."""
        layout = self._layout
        changed = set(targets)
        for node in plan.nodes:
            cluster = node.cluster
            if cluster is not None:
                target = targets[cluster]
                same = all(
                    target.properties.get(name) == said for name, said in node.properties.items()
                )
                if same and target.id == node.id:
                    changed.discard(cluster)
                    continue
            changes.entities.append(layout.entity(node.id))
        lines: Lines = []
        for cluster in sorted(changed, key=lambda cluster: targets[cluster].id):
            target = targets[cluster]
            said = target.properties
            row = EntityRow(
                target.id,
                said["type"],
                said["name"],
                tuple(said["aliases"]),
                said.get("datatype"),
                said.get("value"),
            )
            iri = layout.entity(target.id)
            lines += self._lines.entity(row)
            if cluster.cut:
                lines.append(cut_line(iri, cluster.cut))
            names = (row.name, *row.aliases)
            lines += kept_lines(iri, target.id, cluster.tally, names, self._linker)
        changes.inserted[layout.entities] = lines

    def _other_documents(
        self,
        changes: Changes,
        change: _Change,
        plan: Plan,
        targets: Mapping[Cluster, Target],
    ) -> None:
        """What is said elsewhere of local entities that are now another entity."""
        new_ids = {
            node.id: targets[node.cluster].id for node in plan.nodes if node.cluster is not None
        }
        documents = {document_id for document_id, _ in plan.place}
        for node in plan.nodes:
            if new_ids.get(node.id, node.id) != node.id:
                documents.update(member.document_id for member in self.members(node.id))
        for document_id in sorted((documents | set(change.touched)) - change.documents):
            stored = change.touched.get(document_id) or self.read(document_id)
            moved = []
            for member, id in stored.members:
                cluster = plan.place.get((document_id, member.local))
                moved.append((member, targets[cluster].id if cluster else new_ids.get(id, id)))
            was = change.decisions if change.was is None else change.was
            before = self._graph_lines(stored, was)
            after = self._graph_lines(
                StoredGraph(stored.graph, tuple(moved), stored.ingested_at), change.decisions
            )
            graph, gone, come = self._layout.graph(document_id), set(after), set(before)
            changes.deleted[graph] = [line for line in before if line not in gone]
            changes.inserted[graph] = [line for line in after if line not in come]

    # ------------------------------------------------------------------ reading

    def read(self, document_id: str) -> StoredGraph:
        iri = self._layout.graph(document_id)[1:-1]
        return read_document(self._endpoint.graph(iri), self._layout)

    def members(self, entity_id: str) -> list[Member]:
        """All members of an entity, as their documents have them."""
        found = (m for _, m in stored_members(self._endpoint, self._layout, [entity_id]))
        return sorted(found, key=lambda member: (member.document_id, member.local))

    def entities_of(self, text: str, decisions: Decisions) -> list[Entity]:
        """The entities with this id, else those with exactly this name, else with this alias."""

        def nodes(keys: Collection[str], ids: Collection[str]) -> Gathered:
            return self.nodes(Rules(decisions, self._linker), keys=keys, ids=ids)

        def named(name: str) -> set[str]:
            label = in_sparql(quoted(name))
            found = select(
                self._endpoint,
                f"SELECT ?e {{ GRAPH {self._layout.entities} {{ ?e {_LABEL} {label} }} }}",
            )
            return {self._layout.parts(iri_of(row["e"]), "entity")[0] for row in found}

        return entities_among(nodes, named, text, self._schema, decisions)

    def _documents_of(self, decision: Decision, was: Decisions) -> list[str]:
        """The documents of which a decision changes what their members or their facts are."""
        if decision.documents:
            values = " ".join(map(self._layout.document, decision.documents))
            found = select(
                self._endpoint,
                f"SELECT ?d {{ VALUES ?d {{ {values} }} GRAPH ?g {{ ?d a <{_KGB}Document> }} }}",
            )
            return sorted(self._layout.parts(iri_of(row["d"]), "document")[0] for row in found)
        if decision.kind != "reject":
            return []
        sides = []
        for keys in (decision.left, decision.right):
            nodes = self.nodes(Rules(was), keys=keys).nodes
            sides.append({m.document_id for node in nodes for m in self.members(node.id)})
        return sorted(sides[0] & sides[1])

    def _graph_lines(self, stored: StoredGraph, decisions: Decisions) -> Lines:
        """A document's graph."""
        graph = stored.graph
        members = [member for member, _ in stored.members]
        facts = facts_of(graph.document.id, graph.relations, self._names.relation)
        stand, rejected = parted(facts, map(decisions.applied, members), decisions)
        return self._lines.facts(
            document_facts(
                graph,
                members,
                {member.local: EntityRow(id, "", "") for member, id in stored.members},
                self._names.symmetric,
                stand,
                rejected,
                stored.ingested_at,
            )
        )


class _Names:
    """See `graph.store.plan.NameIndex`; reads the whole of a block, once."""

    def __init__(self, writer: RdfWriter) -> None:
        self._writer = writer
        self._known: dict[str, set[str]] = {}

    def sizes(self, blocks: Collection[str]) -> Mapping[str, int]:
        return {block: len(keys) for block, keys in self.keys(blocks).items()}

    def keys(self, blocks: Collection[str]) -> Mapping[str, Collection[str]]:
        unknown = set(blocks).difference(self._known)
        found = self._writer.keys_in(unknown)
        self._known |= {block: set(found.get(block, ())) for block in unknown}
        return {block: self._known[block] for block in blocks}
