"""Blocks of names that are full: what is in them, and what is linked, depends on no order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product

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
from graph.resolving.blocking import MAX_BLOCK
from graph.store import Store

SMALL = ["of", "the", "and", "for", "in", "on", "at", "to", "de", "la", "du"]
NAMES = [f"Acme {one} {two} Zorg" for one, two in product(SMALL, SMALL)][:100]
"""Names of one block; links join them all, one by one."""


def speaks_of(number: int, names: Sequence[str]) -> DocumentGraph:
    return document_graph(
        f"file:///{number}.txt",
        {f"e{n}": ("organization", name) for n, name in enumerate(names)},
    )


SHORT = speaks_of(0, ["Acme Zorg"])
MANY = [speaks_of(n, NAMES[n * 20 - 20 : n * 20]) for n in range(1, 6)]


def pages(store: Store) -> list[int]:
    found = store.query("MATCH (b:NameBlock) RETURN size(b.keys) AS keys")
    return sorted(row["keys"] for row in found)


@on_every_store
def test_links_go_when_a_block_is_full_and_come_back(store: AnyStore) -> None:
    graphs = [SHORT, *MANY]

    def check(*left: DocumentGraph) -> int:
        expected = list(DocumentGraphSource(left, SCHEMA).entities())
        assert list(rows_of(store).entities()) == expected
        return len(expected)

    store.write_all(MANY[:3])
    assert check(*MANY[:3]) == 1
    before = contents(store)
    store.write(SHORT, SCHEMA)
    assert check(SHORT, *MANY[:3]) == 61 == MAX_BLOCK + 1
    assert store.delete(SHORT.document.uri)
    assert contents(store) == before
    store.write(SHORT, SCHEMA)
    store.write_all(MANY[3:])
    assert check(*graphs) == 101
    if isinstance(store, Store):
        assert max(pages(store)) <= MAX_BLOCK
    whole = contents(store)
    clear(store)
    random.Random(1).shuffle(graphs)
    store.write_all(graphs[:4])
    store.write_all(graphs[4:])
    assert contents(store) == whole
    for graph in MANY[1:4]:
        store.delete(graph.document.uri)
    assert check(SHORT, MANY[0], MANY[4]) == 1
    for graph in (SHORT, MANY[0], MANY[4]):
        store.delete(graph.document.uri)
    if isinstance(store, Store):
        assert pages(store) == []
