"""Opening a store by its URL."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from graph.store.bolt import Server, Store
from graph.store.embedded import DATABASE, EmbeddedServer, wait_until_stopped
from graph.store.errors import StoreError
from graph.store.migration import OutdatedStoreError, back_up, require_consent
from graph.store.protocol import GraphStore
from model.schema import Schema

if TYPE_CHECKING:
    from graph.rdf.store import RdfStore

_BOLT = ("neo4j://", "neo4j+s://", "neo4j+ssc://", "bolt://", "bolt+s://", "bolt+ssc://")


def open_store(
    url: str,
    *,
    writer: bool,
    schema: Schema | None = None,
    user: str | None = None,
    password: str | None = None,
    database: str | None = None,
    base: str | None = None,
) -> GraphStore:
    """Open the graph at ``url``.

    ``embedded:DIR`` is the bundled database with its data in the folder DIR, which is made if
    it is missing; ``neo4j://`` and ``bolt://`` (``+s`` with TLS) are servers. Their user and
    password come from the environment (``KGBUILDER_NEO4J_USER``, ``KGBUILDER_NEO4J_PASSWORD``)
    where they are not given. ``schema`` is what is written with; by default the store's own.

    ``rdf:DIR`` is an RDF database (Oxigraph) in the folder DIR, ``sparql+http://`` (``+https``) a
    server that speaks SPARQL 1.1. ``base`` begins the IRIs that they hold.

    Raises:
        StoreLockedError: ``writer`` is asked for and another process writes.
        StoreError: the URL is unknown, or the store cannot be opened.
    """

    if url.startswith(("rdf:", "sparql+http://", "sparql+https://")):
        return _open_rdf(url, writer, schema, user, password, base)

    def connect(*, migrating: bool = False) -> Store:
        server = _server(url, writer, user, password, database)
        return Store(server, writer=writer, schema=schema, migrating=migrating)

    try:
        return connect()
    except OutdatedStoreError as error:
        if not error.can_be_migrated:
            raise
        version = error.version
    if url.startswith("embedded:"):
        folder = Path(url.removeprefix("embedded:")).expanduser().absolute()
        if not wait_until_stopped(folder):
            raise StoreError(
                f"the graph in {url} has to be migrated, and others use it; close them first"
            )
        back_up(folder, version)
    else:
        require_consent(url)
    store = connect(migrating=True)
    try:
        store.migrate(version)
    except BaseException:
        store.close()
        raise
    return store


def _server(
    url: str, writer: bool, user: str | None, password: str | None, database: str | None
) -> Server:
    """Where the store at ``url`` is; starts an embedded one."""
    if url.startswith("embedded:"):
        folder = url.removeprefix("embedded:")
        if not folder:
            raise StoreError("embedded: needs a folder, as in embedded:./graph")
        embedded = EmbeddedServer(Path(folder), writer=writer)
        return Server(
            url=url,
            uri=embedded.info.uri,
            auth=embedded.writer_auth,
            reader=embedded.reader_auth,
            database=DATABASE,
            embedded=embedded,
        )
    if url.startswith(_BOLT):
        if "@" in url:
            raise StoreError(
                "user and password do not belong into the URL of a store; set "
                "KGBUILDER_NEO4J_USER and KGBUILDER_NEO4J_PASSWORD"
            )
        user = user or os.environ.get("KGBUILDER_NEO4J_USER") or "neo4j"
        password = password or os.environ.get("KGBUILDER_NEO4J_PASSWORD")
        return Server(
            url=url,
            uri=url,
            auth=(user, password) if password else None,
            database=database,
        )
    raise StoreError(
        f"unknown store {url!r}; known are embedded:DIR, neo4j://HOST, bolt://HOST, rdf:DIR and "
        "sparql+http://HOST"
    )


def _open_rdf(
    url: str,
    writer: bool,
    schema: Schema | None,
    user: str | None,
    password: str | None,
    base: str | None,
) -> RdfStore:
    from graph.rdf.endpoint import EmbeddedEndpoint, Endpoint, HttpEndpoint
    from graph.rdf.store import RdfStore

    endpoint: Endpoint
    if url.startswith("rdf:"):
        folder = url.removeprefix("rdf:")
        if not folder:
            raise StoreError("rdf: needs a folder, as in rdf:./graph")
        endpoint = EmbeddedEndpoint(Path(folder).expanduser(), writer=writer)
    else:
        endpoint = HttpEndpoint(
            url.removeprefix("sparql+"),
            writer=writer,
            user=user or os.environ.get("KGBUILDER_SPARQL_USER"),
            password=password or os.environ.get("KGBUILDER_SPARQL_PASSWORD"),
        )
    return RdfStore(url, endpoint, writer=writer, schema=schema, base=base)
