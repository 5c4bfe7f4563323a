"""The first load by Neo4j's import tool: the same graph as a store that was written to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from document_graphs import SCHEMA, clear, document_graph
from histories import versions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neo4j_server import imported_server
from shared_documents import ADA, BABBAGE, BRIDGE, BYRON, FOUR, HOSTILE

from graph.bulk import Gathering, write_import
from graph.records import DocumentGraph
from graph.store import Store, StoreError, open_store
from graph.store.reading import dump

UNIT = "\x1f"
CONVERT = {
    "string": str,
    "long": int,
    "double": float,
    "boolean": lambda text: text == "true",
}


def gathered(folder: Path, graphs: list[DocumentGraph]) -> Gathering:
    gathering = Gathering(folder, SCHEMA)
    assert not [r for r in gathering.write_all(graphs) if isinstance(r, Exception)]
    return gathering


def fields(path: Path) -> list[list[str | None]]:
    """The rows of a file; null is None."""
    text, rows, row, at = path.read_text(encoding="utf-8"), [], [], 0
    while at < len(text):
        if text[at] == '"':
            end = at + 1
            while text[end] != '"' or text[end + 1] == '"':
                end += 2 if text[end] == '"' else 1
            value: str | None = text[at + 1 : end].replace('""', '"')
            at = end + 1
        else:
            end = min(place for place in (text.find(c, at) for c in ",\n") if place >= 0)
            value = text[at:end] or None
            at = end
        row.append(value)
        if text[at] == "\n":
            rows.append(row)
            row = []
        at += 1
    return rows


def read_import(folder: Path) -> dict[str, list[object]]:
    """What an import of the files gives, in the form of `graph.store.reading.dump`."""
    nodes, relationships = [], []
    for path in sorted(folder.glob("*.csv")):
        header, *rows = fields(path)
        for row in rows:
            properties, ends, last = {}, [], ""
            for column, value in zip(header, row, strict=True):
                name, _, kind = (column or "").partition(":")
                if kind.startswith("ID("):
                    properties[name] = value
                elif kind.startswith(("START_ID", "END_ID")):
                    ends.append(value)
                elif kind in ("LABEL", "TYPE"):
                    last = value or ""
                elif kind.endswith("[]"):
                    if value is not None:
                        properties[name] = [CONVERT[kind[:-2]](v) for v in value.split(UNIT)]
                    elif name != "_cut":
                        properties[name] = []  # as `graph.store.imported` completes it
                elif value is not None and name not in ("unfinished", "ingested_at"):
                    properties[name] = CONVERT[kind](value)
            properties = dict(sorted(properties.items()))
            if ends:
                relationships.append([ends[0], last, ends[1], properties])
            else:
                nodes.append([sorted(last.split(UNIT)), properties])
    return {"nodes": sorted(nodes, key=repr), "relationships": sorted(relationships, key=repr)}


def assert_same_graph(store: Store, graphs: list[DocumentGraph], folder: Path) -> None:
    store.write_all(graphs, SCHEMA)
    with gathered(folder / "gathered", graphs) as gathering:
        write_import(gathering, folder / "import")
    made, wanted = read_import(folder / "import"), dump(store)
    for kind in ("nodes", "relationships"):
        assert made[kind] == wanted[kind]


def test_an_import_is_the_graph_that_a_store_would_have_written(
    embedded: Store, tmp_path: Path
) -> None:
    hostile = [
        document_graph(
            f"file:///{number}.csv#row={number}",
            {"e0": ("person", name), "e1": ("place", [f'"{name},"', "a\nb"])},
            [("出生地", "e0", "e1")],
            metadata={"author": name, "date": "2020-01-02"},
        )
        for number, name in enumerate(HOSTILE)
    ]
    assert_same_graph(embedded, [*FOUR, *hostile], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gathered", "import"]
    assert not list((tmp_path / "import").glob("*.run"))


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(found=st.lists(versions(documents=6), min_size=1, max_size=6))
def test_so_it_is_whatever_the_documents_say(
    embedded: Store, tmp_path_factory: pytest.TempPathFactory, found: list[DocumentGraph]
) -> None:
    clear(embedded)
    last = {graph.document.id: graph for graph in found}
    assert_same_graph(embedded, list(last.values()), tmp_path_factory.mktemp("bulk"))


def test_gathered_documents_are_replaced_and_deleted(tmp_path: Path) -> None:
    changed = document_graph("file:///ada.txt", {"e0": ("person", "Ada King")}, version=2)
    with gathered(tmp_path / "one", [*FOUR, changed]) as one:
        assert one.write(changed).changed is False
        assert one.delete("file:///byron.txt") == 1
        assert [d.uri for d in one.documents_of("file:///b", prefix=True)] == [
            "file:///babbage.txt",
            "file:///bridge.txt",
        ]
        write_import(one, tmp_path / "out")
    first = read_import(tmp_path / "out")
    with gathered(tmp_path / "two", [BRIDGE, changed, BABBAGE]) as two:
        write_import(two, tmp_path / "out")
    assert read_import(tmp_path / "out") == first


def test_what_was_gathered_survives_a_kill_and_is_locked(tmp_path: Path) -> None:
    with gathered(tmp_path, [ADA]) as first:
        with pytest.raises(StoreError, match="another process"):
            Gathering(tmp_path)
        assert first.ledger([ADA.document.id, "x"]) == {
            ADA.document.id: (ADA.document.sha256, ADA.pipeline)
        }
    with Gathering(tmp_path) as again:
        assert again.schema == SCHEMA
        (found,) = again
        assert found.graph == ADA


def test_a_document_that_no_store_can_keep_is_refused_alone(tmp_path: Path) -> None:
    broken = document_graph("file:///half.txt", {"e0": ("person", "Half \ud800")})
    with Gathering(tmp_path, SCHEMA) as gathering:
        results = gathering.write_all([ADA, broken, BYRON])
        assert [isinstance(result, StoreError) for result in results] == [False, True, False]
        assert len(gathering) == 2
    with Gathering(tmp_path / "empty", SCHEMA) as empty, pytest.raises(StoreError, match="no doc"):
        write_import(empty, tmp_path / "out")


@pytest.mark.neo4j
@pytest.mark.timeout(900)
def test_the_imported_graph_goes_on_as_if_it_had_been_written(
    embedded: Store, tmp_path: Path
) -> None:
    """With the real import tool and a server of its own on what that made."""
    jars = os.environ.get("KGBUILDER_TEST_NEO4J_JARS")
    if not jars:
        pytest.skip("no Neo4j import tool: KGBUILDER_TEST_NEO4J_JARS is not set")
    with gathered(tmp_path / "gathered", list(FOUR)) as gathering:
        write_import(gathering, tmp_path / "import")
    with (
        imported_server(Path(jars), tmp_path / "import", tmp_path / "server") as url,
        open_store(url, writer=True) as store,
    ):
        assert isinstance(store, Store)
        assert store.schema == SCHEMA
        embedded.write_all(FOUR, SCHEMA)
        assert dump(store) == dump(embedded)
        assert store.search("Lovel") == embedded.search("Lovel") != []
        changed = document_graph(
            "file:///bridge.txt",
            {"e0": ("person", "Ada King"), "e1": ("place", "Lundenwic")},
            [("part of", "e0", "e1")],
            version=2,
        )
        new = document_graph(
            "file:///new.txt", {"e0": ("person", ["Ada King", "Countess of Lovelace"])}
        )
        for graphs in ([changed], [new], [BABBAGE]):
            store.write_all(graphs)
        assert store.delete("file:///byron.txt") == 1
        clear(embedded)
        embedded.write_all([new, changed, BABBAGE, ADA], SCHEMA)
        assert dump(store) == dump(embedded)


def test_blocks_that_are_full_are_spread_over_pages(embedded: Store, tmp_path: Path) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = [f"Jonathan {a.upper()}{b}row Smithfield" for a in letters for b in "aeo"]
    graphs = [
        document_graph(f"file:///{number}.txt", {"e0": ("person", name)})
        for number, name in enumerate([*names, "Jonathan Smithfield"])
    ]
    assert_same_graph(embedded, graphs, tmp_path)
    assert embedded.query("MATCH (b:NameBlock) WHERE b.size > size(b.keys) RETURN b.block AS b")
