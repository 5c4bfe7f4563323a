"""Linked data: SPARQL over any graph, reading RDF back, and checking a graph by its shapes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import TypeVar

import pyoxigraph as ox

from graph.export import export as write_export
from graph.rdf.endpoint import Answer
from graph.rdf.lines import with_prefixes
from graph.rdf.loading import LoadedGraph, is_as_stored, loaded
from graph.rdf.loading import described as described_by
from graph.rdf.store import RdfStore
from graph.records import DocumentGraph
from graph.resolving.decisions import Decision
from graph.store import GraphStore, QueryError
from kgbuilder.errors import InputError
from kgbuilder.graphs import StoreLike, base_of, existing, writable
from kgbuilder.settings import Settings, load_settings
from model.schema import Schema

IMPORT_GROUP = 64  # documents written together
ItemT = TypeVar("ItemT")


@contextmanager
def sparql(
    query: str,
    *,
    store: StoreLike | None = None,
    settings: Settings | None = None,
) -> Iterator[Answer]:
    """The answer to a SPARQL query: solutions, a truth value or triples (of pyoxigraph).

    An RDF store answers itself. A property graph is first written as RDF into a temporary
    database, all of it, which takes about as long as an export.

    Raises QueryError for a query that is wrong.
    """
    settings = settings or load_settings()
    with existing(store, settings) as graph:
        if isinstance(graph, RdfStore):
            yield graph.sparql(query)
            return
        with tempfile.TemporaryDirectory(prefix="kgbuilder-sparql-") as folder:
            yield _temporary(graph, Path(folder), settings, query)


def _temporary(graph: GraphStore, folder: Path, settings: Settings, query: str) -> Answer:
    query = with_prefixes(query, settings.base or base_of(graph))
    _check(query)
    path = folder / "graph.nq"
    _export(graph, path, settings)
    database = ox.Store(folder / "oxigraph")
    database.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS)
    path.unlink()
    try:
        return database.query(query, use_default_graph_as_union=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise QueryError(f"the SPARQL query failed: {error}") from error


def _check(query: str) -> None:
    """Raise for a wrong query before any work is done for it."""
    try:
        ox.Store().query(query)
    except SyntaxError as error:
        raise QueryError(f"the SPARQL query is wrong: {error.msg}") from error
    except (OSError, RuntimeError, ValueError):
        pass  # it may need what only the graph has


@dataclass(slots=True)
class ImportReport:
    """``written`` documents of ``documents``; the others were there already, or failed."""

    documents: int = 0
    written: int = 0
    failures: list[str] = field(default_factory=list)


def import_graph(
    source: str | PathLike[str],
    *,
    store: StoreLike | None = None,
    settings: Settings | None = None,
) -> ImportReport:
    """Add the documents of another graph to a store, with all that they state.

    ``source`` is a TriG or N-Quads file that `kgbuilder.export` wrote, with provenance and texts,
    or the URL of a store. What people decided there comes along. Entities are resolved with those
    that the store has; in an empty store the graph is the same as it was, a property graph or RDF.

    Raises InputError and ReadError where the source is none.
    """
    settings = settings or load_settings()
    text = str(source)
    if ":" in text and not Path(text).exists():
        with existing(text, settings) as graph, tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "graph.nq"
            _export(graph, path, settings)
            return _import_file(path, store, settings)
    if not Path(text).is_file():
        raise InputError(f"There is no file {text}")
    return _import_file(Path(text), store, settings)


def _import_file(path: Path, store: StoreLike | None, settings: Settings) -> ImportReport:
    _, base = described_by(path)
    with writable(store, settings=settings) as target:
        whole = isinstance(target, RdfStore) and not target.has_data()
        if whole and settings.base in (None, base) and is_as_stored(path):
            assert isinstance(target, RdfStore)
            count = target.load(path)
            return ImportReport(count, count)
        with loaded(path) as graph:
            return _add(target, graph)


def _add(target: GraphStore, graph: LoadedGraph) -> ImportReport:
    """Write documents, by the schema of the target if it has one, and decide as was decided."""
    report = ImportReport()
    schema = target.schema or graph.schema
    decisions: Iterable[Decision] = graph.decisions().all
    for some in _grouped(graph.documents(), IMPORT_GROUP):
        _write(target, [replace(s.graph, ingested_at=s.ingested_at) for s in some], schema, report)
        # When there is a schema, and before all is written: then they change little.
        for decision in decisions:
            target.decide(decision)
        decisions = ()
    return report


def _grouped(items: Iterable[ItemT], size: int) -> Iterator[list[ItemT]]:
    items = iter(items)
    return iter(lambda: list(islice(items, size)), [])


def _write(
    target: GraphStore, graphs: list[DocumentGraph], schema: Schema, report: ImportReport
) -> None:
    report.documents += len(graphs)
    results = target.write_all(graphs, schema)
    for graph, result in zip(graphs, results, strict=True):
        if isinstance(result, Exception):
            report.failures.append(f"{graph.document.uri}: {result}")
        else:
            report.written += result.changed


def _export(graph: GraphStore, target: Path, settings: Settings) -> None:
    base = settings.base or base_of(graph)
    write_export(graph, target, "nquads", base=base)
