"""Two things of one name are told apart by what documents state of them, in any order."""

from __future__ import annotations

from itertools import permutations

from document_graphs import (
    SCHEMA,
    AnyStore,
    clear,
    contents,
    document_graph,
    on_every_store,
    rows_of,
)

from graph.export.memory import DocumentGraphSource
from graph.records import DocumentGraph
from kgbuilder.decisions import merge, undo
from kgbuilder.review import explain


def states(number: int, value: str | None, *names: str) -> DocumentGraph:
    return document_graph(
        f"file:///{number}.txt",
        {"e0": ("person", names or ["John Smith"]), "e1": ("date", "then")},
        [("died on", "e0", "e1")] if value else [],
        values={"e1": value},
    )


def people(source: DocumentGraphSource) -> int:
    return sum(row.type == "person" for row in source.entities())


EARLY, YEAR, LATE = states(0, "1815-12-10"), states(1, "1815"), states(2, "1915-03-02")
UNKNOWN = states(3, None)


def test_what_is_stated_more_often_keeps_those_of_whom_nothing_is_stated() -> None:
    for graphs in permutations((EARLY, YEAR, LATE, UNKNOWN)):
        source = DocumentGraphSource(graphs, SCHEMA)
        assert people(source) == 2
    assert people(DocumentGraphSource((EARLY, YEAR, UNKNOWN), SCHEMA)) == 1
    assert people(DocumentGraphSource((LATE, UNKNOWN), SCHEMA)) == 1


def test_other_names_and_contradictions_inside_a_document() -> None:
    other = states(4, "1915-03-02", "Jack Smythe", "John Smith")
    assert people(DocumentGraphSource((EARLY, YEAR, other, LATE), SCHEMA)) == 2
    both = document_graph(
        "file:///5.txt",
        {"e0": ("person", "John Smith"), "e1": ("date", "then"), "e2": ("date", "later")},
        [("died on", "e0", "e1"), ("died on", "e0", "e2")],
        values={"e1": "1815", "e2": "1915"},
    )
    assert people(DocumentGraphSource((both, EARLY), SCHEMA)) == 1


@on_every_store
def test_any_order_and_deletion(store: AnyStore) -> None:
    graphs = [EARLY, YEAR, LATE, UNKNOWN, states(4, "1915-03-02", "Jack Smythe", "John Smith"),
              states(5, None, "Jack Smythe")]  # fmt: skip
    seen: list[DocumentGraph] = []
    for graph in graphs:
        store.write(graph, SCHEMA)
        seen.append(graph)
        expected = DocumentGraphSource(seen, SCHEMA)
        assert list(rows_of(store).entities()) == list(expected.entities())
    whole = contents(store)
    for graph in (EARLY, LATE):
        store.delete(graph.document.uri)
        left = [g for g in graphs if g is not graph]
        assert list(rows_of(store).entities()) == list(DocumentGraphSource(left, SCHEMA).entities())
        store.write(graph, SCHEMA)
        assert contents(store) == whole
    clear(store)
    store.write_all(graphs[::-1])
    assert contents(store) == whole


def test_people_may_join_them(embedded: AnyStore) -> None:
    embedded.write_all([EARLY, YEAR, LATE, UNKNOWN])
    whole = contents(embedded)
    one, two = sorted(row.id for row in rows_of(embedded).entities() if row.type == "person")
    notes = explain(one, two, store=embedded).notes
    assert any("died on 1815" in note or "died on 1915" in note for note in notes)
    decision = merge(one, two, store=embedded)
    assert sum(row.type == "person" for row in rows_of(embedded).entities()) == 1
    undo(decision.id, store=embedded)
    assert contents(embedded) == whole
