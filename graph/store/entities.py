"""The entity nodes, their keys and the relationships between them: reading and changing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graph.resolution import Canonical, Member, key_id
from graph.resolving.decisions import Decisions
from graph.resolving.links import Linker
from graph.resolving.rules import Rules
from graph.store.blocks import StoredNames, change_blocks
from graph.store.conflicts import mark_conflicts
from graph.store.facts import (
    FACT,
    EdgeKey,
    Evidence,
    Fact,
    edge_changes,
    evidence_of,
    properties_of,
)
from graph.store.naming import ENTITY_KEY, Names, SchemaNames, labels_clause, quoted
from graph.store.plan import CUT, Cluster, Gathered, Node, Plan, gather_nodes
from graph.store.search import SEARCH, searchable
from graph.store.statements import (
    Row,
    Transaction,
    create_nodes,
    create_typed,
    grouped,
    properties_clause,
    rows,
    run_batch,
    run_chain,
)
from graph.store.tally import TALLY, Tally
from model.schema import Schema

_FORWARD = "MATCH (:Entity {id: row.start})-[r]->(:Entity {id: row.end})"
_BACKWARD = "MATCH (:Entity {id: row.end})<-[r]-(:Entity {id: row.start})"
_NODE = "e.id AS id, elementId(e) AS element, labels(e) AS labels, properties(e) AS properties"
_ENTITY = (
    *("id", "name", "aliases", "type", "support", TALLY, SEARCH),
    *("datatype", "value", CUT),  # where there are any
)


def read_nodes(
    tx: Transaction,
    stored: StoredNames,
    rules: Rules,
    *,
    keys: Collection[str] = (),
    ids: Collection[str] = (),
    removed: Iterable[tuple[Member, str]] = (),
    added: Iterable[Member] = (),
) -> Gathered:
    """See `graph.store.plan.gather_nodes`."""

    def find(keys: Collection[str], ids: Collection[str]) -> list[Node]:
        wanted = sorted({key_id(key) for key in keys}.union(ids))
        return [
            Node(
                id=row["id"],
                labels=tuple(sorted(row["labels"])),
                tally=Tally.decode(row["properties"][TALLY]),
                properties=row["properties"],
                element=row["element"],
            )
            for row in _find_nodes(tx, wanted)
        ]

    return gather_nodes(find, stored, rules, keys=keys, ids=ids, removed=removed, added=added)


def _find_nodes(tx: Transaction, wanted: Sequence[str]) -> list[Row]:
    return rows(
        tx,
        "UNWIND $ids AS wanted MATCH (e:Entity {id: wanted}) RETURN " + _NODE + " "
        "UNION ALL "
        "UNWIND $ids AS wanted MATCH (:EntityKey {id: wanted})-[:KEY_OF]->(e:Entity) "
        "RETURN " + _NODE,
        ids=wanted,
    )


def read_members(tx: Transaction, entity_id: str) -> list[Member]:
    """All members of an entity."""
    found = rows(
        tx,
        "MATCH (e:Entity {id: $id})<-[m:HAS_ENTITY]-(d:Document) "
        "RETURN d.id AS document, properties(m) AS properties",
        id=entity_id,
    )
    return [member_of(row["document"], row["properties"]) for row in found]


def member_of(document_id: str, properties: Mapping[str, Any]) -> Member:
    """The local entity that a ``HAS_ENTITY`` relationship of a document stands for."""
    return Member(
        document_id=document_id,
        local=properties["local"],
        type=properties["type"],
        name=properties["name"],
        names=tuple(properties["names"]),
        keys=tuple(properties["keys"]),
        datatype=properties.get("datatype"),
        value=properties.get("value"),
    )


@dataclass(frozen=True, slots=True)
class Target:
    """What the node of a cluster shall be."""

    id: str
    labels: Names
    properties: Row

    @classmethod
    def of(
        cls, cluster: Cluster, schema: Schema, names: SchemaNames, decisions: Decisions
    ) -> Target:
        tally = cluster.tally
        canonical = decided(tally.canonical(schema, cluster.keys), cluster.keys, schema, decisions)
        labels = names.entity(canonical.type, literal=bool(tally.datatypes))
        properties: Row = {
            "id": canonical.id,
            "name": canonical.name,
            "aliases": list(canonical.aliases),
            "type": canonical.type,
            "support": tally.members,
            TALLY: tally.encode(),
            SEARCH: searchable((canonical.name, *canonical.aliases)),
        }
        if canonical.datatype is not None:
            properties["datatype"] = canonical.datatype
        if canonical.value is not None:
            properties["value"] = canonical.value
        if cluster.cut:
            properties[CUT] = sorted(cluster.cut)
        return cls(id=canonical.id, labels=labels, properties=properties)


def decided(
    canonical: Canonical, keys: Collection[str], schema: Schema, decisions: Decisions
) -> Canonical:
    """``canonical`` with the name and the type that people gave a thing with ``keys``."""
    name = decisions.value("rename", keys)
    if name is not None and name != canonical.name:
        aliases = {canonical.name, *canonical.aliases} - {name}
        canonical = replace(canonical, name=name, aliases=tuple(sorted(aliases)))
    kind = decisions.value("retype", keys)
    known = schema.entity.get(kind) if kind else None
    if known and canonical.datatype is None and not known.datatype:
        canonical = replace(canonical, type=known.name)
    return canonical


class EntityChange:
    """Applies a plan to the entity nodes and all that hangs on them.

    ``targets`` says what each cluster of the plan shall be. Reading (`read_edges`) comes first,
    then `apply_nodes`, then `apply_edges`.
    """

    def __init__(
        self,
        tx: Transaction,
        documents: Collection[str],
        plan: Plan,
        targets: Mapping[Cluster, Target],
        names: SchemaNames,
        *,
        dynamic: bool,
    ) -> None:
        self._tx = tx
        self._documents = documents
        self._plan = plan
        self._targets = targets
        self._names = names
        self._symmetric = names.symmetric
        self._dynamic = dynamic
        self._sources = [
            node for node in plan.nodes if any(source is node for _, source, _ in plan.moved)
        ]
        self._renamed = [
            node
            for node in plan.nodes
            if node.cluster is not None and targets[node.cluster].id != node.id
        ]
        self.ids = {cluster: target.id for cluster, target in targets.items()}
        self.elements = {
            cluster: cluster.node.element for cluster in targets if cluster.node is not None
        }
        """The element ids of their nodes; of new ones once these are made (`apply_nodes`)."""
        self._edges: dict[EdgeKey[Node], list[Evidence]] = {}

    def read_edges(self, old: Iterable[EdgeKey[Node]], facts: Iterable[Fact]) -> None:
        """Read every relationship that the change may touch (see `edge_changes`)."""
        pairs = set(old)
        for fact in facts:
            ends = [
                self._plan.place[fact.evidence.document_id, local].node
                for local in (fact.evidence.head, fact.evidence.tail)
            ]
            head, tail = ends
            if head is not None and tail is not None:
                pairs.add((fact.type, head, tail))
        known = {node.id: node for node in self._plan.nodes}
        self._keep_edges(self._edges_around(), known)
        for (kind, start, end), evidence in self._edges.items():  # where they move to
            for item in evidence:
                if item.document_id not in self._documents:
                    head = self._plan.cluster_of(item.document_id, item.head, start).node
                    tail = self._plan.cluster_of(item.document_id, item.tail, end).node
                    if head is not None and tail is not None:
                        pairs.add((kind, head, tail))
        pairs |= {(kind, end, start) for kind, start, end in pairs if kind in self._symmetric}
        self._keep_edges(self._edges_of(pairs - self._edges.keys()), known)

    def _keep_edges(self, found: Iterable[Row], known: dict[str, Node]) -> None:
        for row in found:
            start, end = (
                known.get(id) or self._outside(known, id, row["elements"][end])
                for end, id in enumerate(row["ends"])
            )
            self._edges[row["type"], start, end] = evidence_of(row["properties"])

    def _edges_of(self, pairs: Collection[EdgeKey[Node]]) -> list[Row]:
        """Walks from the end that fewer documents speak of: that end has few relationships."""
        if not pairs:
            return []
        ends: dict[bool, list[Row]] = {True: [], False: []}
        for kind, start, end in sorted(pairs, key=lambda key: (key[0], key[1].id, key[2].id)):
            row = {"type": kind, "start": start.id, "end": end.id}
            ends[start.tally.members <= end.tally.members].append(row)
        found = "WHERE type(r) = row.type RETURN row.type AS type, [row.start, row.end] AS ends, "
        found += "properties(r) AS properties"
        return rows(
            self._tx,
            f"UNWIND $forward AS row {_FORWARD} {found} "
            f"UNION ALL UNWIND $backward AS row {_BACKWARD} {found}",
            forward=ends[True],
            backward=ends[False],
        )

    def _edges_around(self) -> list[Row]:
        """All relationships of entities that lose members; symmetric ones of renamed ones."""
        found: list[Row] = []
        for arrow in ("(e)-[r]->(:Entity)", "(:Entity)-[r]->(e)"):
            for nodes, condition in (
                (self._sources, ""),
                (self._renamed if self._symmetric else [], "WHERE type(r) IN $symmetric "),
            ):
                if nodes:
                    found += rows(
                        self._tx,
                        f"UNWIND $ids AS id MATCH (e:Entity {{id: id}}) MATCH {arrow} {condition}"
                        "RETURN type(r) AS type, [startNode(r).id, endNode(r).id] AS ends, "
                        "[elementId(startNode(r)), elementId(endNode(r))] AS elements, "
                        "properties(r) AS properties",
                        ids=[node.id for node in nodes],
                        symmetric=sorted(self._symmetric),
                    )
        return found

    def _outside(self, known: dict[str, Node], id: str, element: str) -> Node:
        """An entity at the far end of a relationship, of which the plan knows nothing."""
        node = Node(id=id, labels=(), tally=Tally(), element=element)
        node.cluster = Cluster(keys=frozenset(), node=node)
        self.ids[node.cluster] = id
        self.elements[node.cluster] = element
        known[id] = node
        return node

    def apply_nodes(self, stored: StoredNames, linker: Linker) -> None:
        """Make the entity nodes what they shall be, move what moves, and set the keys.

        The old versions of the documents must be gone from the graph. Nodes that change their id
        or go are put aside first, so that ids can be handed on.
        """
        tx, plan = self._tx, self._plan
        emptied = [node for node in plan.nodes if node.cluster is None]
        aside = [*self._renamed, *(node for node in emptied if node in self._sources)]
        at = {node: node.id for node in plan.nodes}
        at |= {node: "~" + node.id for node in aside}
        run_batch(
            tx,
            "UNWIND $rows AS id MATCH (e:Entity {id: id}) DETACH DELETE e",
            [node.id for node in emptied if node not in aside],
        )
        run_batch(
            tx,
            "UNWIND $rows AS row MATCH (e:Entity {id: row.id}) SET e.id = row.aside",
            [{"id": node.id, "aside": at[node]} for node in aside],
        )
        self._set_nodes(at)
        self._set_keys()
        before = {key for node in plan.nodes for key in node.tally.keys}
        after = {key for cluster in plan.clusters for key in cluster.tally.keys}
        change_blocks(tx, stored, linker, before - after, after - before)
        self._move({node: at[node] for node in self._sources})
        run_batch(
            tx,
            "UNWIND $rows AS id MATCH (e:Entity {id: id}) DETACH DELETE e",
            [at[node] for node in emptied if node in aside],
        )

    def _set_nodes(self, at: dict[Node, str]) -> None:
        kept = [
            (node, self._targets[node.cluster])
            for node in self._plan.nodes
            if node.cluster is not None
        ]
        for (gone, added), items in grouped(
            (item for item in kept if item[0].labels != item[1].labels),
            lambda item: (
                frozenset(item[0].labels).difference(item[1].labels),
                frozenset(item[1].labels).difference(item[0].labels),
            ),
        ):
            remove = f"REMOVE e{labels_clause(gone)} " if gone else ""
            add = f"SET e{labels_clause(added)}" if added else ""
            run_batch(
                self._tx,
                f"UNWIND $rows AS id MATCH (e:Entity {{id: id}}) {remove}{add}",
                [at[node] for node, _ in items],
            )
        optional = {"datatype": None, "value": None, CUT: None}
        run_batch(
            self._tx,
            "UNWIND $rows AS row MATCH (e) WHERE elementId(e) = row.element "
            "SET e += row.properties",
            [
                {"element": node.element, "properties": optional | target.properties}
                for node, target in kept
                if dict(node.properties) != target.properties
            ],
        )
        for node, target in kept:
            at[node] = target.id
        new = {target.id: c for c, target in self._targets.items() if c.node is None}
        batches = {
            labels: [{"properties": target.properties} for target in targets]
            for labels, targets in grouped(
                map(self._targets.__getitem__, new.values()), lambda target: target.labels
            )
        }
        made = create_nodes(
            self._tx,
            f"UNWIND $rows AS row CREATE (e:TYPE {properties_clause('row.properties', _ENTITY)}) "
            "RETURN row.properties.id AS id, elementId(e) AS element",
            batches,
            self._names.all_entities,
            dynamic=self._dynamic,
        )
        self.elements |= {new[id]: element for id, element in made.items()}

    def _set_keys(self) -> None:
        """Keys lead to all entities that have a member with them, but for the one with its id."""
        before: defaultdict[str, set[Node]] = defaultdict(set)
        for node in self._plan.nodes:
            for key in node.tally.keys:
                if key_id(key) != node.id:
                    before[key].add(node)
        after: defaultdict[str, list[Cluster]] = defaultdict(list)
        for cluster in self._plan.clusters:
            for key in cluster.tally.keys:
                if key_id(key) != self.ids[cluster]:
                    after[key].append(cluster)
        stay = {
            key
            for key, nodes in before.items()
            if len(nodes) == len(after[key]) and nodes == {cluster.node for cluster in after[key]}
        }
        run_batch(
            self._tx,
            f"UNWIND $rows AS id MATCH (k:{ENTITY_KEY} {{id: id}}) DETACH DELETE k",
            sorted(key_id(key) for key in before.keys() - stay),
        )
        changed = [
            {"id": key_id(key), "key": key, "entities": [self.elements[c] for c in after[key]]}
            for key in sorted(after.keys() - stay)
            if after[key]
        ]
        run_batch(
            self._tx,
            f"UNWIND $rows AS row CREATE (k:{ENTITY_KEY} {{id: row.id, key: row.key}}) "
            "WITH k, row UNWIND row.entities AS entity MATCH (e) WHERE elementId(e) = entity "
            "CREATE (k)-[:KEY_OF]->(e)",
            changed,
        )

    def _move(self, at: Mapping[Node, str]) -> None:
        """Move the memberships, mentions and event roles of members that change their entity."""
        moves = [
            {
                "document": member.document_id,
                "local": member.local,
                "from": at[source],
                "to": self.ids[target],
            }
            for member, source, target in self._plan.moved
        ]
        run_batch(
            self._tx,
            "UNWIND $rows AS row "
            "MATCH (d:Document {id: row.document})-[m:HAS_ENTITY]->(:Entity {id: row.from}) "
            "WHERE m.local = row.local MATCH (to:Entity {id: row.to}) "
            "CREATE (d)-[n:HAS_ENTITY]->(to) SET n = properties(m) DELETE m",
            moves,
        )
        run_batch(
            self._tx,
            "UNWIND $rows AS row MATCH (:Document {id: row.document})<-[:PART_OF]-(c:Chunk) "
            "MATCH (c)-[m:MENTIONS]->(:Entity {id: row.from}) WHERE m.local = row.local "
            "MATCH (to:Entity {id: row.to}) "
            "CREATE (c)-[n:MENTIONS]->(to) SET n = properties(m) DELETE m",
            moves,
        )
        if not moves:
            return
        roles = rows(
            self._tx,
            "UNWIND $rows AS row MATCH (:Document {id: row.document})<-[:PART_OF]-(c:Chunk) "
            "MATCH (c)-[:MENTIONS]->(v:Event) MATCH (v)-[r]->(:Entity {id: row.from}) "
            "WHERE r.local = row.local "
            "RETURN DISTINCT v.id AS event, type(r) AS role, row.from AS from, row.to AS to, "
            "r.local AS local",
            rows=moves,
        )
        for role, items in grouped(roles, lambda row: str(row["role"])):
            run_batch(
                self._tx,
                "UNWIND $rows AS row "
                f"MATCH (v:Event {{id: row.event}})-[r:{quoted(role)}]->(:Entity {{id: row.from}}) "
                "WHERE r.local = row.local MATCH (to:Entity {id: row.to}) "
                f"CREATE (v)-[n:{quoted(role)}]->(to) SET n = properties(r) DELETE r",
                items,
            )

    def apply_edges(self, facts: Iterable[Fact]) -> None:
        """Make the relationships between entities what they shall be."""
        changes = edge_changes(
            self._documents, self._plan, self._edges, facts, self._symmetric, self.ids
        )
        parts: dict[tuple[bool, bool], list[Row]] = {
            (deleted, forward): [] for deleted in (True, False) for forward in (True, False)
        }
        for edge in changes.delete:
            parts[True, self._forward(edge)].append(self._edge_row(edge))
        for edge, evidence in changes.update.items():
            row = self._edge_row(edge) | {"set": properties_of(evidence)}
            parts[False, self._forward(edge)].append(row)
        run_chain(
            self._tx,
            [
                (
                    f"UNWIND $rows AS row {_FORWARD if forward else _BACKWARD} "
                    f"WHERE type(r) = row.type {'DELETE r' if deleted else 'SET r = row.set'}",
                    batch,
                )
                for (deleted, forward), batch in parts.items()
            ],
        )
        batches: dict[Names, list[Row]] = {
            (kind,): [
                properties_of(evidence) | {"a": self.elements[start], "b": self.elements[end]}
                for (_, start, end), evidence in items
            ]
            for kind, items in grouped(changes.create.items(), lambda item: item[0][0])
        }
        create_typed(
            self._tx,
            "UNWIND $rows AS row MATCH (a) WHERE elementId(a) = row.a "
            "MATCH (b) WHERE elementId(b) = row.b "
            f"CREATE (a)-[:TYPE {properties_clause('row', FACT)}]->(b)",
            batches,
            self._names.all_relations,
            dynamic=self._dynamic,
        )
        starts: dict[str, set[str]] = {}
        functional = self._names.functional
        for kind, start, _ in changes.create:
            if kind in functional:
                starts.setdefault(kind, set()).add(self.ids[start])
        for kind, node, _ in self._edges:  # also where the other end is gone
            if kind in functional and node.cluster is not None:
                starts.setdefault(kind, set()).add(self.ids[node.cluster])
        mark_conflicts(self._tx, starts)

    def _forward(self, edge: EdgeKey[Cluster]) -> bool:
        return edge[1].tally.members <= edge[2].tally.members

    def _edge_row(self, edge: EdgeKey[Cluster]) -> Row:
        kind, start, end = edge
        return {"type": kind, "start": self.ids[start], "end": self.ids[end]}
