"""Decisions of people hold whatever comes when, and can be undone without a trace."""

from __future__ import annotations

import dataclasses

from document_graphs import (
    SCHEMA,
    AnyStore,
    clear,
    contents,
    document_graph,
    on_every_store,
    rows_of,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.records import DocumentGraph
from graph.resolving.decisions import Decision

few_examples = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

ADA, AUGUSTA = "person|ada lovelace", "person|augusta byron"
ONE = document_graph(
    "file:///1.txt",
    {"e0": ("person", "Ada Lovelace"), "e1": ("place", "London"), "e2": ("person", "Al Bell")},
    [("part of", "e0", "e1"), ("spouse", "e0", "e2")],
    [("meeting", "met", {"participant": "e0", "place": "e1"})],
)
TWO = document_graph(
    "file:///2.txt",
    {"e0": ("person", "Augusta Byron"), "e1": ("place", "London")},
    [("part of", "e0", "e1"), ("part of", "e1", "e0")],
)
THREE = document_graph(
    "file:///3.txt",
    {"e0": ("person", ["Ada Lovelace", "Augusta Byron"]), "e1": ("place", "Rome")},
    [("part of", "e0", "e1")],
)


def build(store: AnyStore, *graphs: DocumentGraph) -> None:
    for graph in graphs:
        store.write(graph, SCHEMA)


def people(store: AnyStore) -> list[str]:
    found = rows_of(store).entities()
    return sorted(row.name for row in found if SCHEMA.is_a(row.type, "person"))


def facts(store: AnyStore, kind: str) -> list[tuple[str, str, int]]:
    rows = rows_of(store)
    names = {row.id: row.name for row in rows.entities()}
    return sorted(
        (names[row.head], names[row.tail], len(row.evidence))
        for row in rows.relations()
        if row.type == kind
    )


def check(store: AnyStore, decision: Decision, *graphs: DocumentGraph) -> None:
    """Decided before, between or after; undone; and again: always the same graphs."""
    clear(store)
    build(store, *graphs)
    without = contents(store)
    assert store.decide(decision)
    assert not store.decide(decision)
    after = contents(store)
    assert after != without
    assert [d.id for d in store.decisions().all] == [decision.id]
    assert store.undo(decision)
    assert not store.undo(decision)
    assert contents(store) == without
    assert store.decide(decision)
    changed = document_graph(graphs[0].document.uri, {"e0": ("person", "Grace Hopper")})
    store.write(changed)
    store.write(graphs[0])
    assert contents(store) == after
    for graph in graphs:
        store.delete(graph.document.id)
    for graph in reversed(graphs):
        store.write(dataclasses.replace(graph, pipeline="other"))
        store.write(graph)
    assert contents(store) == after


@on_every_store
def test_a_merge_joins_what_no_document_joins(store: AnyStore) -> None:
    merge = Decision("merge", (ADA,), (AUGUSTA,))
    check(store, merge, ONE, TWO)
    assert people(store) == ["Al Bell", "Augusta Byron"]
    assert facts(store, "PART_OF_ENTITY") == [
        ("Augusta Byron", "London", 2),
        ("London", "Augusta Byron", 1),
    ]


@on_every_store
def test_a_split_parts_names_that_a_document_joins(store: AnyStore) -> None:
    split = Decision("split", (ADA,), (AUGUSTA,))
    check(store, split, ONE, TWO, THREE)
    assert people(store) == ["Ada Lovelace", "Al Bell", "Augusta Byron"]
    assert facts(store, "PART_OF_ENTITY") == [
        ("Ada Lovelace", "London", 1),
        ("Ada Lovelace", "Rome", 1),
        ("Augusta Byron", "London", 1),
        ("London", "Augusta Byron", 1),
    ]


@on_every_store
def test_a_split_parts_one_name_by_documents(store: AnyStore) -> None:
    other = document_graph(
        "file:///4.txt",
        {"e0": ("person", "Ada Lovelace"), "e1": ("person", "Al Bell")},
        [("spouse", "e1", "e0")],
        [("meeting", "met", {"participant": "e0"})],
    )
    split = Decision("split", (ADA,), documents=(other.document.id,))
    check(store, split, ONE, other, THREE)
    assert people(store) == ["Ada Lovelace", "Ada Lovelace", "Al Bell"]
    assert [support for _, _, support in facts(store, "SPOUSE")] == [1, 1]


@on_every_store
def test_a_name_and_a_type_can_be_given(store: AnyStore) -> None:
    check(store, Decision("rename", (ADA,), value="Countess of Lovelace"), ONE, TWO)
    assert people(store) == ["Al Bell", "Augusta Byron", "Countess of Lovelace"]
    check(store, Decision("retype", ("place|london",), value="city"), ONE, TWO)
    cities = [row for row in rows_of(store).entities() if row.type == "city"]
    assert [row.name for row in cities] == ["London"]


@on_every_store
def test_a_rejected_fact_stays_away(store: AnyStore) -> None:
    reject = Decision("reject", (ADA, AUGUSTA), ("place|london",), value="PART_OF_ENTITY")
    check(store, reject, ONE, TWO, THREE)
    assert facts(store, "PART_OF_ENTITY") == [
        ("Ada Lovelace", "Rome", 1),
        ("London", "Ada Lovelace", 1),
    ]


@on_every_store
def test_a_later_decision_overrules_an_earlier_one(store: AnyStore) -> None:
    build(store, ONE, TWO)
    apart = contents(store)
    merge = Decision("merge", (ADA,), (AUGUSTA,), made_at="2026-01-01")
    split = Decision("split", (ADA,), (AUGUSTA,), made_at="2026-01-02")
    store.decide(split)
    store.decide(merge)
    assert len(people(store)) == 3
    store.undo(split)
    assert len(people(store)) == 2
    store.undo(merge)
    assert contents(store) == apart


NAMES = ("Ada Lovelace", "Augusta Byron", "Ada King", "Al Bell")
KEYS = tuple(f"person|{name.casefold()}" for name in NAMES)
URIS = tuple(f"file:///{number}.txt" for number in range(3))
DOCUMENTS = tuple(document_graph(uri, {"e0": ("person", "X Y")}).document.id for uri in URIS)


@st.composite
def versions(draw: st.DrawFn) -> DocumentGraph:
    some = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)
    return document_graph(
        draw(st.sampled_from(URIS)),
        {"e0": ("person", draw(some)), "e1": ("person", draw(some)), "e2": ("place", "London")},
        [("spouse", "e0", "e1"), ("part of", draw(st.sampled_from(("e0", "e1"))), "e2")],
        [("meeting", "met", {"participant": "e1"})],
        version=draw(st.integers(0, 1000)),
    )


