"""Any history of writes, changes, reverts, deletions and kills gives the graph of what is left.

The model is a dictionary of the documents that are left; `graph.export.memory` says what graph
they make, from scratch and without a store. A long run: ``KGBUILDER_TEST_HISTORIES=200``.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

import pytest
from document_graphs import SCHEMA
from histories import versions
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from writer_process import WriterProcess

from graph.export.memory import DocumentGraphSource
from graph.export.store_source import StoreSource
from graph.records import DocumentGraph
from graph.store import Store, open_store
from graph.store.embedded import wait_until_stopped
from graph.store.reading import dump
from ingest.documents import document_id

HISTORIES = int(os.environ.get("KGBUILDER_TEST_HISTORIES", "3"))
DOCUMENTS = 5

pytestmark = pytest.mark.timeout(600 + 30 * HISTORIES)

Opened = tuple[Store, WriterProcess]


class History(RuleBasedStateMachine):
    """Operations on a store by one writing process; ``store`` only reads."""

    def __init__(self, store: Store, writer: WriterProcess) -> None:
        super().__init__()
        self.store = store
        self.writer = writer
        self.left: dict[str, DocumentGraph] = {}
        self.past: list[DocumentGraph] = []
        self.kills = 0

    @initialize(graphs=st.lists(versions(DOCUMENTS), min_size=2, max_size=6))
    def begin(self, graphs: list[DocumentGraph]) -> None:
        """Something is there at first: in most histories Hypothesis leaves some rules out, and in
        many of them that is writing."""
        self.writer.clear()
        self.write(graphs)

    @rule(graphs=st.lists(versions(DOCUMENTS), min_size=1, max_size=6))
    def write(self, graphs: list[DocumentGraph]) -> None:
        """Documents new and changed, in one group."""
        expected = []
        for graph in graphs:
            expected.append(self.left.get(graph.document.id) != graph)
            self._note(graph)
        assert self.writer.write(graphs) == expected

    @precondition(lambda self: self.past)
    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        """A document as it once was."""
        graph = data.draw(st.sampled_from(self.past))
        self.writer.write([graph])
        self._note(graph)

    @rule(number=st.integers(0, DOCUMENTS - 1))
    def delete(self, number: int) -> None:
        uri = f"file:///{number}.txt"
        assert self.writer.delete(uri) == (self.left.pop(document_id(uri), None) is not None)

    @precondition(lambda self: self.kills < 1)
    @rule(graphs=st.lists(versions(DOCUMENTS), min_size=1, max_size=6), after=st.floats(0, 0.2))
    def kill(self, graphs: list[DocumentGraph], after: float) -> None:
        """The writer dies while it writes: each document is there as a whole or as it was."""
        self.kills += 1
        last = {graph.document.id: graph for graph in graphs}  # no version between two others
        self.writer.begin(list(last.values()))
        time.sleep(after)
        self.writer.kill()
        self.writer.delete("file:///nothing.txt")  # waits for what the server had begun
        for id, (sha256, pipeline) in self.store.ledger(last).items():
            graph = last[id]
            if (sha256, pipeline) == (graph.document.sha256, graph.pipeline):
                self._note(graph)
            else:
                assert sha256 == self.left[id].document.sha256

    def _note(self, graph: DocumentGraph) -> None:
        known = self.left.get(graph.document.id)
        if known is None or known.document.sha256 != graph.document.sha256:
            self.left[graph.document.id] = graph
            self.past.append(graph)

    @invariant()
    def the_graph_is_that_of_what_is_left(self) -> None:
        expected = DocumentGraphSource(self.left.values(), SCHEMA)
        found = StoreSource(self.store)
        assert list(found.entities()) == list(expected.entities())
        assert list(found.relations()) == list(expected.relations())
        assert list(found.mentions()) == list(expected.mentions())
        assert list(found.events()) == list(expected.events())

    def teardown(self) -> None:
        """What the store keeps for itself is that of a fresh build too, in any order."""
        history = dump(self.store)
        graphs = sorted(self.left.values(), key=lambda graph: graph.document.sha256)
        random.Random(len(self.past)).shuffle(graphs)
        for groups in ([graphs], [[graph] for graph in graphs]):
            self.writer.clear()
            for group in groups:
                self.writer.write(group)
            assert dump(self.store) == history


def check(opened: Opened) -> None:
    run_state_machine_as_test(
        lambda: History(*opened),
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=8,
            deadline=None,
            derandomize=HISTORIES <= 3,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def embedded_pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    folder = tmp_path_factory.mktemp("histories") / "graph"
    url = f"embedded:{folder}"
    with open_store(url, writer=False, schema=SCHEMA) as store:
        writer = WriterProcess(url)
        try:
            yield store, writer
        finally:
            writer.kill()
    assert wait_until_stopped(folder, 60)


@pytest.fixture
def neo4j_pair() -> Iterator[Opened]:
    uri = os.environ.get("KGBUILDER_TEST_NEO4J_URI")
    if not uri:
        pytest.skip("no Neo4j server: KGBUILDER_TEST_NEO4J_URI is not set")
    user = os.environ.get("KGBUILDER_TEST_NEO4J_USER")
    password = os.environ.get("KGBUILDER_TEST_NEO4J_PASSWORD")
    with open_store(uri, writer=False, schema=SCHEMA, user=user, password=password) as store:
        writer = WriterProcess(uri, user, password)
        try:
            yield store, writer
        finally:
            writer.kill()


def test_any_history_on_the_embedded_store(embedded_pair: Opened) -> None:
    check(embedded_pair)


@pytest.mark.neo4j
def test_any_history_on_neo4j(neo4j_pair: Opened) -> None:
    check(neo4j_pair)
