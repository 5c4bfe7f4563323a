"""Finding entities by name, on every server."""

from __future__ import annotations

import pytest
from document_graphs import AnyStore, document_graph, on_every_store

from graph.store.search import index_query
from graph.view import view_of

PEOPLE = ("Ada Lovelace", "Adam Smith", "Paul Erdős", "Wu Zetian", "王选", "吳文俊", "文天祥")


@pytest.fixture
def people(store: AnyStore) -> AnyStore:
    named = {f"e{i}": ("person", name) for i, name in enumerate(PEOPLE)}
    store.write(document_graph("file:///people.txt", named))
    aliases = ["Ada Lovelace", "Countess of Lovelace"]
    store.write(document_graph("file:///ada.txt", {"e0": ("person", aliases)}))
    return store


FOUND: tuple[tuple[str, list[str]], ...] = (
    ("ada", ["Ada Lovelace", "Adam Smith"]),
    ("ADA LOV", ["Ada Lovelace"]),
    ("lovelace, ada", ["Ada Lovelace"]),
    ("countess", ["Ada Lovelace"]),
    ("erdos", ["Paul Erdős"]),
    ("Smi", ["Adam Smith"]),
    ("mith", []),
    ("吴文俊", ["吳文俊"]),
    ("文俊", ["吳文俊"]),
    ("文", ["文天祥", "吳文俊"]),
    ("王", ["王选"]),
    ("文王", []),
    ("?!", []),
    ("", []),
    ('") OR *:* -(', []),
)


@on_every_store
def test_names_are_found_by_the_beginnings_of_their_words(people: AnyStore) -> None:
    for text, names in FOUND:
        assert [hit.name for hit in people.search(text)] == names, text


@on_every_store
def test_a_hit_tells_what_it_is(people: AnyStore) -> None:
    (hit,) = people.search("countess")
    assert (hit.type, hit.aliases, hit.support) == ("person", ("Countess of Lovelace",), 2)
    assert [node.name for node in view_of(people).nodes([hit.id])] == ["Ada Lovelace"]
    assert [hit.name for hit in people.search("ada", limit=1)] == ["Ada Lovelace"]


@on_every_store
def test_names_that_are_gone_are_found_no_more(people: AnyStore) -> None:
    people.delete("file:///ada.txt")
    assert people.search("countess") == []
    (hit,) = people.search("ada lovelace")
    assert hit.support == 1


def test_what_is_asked_of_the_index_is_words_only() -> None:
    assert index_query("Ada L. -x:y*") == "+ada* +l* +x* +y*"
    assert index_query("吳文俊 Wu") == "+吴 +文 +俊 +wu*"
    assert index_query("--") is None
