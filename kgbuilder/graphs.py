"""Working with a graph that has been built: query, stats, export, delete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from graph.export import DEFAULT_BASE, ExportStats, format_of
from graph.export import export as write_export
from graph.rdf.store import RdfStore
from graph.store import GraphStore, Rows
from graph.store import open_store as open_url
from ingest.reader import file_uri
from kgbuilder.errors import InputError
from kgbuilder.parts import SchemaLike, schema_of
from kgbuilder.settings import Settings, load_settings

EMBEDDED = "embedded:"
RDF = "rdf:"
SPARQL = "sparql+"
StoreLike = str | GraphStore


def open_store(
    url: str | None = None,
    *,
    write: bool = False,
    schema: SchemaLike | None = None,
    settings: Settings | None = None,
) -> GraphStore:
    """Open the graph at ``url``, by default that of the settings. A context manager.

    One process at a time may ``write``. Raises StoreError where it cannot be opened.
    """
    settings = settings or load_settings()
    url = url or settings.store
    server = settings.sparql if url.startswith(SPARQL) else settings.neo4j
    return open_url(
        url,
        writer=write,
        schema=None if schema is None else schema_of(schema, settings),
        user=server.user,
        password=server.password.get_secret_value() if server.password else None,
        database=settings.neo4j.database,
        base=settings.base,
    )


@contextmanager
def writable(
    store: StoreLike | None, schema: SchemaLike | None = None, settings: Settings | None = None
) -> Iterator[GraphStore]:
    """The open store itself, or the graph at its URL, made where there is none, for writing."""
    if store is not None and not isinstance(store, str):
        yield store
        return
    with open_store(store, write=True, schema=schema, settings=settings) as opened:
        yield opened


def store_folders(url: str) -> list[Path]:
    """The folders of a store on this machine, which hold no documents."""
    for scheme in (EMBEDDED, RDF):
        if url.startswith(scheme):
            return [Path(url.removeprefix(scheme)).expanduser()]
    return []


@contextmanager
def existing(
    store: StoreLike | None, settings: Settings | None = None, *, write: bool = False
) -> Iterator[GraphStore]:
    """The open store itself, or the graph at its URL, which must be there already.

    Raises InputError where there is none: reading an empty graph made by a mistyped path helps
    nobody.
    """
    if store is not None and not isinstance(store, str):
        yield store
        return
    settings = settings or load_settings()
    url = store or settings.store
    for folder in store_folders(url):
        if not folder.is_dir():
            raise InputError(f"There is no graph in {folder}; make one with 'kgbuilder build'")
    with open_store(url, write=write, settings=settings) as opened:
        yield opened


def query(
    cypher: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    store: StoreLike | None = None,
    write: bool = False,
    settings: Settings | None = None,
) -> Rows:
    """The rows of a Cypher query as dicts of plain values; ``rows.keys`` are the columns.

    Raises QueryError for a query that is wrong, or that writes without ``write``.
    """
    with existing(store, settings, write=write) as graph:
        return graph.query(cypher, parameters, write=write)


def stats(
    *, store: StoreLike | None = None, settings: Settings | None = None
) -> list[dict[str, Any]]:
    """How much the graph holds: rows of ``kind``, ``name`` and ``count``."""
    with existing(store, settings) as graph:
        if isinstance(graph, RdfStore):
            return graph.counts()
        rows = []
        for kind, name, cypher in _COUNTS:
            for row in graph.query(cypher):
                rows.append({"kind": kind, "name": row.get("name", name), "count": row["count"]})
        return rows


def base_of(graph: GraphStore) -> str:
    """The beginning of IRIs: of an RDF store its own."""
    return graph.base if isinstance(graph, RdfStore) else DEFAULT_BASE


_COUNTS = (
    ("documents", "", "MATCH (d:Document) RETURN count(d) AS count"),
    ("chunks", "", "MATCH (c:Chunk) RETURN count(c) AS count"),
    ("mentions", "", "MATCH (:Chunk)-[m:MENTIONS]->() RETURN count(m) AS count"),
    (
        "entities",
        "",
        "MATCH (e:Entity) RETURN e.type AS name, count(e) AS count ORDER BY count DESC, name",
    ),
    (
        "relations",
        "",
        "MATCH (:Entity)-[r]->(:Entity) RETURN type(r) AS name, count(r) AS count"
        " ORDER BY count DESC, name",
    ),
    (
        "events",
        "",
        "MATCH (e:Event) RETURN e.type AS name, count(e) AS count ORDER BY count DESC, name",
    ),
)


def delete(
    target: str | PathLike[str],
    *,
    store: StoreLike | None = None,
    settings: Settings | None = None,
) -> int:
    """Delete documents with all that only they stated; how many there were.

    ``target`` is the URI of a document, or the path of the file or folder that was built. The
    file itself is left alone and may be gone.
    """
    with existing(store, settings, write=True) as graph:
        if isinstance(target, str) and "://" in target:
            return graph.delete(target)
        uri = file_uri(target)
        return graph.delete(uri) or sum(
            graph.delete(document.id) for document in graph.documents_of(f"{uri}/", prefix=True)
        )


def export(
    target: str | PathLike[str],
    *,
    format: str | None = None,
    store: StoreLike | None = None,
    schema: SchemaLike | None = None,
    settings: Settings | None = None,
    base: str | None = None,
    provenance: bool = True,
    text: bool = True,
    rdf12: bool = False,
    decisions: bool = True,
    links: str | PathLike[str] | None = None,
) -> ExportStats:
    """Write the whole graph to a file (``"-"``: standard output), see ``graph.export``.

    ``format`` is by default what the file's ending says; ``schema`` is by default the one that
    the graph was built with. Without ``decisions``, TriG and N-Quads leave out what people decided
    and the facts that they rejected, as the other formats do. ``links`` is a table of what entities
    are elsewhere, for ``owl:sameAs``. Raises InputError for an ending that says nothing, and for
    ``links`` where the format is not RDF.
    """
    settings = settings or load_settings()
    wanted = format or format_of(target)
    if wanted is None:
        raise InputError(f"The ending of {target} names no format; say which with --format")
    if links is not None and wanted in ("graphml", "csv"):
        raise InputError(f"--links is for RDF; {wanted} has no owl:sameAs")
    with existing(store, settings) as graph:
        return write_export(
            graph,
            target,
            wanted,
            None if schema is None else schema_of(schema, settings),
            base=base or settings.base or base_of(graph),
            provenance=provenance,
            text=text,
            reification="rdf12" if rdf12 else "statement",
            decisions=decisions,
            links=links,
        )
