"""Stores for the contract tests: one embedded server and one Neo4j for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from document_graphs import SCHEMA, AnyStore, clear
from rdf_server import running_server

from graph.rdf.store import RdfStore
from graph.store import Store, open_store
from graph.store.embedded import wait_until_stopped


@pytest.fixture(scope="session")
def embedded_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("embedded") / "graph"
    with open_store(f"embedded:{folder}", writer=True, schema=SCHEMA) as store:
        yield store
    assert wait_until_stopped(folder, 30), "the server outlived its users"


@pytest.fixture(scope="session")
def neo4j_store() -> Iterator[Store]:
    uri = os.environ.get("KGBUILDER_TEST_NEO4J_URI")
    if not uri:
        pytest.skip("no Neo4j server: KGBUILDER_TEST_NEO4J_URI is not set")
    with open_store(
        uri,
        writer=True,
        schema=SCHEMA,
        user=os.environ.get("KGBUILDER_TEST_NEO4J_USER"),
        password=os.environ.get("KGBUILDER_TEST_NEO4J_PASSWORD"),
    ) as store:
        yield store


@pytest.fixture(scope="session")
def rdf_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RdfStore]:
    folder = tmp_path_factory.mktemp("rdf")
    with open_store(f"rdf:{folder}", writer=True, schema=SCHEMA) as store:
        assert isinstance(store, RdfStore)
        yield store


@pytest.fixture(scope="session")
def sparql_store() -> Iterator[RdfStore]:
    with (
        running_server() as url,
        open_store(f"sparql+{url}", writer=True, schema=SCHEMA) as store,
    ):
        assert isinstance(store, RdfStore)
        yield store


@pytest.fixture(params=["embedded", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def store(request: pytest.FixtureRequest) -> AnyStore:
    """An empty store of property graphs, on each kind of server in turn."""
    chosen: AnyStore = request.getfixturevalue(f"{request.param}_store")
    clear(chosen)
    return chosen


@pytest.fixture
def embedded(embedded_store: Store) -> Store:
    """An empty store on the embedded server."""
    clear(embedded_store)
    return embedded_store
