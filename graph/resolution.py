"""Which local entities are one thing, decided from what each of them says of itself.

A local entity has *identity keys* (`entity_keys`). Two local entities are the same canonical
entity if and only if a chain of shared keys connects them, so a decision never depends on the
order or the number of steps in which documents arrived, and finding the others of an entity is
one index look-up a key: that look-up is the blocking, and it loses nothing.

Keys are made to be precise. A name that many things bear (a lone given name, an initial with a
surname, ``EU`` beside a full name) is no key; see `entity_keys` for the rules.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from graph import names
from graph.records import DocumentGraph, LocalEntity
from model.schema import Schema


@dataclass(frozen=True, slots=True)
class Member:
    """A local entity as resolution sees it; (``document_id``, ``local``) is unique.

    ``keys`` has the key of its own name first.
    """

    document_id: str
    local: str
    type: str
    name: str
    names: tuple[str, ...]
    keys: tuple[str, ...]
    datatype: str | None
    value: str | None

    @classmethod
    def of(cls, entity: LocalEntity, document_id: str, keys: tuple[str, ...]) -> Member:
        """A document's local entity with its identity keys."""
        return cls(
            document_id=document_id,
            local=entity.local,
            type=entity.type,
            name=entity.name,
            names=entity.names,
            keys=keys,
            datatype=entity.datatype,
            value=entity.value,
        )


@dataclass(frozen=True, slots=True)
class Canonical:
    """What the members of one cluster are together."""

    id: str
    type: str
    name: str
    aliases: tuple[str, ...]
    datatype: str | None
    value: str | None


def family_of(entity_type: str, schema: Schema) -> names.Family:
    """What kind of thing ``entity_type`` is, from its name, its labels and its parents'."""
    for ancestor in _ancestors(entity_type, schema):
        known = schema.entity.get(ancestor)
        labels = [known.labels[code] for code in sorted(known.labels)] if known else []
        for words in (ancestor, *labels):
            family = names.family_of_words(words)
            if family != "other":
                return family
    return "other"


def root_of(entity_type: str, schema: Schema) -> str:
    """The topmost type above ``entity_type``; itself where it has no parent."""
    return _ancestors(entity_type, schema)[-1]


def _ancestors(entity_type: str, schema: Schema) -> list[str]:
    """As `Schema.ancestors`, for types that are not in the schema as well."""
    return list(schema.ancestors(entity_type)) if entity_type in schema.entity else [entity_type]


def entity_keys(entity: LocalEntity, document_id: str, schema: Schema) -> frozenset[str]:
    """The identity keys of a local entity, ``<root type>|<normalised name>`` each; never empty.

    - A literal has one key, its type and normalised value.
    - Types below one root share their keys: a ``city`` and a ``place`` of one name are one.
    - A person's lone first or last name is a key only where the entity has no fuller name in
      the same script, and never where it is a common given name or surname; neither is an
      initial with a surname (``J. Smith``) or a Chinese surname with a title (``王先生``).
    - A name with ``Mr.`` or ``Mrs.`` and one word is none: it is a family's.
    - A name that only tells the kind of thing (``Congress``, ``最高法院``) is none.
    - A two-letter acronym is a key only where it is the entity's sole name.
    - An entity without a usable name gets a key that is private to its document.
    """
    root = root_of(entity.type, schema).casefold()
    private = f"{root}|~{document_id}/{entity.local}"
    if entity.datatype is not None:
        return frozenset({f"{root}|{entity.value}" if entity.value is not None else private})
    family = family_of(entity.type, schema)
    pairs = {(names.normalise(name, family), name) for name in (entity.name, *entity.names) if name}
    usable = _person_keys(pairs) if family == "person" else _other_keys(pairs)
    return frozenset(f"{root}|{name}" for name in usable) or frozenset({private})


