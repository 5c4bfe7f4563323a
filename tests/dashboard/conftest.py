from __future__ import annotations

from collections.abc import Iterator

import pytest

from graph.store import GraphStore, Store, open_store
from graph.view import GraphView, view_of
from kgbuilder.linked_data import import_graph


@pytest.fixture(scope="session")
def store(example_graph: str) -> Iterator[Store]:
    """The example corpus's graph, open for reading."""
    with open_store(example_graph, writer=False) as opened:
        assert isinstance(opened, Store)
        yield opened


@pytest.fixture(scope="session")
def rdf_store(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    """The same graph as RDF."""
    url = f"rdf:{tmp_path_factory.mktemp('example') / 'rdf'}"
    import_graph(store.url, store=url)
    with open_store(url, writer=False) as opened:
        yield opened


@pytest.fixture(params=["store", "rdf_store"])
def graph(request: pytest.FixtureRequest) -> GraphStore:
    """The example graph, as a property graph and as RDF."""
    opened: GraphStore = request.getfixturevalue(request.param)
    return opened


@pytest.fixture
def example(graph: GraphStore) -> GraphView:
    """What the explorer asks."""
    return view_of(graph)


@pytest.fixture(scope="session")
def turing(store: Store) -> str:
    """The id of Alan Turing."""
    return store.search("Alan Turing", 1)[0].id
