import io
from dataclasses import replace

import pyoxigraph as ox
import pytest
from export_sample import SCHEMA, documents, graph_of

from graph.export import FORMATS, export
from graph.export.memory import DocumentGraphSource
from graph.export.store_source import StoreSource
from graph.store import Store


class Undated(StoreSource):
    """A store without the times of writing, which records do not have."""

    def documents(self):
        return (replace(row, ingested_at=None) for row in super().documents())

    def by_document(self):
        for facts in super().by_document():
            yield replace(facts, document=replace(facts.document, ingested_at=None))


def many():
    """More documents than fit a page, with a fact that all of them state."""
    return [
        graph_of(
            f"file:///{i}.txt",
            f"Ada Lovelace, born in London, knew Person{i} Surname{i}.",
            [
                ("person", ["Ada Lovelace"]),
                ("city", ["London"]),
                ("person", [f"Person{i} Surname{i}"]),
            ],
            [("place of birth", 0, 1, 0.5), ("spouse", 2, 0, 0.4), ("related to", 0, 0, 0.3)],
        )
        for i in range(20)
    ]


@pytest.mark.parametrize("make", [documents, many])
def test_a_store_exports_what_its_documents_state(store: Store, make, monkeypatch):
    monkeypatch.setattr("graph.export.store_source._NODES_A_PAGE", 7)
    monkeypatch.setattr("graph.export.store_source._DOCUMENTS_A_PAGE", 2)
    graphs = make()
    for graph in graphs:
        store.write(graph, SCHEMA)
    expected = DocumentGraphSource(graphs, SCHEMA)
    found = Undated(store)
    assert list(found.documents()) == list(expected.documents())
    assert list(found.chunks()) == list(expected.chunks())
    assert list(found.entities()) == list(expected.entities())
    assert list(found.mentions()) == list(expected.mentions())
    assert list(found.relations()) == list(expected.relations())
    assert list(found.events()) == list(expected.events())
    assert list(found.by_document()) == list(expected.by_document())


def test_export_reads_a_store_itself(store: Store, tmp_path):
    for graph in documents():
        store.write(graph, SCHEMA)
    for format in FORMATS:
        stats = export(store, tmp_path / format, format)
        assert stats.rows
        assert (tmp_path / format).exists()


def test_a_deleted_document_leaves_no_quad(store: Store):
    graphs = documents()
    for graph in graphs:
        store.write(graph, SCHEMA)
    store.delete(graphs[0].document.uri)
    stream = io.BytesIO()
    export(store, stream, "nquads")
    quads = list(ox.parse(stream.getvalue(), ox.RdfFormat.N_QUADS))
    names = {quad.graph_name for quad in quads} - {ox.DefaultGraph()}
    assert names == {
        ox.NamedNode(f"https://example.org/kg/graph/{name}")
        for name in ("entities", "schema", *(g.document.id for g in graphs[1:]))
    }
    assert graphs[0].document.id not in stream.getvalue().decode()


def test_the_time_of_writing_is_provenance(store: Store):
    store.write(documents()[0], SCHEMA)
    stream = io.BytesIO()
    export(store, stream, "nquads")
    times = [
        quad.object
        for quad in ox.parse(stream.getvalue(), ox.RdfFormat.N_QUADS)
        if quad.predicate.value == "http://www.w3.org/ns/prov#endedAtTime"
    ]
    assert len(times) == 1
    assert times[0].datatype.value == "http://www.w3.org/2001/XMLSchema#dateTime"
    assert times[0].value.startswith("20")