def ordered_keys(entity: LocalEntity, document_id: str, schema: Schema) -> tuple[str, ...]:
    """The identity keys, the one of the entity's own name first, where it makes one."""
    keys = sorted(entity_keys(entity, document_id, schema))
    if entity.datatype is None and len(keys) > 1:
        own = names.normalise(entity.name, family_of(entity.type, schema))
        first = f"{root_of(entity.type, schema).casefold()}|{own}"
        if first in keys:
            keys.remove(first)
            keys.insert(0, first)
    return tuple(keys)


def members_of(graph: DocumentGraph, schema: Schema) -> list[Member]:
    """The local entities of a document as resolution sees them.

    Where the document states a distinguishing value of one (a date of birth), its keys come once
    more in front, with that value. Such a key holds its documents together, and apart from those
    with another value (`told_apart`), while the plain key goes with the value that more documents
    state.
    """
    said = _distinguishing_values(graph, schema)
    return [
        member_of(entity, graph.document.id, schema, said.get(entity.local, ()))
        for entity in graph.entities
    ]


def _distinguishing_values(graph: DocumentGraph, schema: Schema) -> dict[str, list[str]]:
    """For each local entity what is stated of it, ``<relation>=<value>``; nothing where a document
    contradicts itself."""
    kinds = {relation.name for relation in schema.relations if relation.distinguishing}
    if not kinds:
        return {}
    values = {e.local: e.value for e in graph.entities if e.datatype is not None}
    stated: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for fact in graph.relations:
        value = values.get(fact.tail)
        if fact.type in kinds and value is not None:
            stated[fact.head, fact.type].add(value)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for (local, kind), some in sorted(stated.items()):
        precise = max(some, key=lambda value: (len(value), value))
        if all(compatible(precise, value) for value in some):
            found[local].append(f"{kind.casefold()}={precise}")
    return found


def compatible(one: str, other: str) -> bool:
    """Whether two values do not contradict each other, as a date and its year."""
    return one.startswith(other) or other.startswith(one)


def distinguishing(key: str) -> tuple[str, str] | None:
    """The type with the relation, and the value, of a key that has one."""
    if "|~" not in key:
        return None
    root, _, form = key.partition("|")
    kind, found, value = form.partition("|~")[2].partition("|~")[0].partition("=")
    return (f"{root}|{kind}", value) if found else None


def told_apart(one: str, other: str) -> bool:
    """Whether two keys have values that no one thing has both of."""
    first, second = distinguishing(one), distinguishing(other)
    return (
        first is not None
        and second is not None
        and first[0] == second[0]
        and not compatible(first[1], second[1])
    )


def member_of(
    entity: LocalEntity, document_id: str, schema: Schema, values: Sequence[str] = ()
) -> Member:
    """A local entity as resolution sees it; ``values`` are distinguishing ones."""
    keys = ordered_keys(entity, document_id, schema)
    if "|~" not in keys[0]:
        keys = (*(f"{key}|~{value}" for value in values for key in keys), *keys)
    return Member.of(entity, document_id, keys)


def _person_keys(pairs: set[tuple[str, str]]) -> set[str]:
    forms = {
        form
        for form, name in pairs
        if form and not (_parts(form) == 1 and names.title_gender(name))
    }
    full = {form for form in forms if _parts(form) > 1 and not _mostly_initials(form)}
    chinese = {form for form in forms if names.has_han(form)}
    usable = set(full)
    for form in forms - full:
        if form in chinese:
            fuller = any(form != other and form in other for other in chinese)
            if not fuller and len(form) > 1:
                usable.add(form)
        elif not any(form != other and not names.has_han(other) for other in forms) and (
            _parts(form) == 1 and len(form) > 2 and not names.is_common_person_name(form)
        ):
            usable.add(form)
    return usable


def _parts(form: str) -> int:
    return len(re.split(r"[ ·]", form))


def _mostly_initials(form: str) -> bool:
    """Whether fewer than two parts, or one and a second initial, are written out."""
    parts = re.split(r"[ ·]", form)
    written = [part for part in parts if len(part) > 1 or names.has_han(part)]
    return len(written) < 2 and len(parts) < 3