@st.composite
def choices(draw: st.DrawFn) -> Decision:
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=2, max_size=3, unique=True))
    left, right = tuple(keys[:1]), tuple(keys[1:])
    at = str(draw(st.integers(2000, 2009)))
    kind = draw(st.sampled_from(("merge", "split", "senses", "rename", "retype", "reject")))
    if kind == "senses":
        return Decision("split", left, documents=(draw(st.sampled_from(DOCUMENTS)),), made_at=at)
    if kind == "rename":
        return Decision("rename", left, value="Somebody", made_at=at)
    if kind == "retype":
        return Decision("retype", left, value="organization", made_at=at)
    if kind == "reject":
        return Decision("reject", left, right, value="SPOUSE", made_at=at)
    return Decision("merge" if kind == "merge" else "split", left, right, made_at=at)


@on_every_store
@given(
    steps=st.lists(
        st.one_of(
            versions(),
            choices(),
            st.sampled_from(URIS),
            st.tuples(st.just("undo"), st.integers(0, 9)),
        ),
        min_size=4,
        max_size=9,
    )
)
@few_examples
def test_any_history_of_documents_and_decisions_gives_one_graph(
    store: AnyStore, steps: list[DocumentGraph | Decision | str | tuple[str, int]]
) -> None:
    clear(store)
    store.write(ONE, SCHEMA)
    store.delete(ONE.document.id)
    left: dict[str, DocumentGraph] = {}
    made: dict[str, Decision] = {}
    for step in steps:
        if isinstance(step, DocumentGraph):
            store.write(step)
            left[step.document.uri] = step
        elif isinstance(step, Decision):
            store.decide(step)
            made[step.id] = step
        elif isinstance(step, str):
            store.delete(step)
            left.pop(step, None)
        elif made:
            store.undo(made.pop(sorted(made)[step[1] % len(made)]))
    history = contents(store)
    clear(store)
    for decision in sorted(made.values(), key=lambda d: d.id):
        store.decide(decision)
    for graph in reversed(left.values()):
        store.write(graph)
    assert contents(store) == history


def person(number: int, name: str, friend: str = "Grace Hopper") -> DocumentGraph:
    return document_graph(
        f"file:///p{number}.txt",
        {"e0": ("person", name), "e1": ("person", friend), "e2": ("place", "London")},
        [("spouse", "e0", "e1"), ("part of", "e0", "e2")],
    )


@on_every_store
def test_names_that_are_linked_are_one_entity(store: AnyStore) -> None:
    store.write(person(0, "Geoffrey Hinton"), SCHEMA)
    before = contents(store)
    store.write(person(1, "Geoffrey E. Hinton"))
    assert people(store) == ["Geoffrey E. Hinton", "Grace Hopper"]
    store.delete("file:///p1.txt")
    assert contents(store) == before


@on_every_store
def test_a_third_name_parts_what_two_names_joined(store: AnyStore) -> None:
    store.write(person(0, "George Bush"), SCHEMA)
    store.write(person(1, "George W. Bush"))
    two = contents(store)
    assert people(store) == ["George W. Bush", "Grace Hopper"]
    store.write(person(2, "George H. W. Bush"))
    assert len(people(store)) == 4
    store.delete("file:///p2.txt")
    assert contents(store) == two


@on_every_store
def test_a_link_can_be_overruled(store: AnyStore) -> None:
    split = Decision("split", ("person|geoffrey hinton",), ("person|geoffrey e hinton",))
    check(store, split, person(0, "Geoffrey Hinton"), person(1, "Geoffrey E. Hinton"))
    assert people(store) == ["Geoffrey E. Hinton", "Geoffrey Hinton", "Grace Hopper"]


ALIKE = (
    "George Bush",
    "George W. Bush",
    "George H. W. Bush",
    "George Walker Bush",
    "Bush George",
    "乔治·布什",
)


@on_every_store
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.integers(0, 3), st.sampled_from(ALIKE), st.sampled_from(ALIKE)),
            st.integers(0, 3),
        ),
        min_size=4,
        max_size=9,
    )
)
@few_examples
def test_any_history_of_linked_names_gives_one_graph(
    store: AnyStore, steps: list[tuple[int, str, str] | int]
) -> None:
    clear(store)
    left: dict[int, DocumentGraph] = {}
    for step in steps:
        if isinstance(step, int):
            store.delete(f"file:///p{step}.txt")
            left.pop(step, None)
        else:
            left[step[0]] = person(*step)
            store.write(left[step[0]], SCHEMA)
    history = contents(store)
    clear(store)
    for graph in reversed(left.values()):
        store.write(graph)
    assert contents(store) == history
