"""Finding entities by id or name, and what resolution knows of each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from graph import names
from graph.resolution import Member, distinguishing, family_of, root_of
from graph.resolving.decisions import Decisions
from graph.resolving.links import Linker
from graph.resolving.rules import Rules
from graph.store.blocks import StoredNames
from graph.store.entities import read_members, read_nodes
from graph.store.plan import Gathered, Node, make_plan
from graph.store.statements import Transaction, rows
from graph.store.tally import Tally
from model.schema import Schema


@dataclass(frozen=True, slots=True)
class Entity:
    """A canonical entity. ``keys`` are its own identity keys, that of its name first."""

    id: str
    name: str
    type: str
    aliases: tuple[str, ...]
    keys: tuple[str, ...]
    tally: Tally
    literal: bool


def keys_of_name(name: str, schema: Schema) -> set[str]:
    """The identity keys that ``name`` makes, for things of any type."""
    found = set()
    for kind in schema.entities:
        if kind.datatype is None:
            form = names.normalise(name, family_of(kind.name, schema))
            if form:
                found.add(f"{root_of(kind.name, schema).casefold()}|{form}")
    return found


def unscoped(key: str) -> str:
    """``key`` without the marks of splits by documents."""
    root, _, form = key.partition("|")
    return f"{root}|{form.partition('|~')[0]}"


def find_entities(tx: Transaction, text: str, schema: Schema, decisions: Decisions) -> list[Entity]:
    """The entities with this id, else those with exactly this name, else with this alias."""

    def named(name: str) -> set[str]:
        found = rows(tx, "MATCH (e:Entity {name: $name}) RETURN e.id AS id", name=name)
        return {row["id"] for row in found}

    def nodes(keys: Collection[str], ids: Collection[str]) -> Gathered:
        return read_nodes(tx, StoredNames(tx), Rules(decisions, Linker(schema)), keys=keys, ids=ids)

    return entities_among(nodes, named, text, schema, decisions)


def entities_among(
    nodes_of: Callable[[Collection[str], Collection[str]], Gathered],
    named: Callable[[str], Collection[str]],
    text: str,
    schema: Schema,
    decisions: Decisions,
) -> list[Entity]:
    """`find_entities` in any store: ``nodes_of`` reads nodes by keys and ids, ``named`` gives the
    ids of the entities with a name."""
    nodes = nodes_of(decisions.senses(keys_of_name(text, schema)), {text}).nodes
    same = [node for node in nodes if node.id == text]
    same = same or [node for node in nodes if node.properties["name"] == text]
    same = same or [node for node in nodes if text in node.properties["aliases"]]
    if not same:  # literals, and names that are no keys
        ids = named(text)
        same = [node for node in nodes_of((), ids).nodes if node.id in ids]
    return [entity_of(nodes_of, node, schema, decisions) for node in same]


def entity_of(
    nodes_of: Callable[[Collection[str], Collection[str]], Gathered],
    node: Node,
    schema: Schema,
    decisions: Decisions,
) -> Entity:
    """What a stored node is; its keys are told from those that are others' by decision."""
    keys = node.tally.keys
    if any(decisions.partners(key) or distinguishing(key) for key in keys):
        found = nodes_of((), {node.id})
        make_plan((), found.nodes, (), (), lambda _: (), rules=found.rules)
        cluster = found.by_id[node.id].cluster
        assert cluster is not None, "a plan without a change keeps every node"
        keys = cluster.keys
    own = keys_of_name(node.properties["name"], schema)
    ordered = sorted(keys, key=lambda key: (unscoped(key) not in own, key))
    return Entity(
        id=node.id,
        name=node.properties["name"],
        type=node.properties["type"],
        aliases=tuple(node.properties["aliases"]),
        keys=tuple(ordered),
        tally=node.tally,
        literal=bool(node.tally.datatypes),
    )


def members_of(tx: Transaction, entity_id: str, decisions: Decisions) -> list[Member]:
    """The local entities of an entity, sorted."""
    found: Iterable[Member] = read_members(tx, entity_id)
    return sorted(map(decisions.applied, found), key=lambda m: (m.document_id, m.local))