def _other_keys(pairs: set[tuple[str, str]]) -> set[str]:
    forms = {form for form, _ in pairs if form}
    usable: set[str] = set()
    for form, name in pairs:
        if not form or names.is_generic(form):
            continue
        two_letters = names.is_acronym(name) and len(form) <= 2
        if two_letters and len(forms) > 1:
            continue
        usable.add(form)
    return usable


def canonicalise(
    members: Collection[Member], schema: Schema | None = None, keys: Collection[str] = ()
) -> Canonical:
    """The canonical entity of a cluster; depends on the set of ``members`` alone.

    ``keys`` are the cluster's own, all of its members' by default.

    The id is a hash of the smallest key. The name is the most frequent among the members' names
    (ties: the longest, then the first in lexicographic order). The type is the most frequent
    too; with a ``schema``, a member of a type speaks for its parent types as well and the
    deepest type that most agree on wins, so that ``city`` beats ``place``.

    Raises:
        ValueError: ``members`` is empty.
    """
    return canonical_of_counts(
        keys=keys or {key for member in members for key in member.keys},
        types=Counter(member.type for member in members),
        names=Counter(member.name for member in members),
        aliases={alias for member in members for alias in (member.name, *member.names)},
        datatypes={member.datatype for member in members if member.datatype is not None},
        values={member.value for member in members if member.value is not None},
        schema=schema,
    )


def canonical_of_counts(
    *,
    keys: Collection[str],
    types: Counter[str],
    names: Counter[str],
    aliases: Collection[str],
    datatypes: Collection[str] = (),
    values: Collection[str] = (),
    schema: Schema | None = None,
) -> Canonical:
    """`canonicalise` from what the members say in sum; ``names`` counts their ``name`` only.

    Raises:
        ValueError: there are no members.
    """
    if not keys:
        raise ValueError("a canonical entity needs at least one member")
    name = _commonest_of(names)
    return Canonical(
        id=key_id(min(keys)),
        type=vote(types, schema) if schema else _commonest_of(types),
        name=name,
        aliases=tuple(sorted(set(aliases) - {name})),
        datatype=min(datatypes, default=None),
        value=min(values, default=None),
    )


def key_id(key: str) -> str:
    """The id of the canonical entity whose smallest key is ``key``: 32 hex digits."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def vote(weights: Mapping[str, float], schema: Schema) -> str:
    """The type that weighted votes agree on: the most specific that holds.

    The root type with the most weight wins; from there a step down is taken while one child
    type has more than half of the weight that lies below its parent and at least a quarter of
    all weight of the parent.
    """
    support: dict[str, float] = {}
    for entity_type, weight in sorted(weights.items()):
        for ancestor in _ancestors(entity_type, schema):
            support[ancestor] = support.get(ancestor, 0.0) + weight
    roots = {root_of(entity_type, schema) for entity_type in weights}
    current = min(roots, key=lambda t: (-support[t], t))
    while True:
        children = [t for t in support if t in schema.entity and schema.entity[t].parent == current]
        if not children:
            return current
        best = min(children, key=lambda t: (-support[t], t))
        below = sum(support[t] for t in children)
        if support[best] * 2 <= below or support[best] * 4 < support[current]:
            return current
        current = best


def _commonest_of(counts: Counter[str]) -> str:
    return min(counts, key=lambda value: (-counts[value], -len(value), value))


def clusters(members: Iterable[Member]) -> list[list[Member]]:
    """The members that chains of shared keys connect, each group and the groups sorted."""
    from networkx import Graph, connected_components  # a slow import, needed only for writing

    ordered = sorted(members, key=lambda member: (member.document_id, member.local))
    graph: Graph[tuple[str, int | str]] = Graph()
    for index, member in enumerate(ordered):
        graph.add_node(("member", index))
        graph.add_edges_from((("member", index), ("key", key)) for key in member.keys)
    groups = [
        sorted(node[1] for node in component if node[0] == "member" and isinstance(node[1], int))
        for component in connected_components(graph)
    ]
    return [[ordered[index] for index in group] for group in sorted(groups)]
