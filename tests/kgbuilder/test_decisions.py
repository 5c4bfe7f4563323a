from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from document_graphs import SCHEMA, clear, document_graph

from graph.store import Store, open_store
from graph.store.reading import dump
from kgbuilder import decisions
from kgbuilder.errors import InputError


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("decisions") / "graph"
    with open_store(f"embedded:{folder}", writer=True, schema=SCHEMA) as store:
        yield store


@pytest.fixture
def store(opened: Store) -> Store:
    clear(opened)
    for graph in (
        document_graph(
            "file:///1.txt",
            {"e0": ("person", "Ada Lovelace"), "e1": ("company", "Engines Ltd")},
            [("works for", "e0", "e1")],
        ),
        document_graph("file:///2.txt", {"e0": ("person", ["Augusta Byron", "Ada Byron"])}),
        document_graph(
            "file:///3.txt",
            {"e0": ("person", "Ada Lovelace"), "e1": ("company", "Engines Ltd")},
            [("works for", "e0", "e1")],
        ),
    ):
        opened.write(graph, SCHEMA)
    return opened


def names(store: Store) -> list[str]:
    found = store.query("MATCH (e:Entity) RETURN e.name AS name ORDER BY name")
    return [row["name"] for row in found]


def test_every_decision_is_made_listed_and_undone(store: Store) -> None:
    before = dump(store)
    made = [
        decisions.merge("Ada Lovelace", "Augusta Byron", store=store, note="one woman"),
        decisions.rename("Ada Lovelace", "Ada, Countess of Lovelace", store=store),
        decisions.retype("Engines Ltd", "organization", store=store),
        decisions.reject("Ada, Countess of Lovelace", "works for", "Engines Ltd", store=store),
    ]
    assert decisions.decisions(store=store) == made
    assert names(store) == ["Ada, Countess of Lovelace", "Engines Ltd"]
    assert store.query("MATCH (:Person)-[r]->() RETURN type(r) AS type") == []
    for decision in made:
        assert decisions.undo(decision.id[:10], store=store) == decision
    assert dump(store) == before


def test_names_and_documents_are_split_off(store: Store) -> None:
    before = dump(store)
    by_name = decisions.split("Augusta Byron", names=["Ada Byron"], store=store)
    assert names(store) == ["Ada Lovelace", "Augusta Byron", "Engines Ltd"]
    store.write(document_graph("file:///4.txt", {"e0": ("person", "Ada Byron")}))
    assert names(store) == ["Ada Byron", "Ada Lovelace", "Augusta Byron", "Engines Ltd"]
    store.delete("file:///4.txt")
    by_document = decisions.split("Ada Lovelace", documents=["file:///3.txt"], store=store)
    assert names(store).count("Ada Lovelace") == 2
    with pytest.raises(InputError, match="2 entities have the name 'Ada Lovelace'"):
        decisions.rename("Ada Lovelace", "Ada", store=store)
    for decision in (by_name, by_document):
        decisions.undo(decision.id, store=store)
    assert dump(store) == before


def test_decisions_travel_as_a_file(store: Store, tmp_path: Path) -> None:
    decisions.merge("Ada Lovelace", "Augusta Byron", store=store)
    decisions.rename("Ada Lovelace", "Ada", store=store)
    decided = dump(store)
    file = tmp_path / "decisions.jsonl"
    assert decisions.export_decisions(file, store=store) == 2
    for decision in decisions.decisions(store=store):
        decisions.undo(decision.id, store=store)
    assert decisions.import_decisions(file, store=store) == 2
    assert dump(store) == decided
    assert decisions.import_decisions(file, store=store) == 0
    file.write_text(file.read_text() + json.dumps({"kind": "guess", "left": ["a"]}))
    with pytest.raises(InputError, match=r"line 3: 'guess' is no kind"):
        decisions.import_decisions(file, store=store)
    # U+2028 ends a line in Unicode's eyes, and may be part of a key.
    merge = {"kind": "merge", "left": ["person|ada\u2028byron"], "right": ["person|ada"]}
    file.write_text(json.dumps(merge, ensure_ascii=False), encoding="utf-8")
    assert decisions.import_decisions(file, store=store) == 1
    for content in (b"[" * 5000, b"\xff"):
        file.write_bytes(content)
        with pytest.raises(InputError, match="line 1: "):
            decisions.import_decisions(file, store=store)


@pytest.mark.parametrize(
    ("decide", "message"),
    [
        (lambda s: decisions.merge("Ada Lovelace", "Nobody", store=s), "no entity .* 'Nobody'"),
        (lambda s: decisions.merge("Ada Byron", "Augusta Byron", store=s), "one entity already"),
        (lambda s: decisions.retype("Ada Lovelace", "planet", store=s), "none of the types"),
        (lambda s: decisions.split("Ada Lovelace", store=s), "Say what to split off"),
        (lambda s: decisions.split("Ada Lovelace", names=["Ada"], store=s), "is no name that"),
        (
            lambda s: decisions.split("Ada Lovelace", names=["Ada Lovelace"], store=s),
            "no name would be left",
        ),
        (
            lambda s: decisions.split(
                "Ada Lovelace", documents=["file:///1.txt", "file:///3.txt"], store=s
            ),
            "some, and not all",
        ),
        (
            lambda s: decisions.reject("Ada Lovelace", "spouse", "Engines Ltd", store=s),
            "no SPOUSE from",
        ),
        (lambda s: decisions.undo("", store=s), "of 0 decisions"),
    ],
)
def test_what_cannot_be_decided_is_said(store: Store, decide, message: str) -> None:
    before = dump(store)
    with pytest.raises(InputError, match=message):
        decide(store)
    assert dump(store) == before


def test_merges_of_three_are_undone_in_any_order(store: Store) -> None:
    store.write(document_graph("file:///5.txt", {"e0": ("person", "Annabella Milbanke")}))
    before = dump(store)
    people = ("Ada Lovelace", "Augusta Byron", "Annabella Milbanke")
    for order in itertools.permutations(range(2)):
        made = [
            decisions.merge(people[0], people[1], store=store),
            decisions.merge(people[1], people[2], store=store),
        ]
        assert len(names(store)) == 2
        for index in order:
            decisions.undo(made[index].id, store=store)
        assert dump(store) == before
