"""Opening a store by its URL."""

from __future__ import annotations

import os
from pathlib import Path

from graph.store.bolt import Server, Store
from graph.store.embedded import DATABASE, EmbeddedServer
from graph.store.errors import StoreError
from model.schema import Schema

_BOLT = ("neo4j://", "neo4j+s://", "neo4j+ssc://", "bolt://", "bolt+s://", "bolt+ssc://")


def open_store(
    url: str,
    *,
    writer: bool,
    schema: Schema | None = None,
    user: str | None = None,
    password: str | None = None,
    database: str | None = None,
) -> Store:
    """Open the property graph at ``url``.

    ``embedded:DIR`` is the bundled database with its data in the folder DIR, which is made if
    it is missing; ``neo4j://`` and ``bolt://`` (``+s`` with TLS) are servers. Their user and
    password come from the environment (``KGBUILDER_NEO4J_USER``, ``KGBUILDER_NEO4J_PASSWORD``)
    where they are not given. ``schema`` is what is written with; by default the store's own.

    Raises:
        StoreLockedError: ``writer`` is asked for and another process writes.
        StoreError: the URL is unknown, or the store cannot be opened.
    """
    if url.startswith("embedded:"):
        folder = url.removeprefix("embedded:")
        if not folder:
            raise StoreError("embedded: needs a folder, as in embedded:./graph")
        embedded = EmbeddedServer(Path(folder), writer=writer)
        server = Server(
            url=url,
            uri=embedded.info.uri,
            auth=embedded.writer_auth,
            reader=embedded.reader_auth,
            database=DATABASE,
            embedded=embedded,
        )
    elif url.startswith(_BOLT):
        if "@" in url:
            raise StoreError(
                "user and password do not belong into the URL of a store; set "
                "KGBUILDER_NEO4J_USER and KGBUILDER_NEO4J_PASSWORD"
            )
        user = user or os.environ.get("KGBUILDER_NEO4J_USER") or "neo4j"
        password = password or os.environ.get("KGBUILDER_NEO4J_PASSWORD")
        server = Server(
            url=url,
            uri=url,
            auth=(user, password) if password else None,
            database=database,
        )
    else:
        raise StoreError(
            f"unknown store {url!r}; known are embedded:DIR, neo4j://HOST and bolt://HOST"
        )
    return Store(server, writer=writer, schema=schema)
