from __future__ import annotations

from collections.abc import Iterator

import pytest

from graph.store import Store, open_store


@pytest.fixture(scope="session")
def example(example_graph: str) -> Iterator[Store]:
    """The example corpus's graph, open for reading."""
    with open_store(example_graph, writer=False) as store:
        yield store


@pytest.fixture(scope="session")
def turing(example: Store) -> str:
    """The id of Alan Turing."""
    return example.search("Alan Turing", 1)[0].id
