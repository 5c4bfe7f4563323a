"""One embedded database for many tests, empty for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.store import open_store
from graph.store.embedded import wait_until_stopped


@contextmanager
def running_server(folder: Path) -> Iterator[str]:
    """The URL of a graph in ``folder`` whose server stays up meanwhile."""
    url = f"embedded:{folder}"
    with open_store(url, writer=False):
        yield url
    assert wait_until_stopped(folder, 60), "the server outlived its users"


def clear(url: str) -> None:
    """Delete everything."""
    with open_store(url, writer=True) as store:
        store.query("MATCH (n) DETACH DELETE n", write=True)
