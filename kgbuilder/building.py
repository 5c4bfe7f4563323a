"""Building documents into a graph."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from os import PathLike
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from graph.bulk import BulkStats, Gathering, write_import
from graph.store import GraphStore
from ingest.documents import Document, Failure
from ingest.reader import file_uri
from ingest.remote import fetch, is_url
from ingest.walk import files, walk
from kgbuilder.cluster import ClusterExtractor
from kgbuilder.cluster_reading import read_on_cluster
from kgbuilder.cluster_resolving import clusters_on_cluster
from kgbuilder.errors import InputError
from kgbuilder.fingerprint import pipeline_fingerprint
from kgbuilder.graphs import StoreLike, store_folders, writable
from kgbuilder.parts import ExtractorLike, SchemaLike, annotator, extractor_of, schema_of
from kgbuilder.pipeline import Observer, Pipeline, Read
from kgbuilder.report import BuildReport
from kgbuilder.settings import Settings, load_settings
from model.extractor import Extractor
from model.schema import Schema

Path_ = str | PathLike[str]


def build(
    paths: Path_ | Sequence[Path_],
    *,
    store: StoreLike | None = None,
    schema: SchemaLike | None = None,
    extractor: ExtractorLike | None = None,
    settings: Settings | None = None,
    prune: bool = False,
    observer: Observer | None = None,
    report: BuildReport | None = None,
) -> BuildReport:
    """Build files and folders, on this machine or by URL (see `ingest.remote`), into a graph.

    Documents that are there in the same form cost nothing, changed ones are replaced. Rows that
    are gone from a file of many documents are retracted; files that are gone only with
    ``prune``, which deletes what was built from files at or below ``paths`` that no longer
    exist. ``observer`` is called, from this thread, with the report so far. ``report`` is
    filled in place where one is given: after an interruption it tells what was done.

    A document that fails is in the report, and the others are built. Raises InputError for a
    path that does not exist, SettingsError, SchemaError, ExtractorError, and StoreError where
    the store cannot be used.
    """
    settings = settings or load_settings()
    given = [paths] if isinstance(paths, (str, PathLike)) else list(paths)
    urls = [str(path) for path in given if is_url(path)]
    if urls and prune:
        raise InputError(f"--prune is for files on this machine, not for {urls[0]}")
    places = [Path(path) for path in given if not is_url(path)]
    present = [place for place in places if place.exists()]
    if len(present) < len(places) and not prune:
        missing = next(place for place in places if place not in present)
        raise InputError(f"There is no file or folder {missing}")
    types = schema_of(schema, settings)
    with (
        _extractor(extractor, settings) as model,
        writable(store, types, settings) as target,
    ):
        done = _run(
            chain(
                _read(present, model, settings),
                fetch(urls, settings.ingest),
            ),
            target,
            types,
            model,
            settings,
            report,
            observer,
        )
        if prune:
            done.retracted += sum(target.delete(source) for source in _gone(target, places))
    return done


def bulk_load(
    paths: Path_ | Sequence[Path_],
    folder: Path_,
    *,
    schema: SchemaLike | None = None,
    extractor: ExtractorLike | None = None,
    settings: Settings | None = None,
    prune: bool = False,
    observer: Observer | None = None,
    report: BuildReport | None = None,
) -> tuple[BuildReport, BulkStats]:
    """Build ``paths`` into files that Neo4j's import tool loads, for a first very large load.

    The documents are gathered in ``folder`` and can be built again, as in a store: only what
    changed costs anything. ``folder/import`` holds the files (`graph.bulk.write_import`). Once
    they are imported, `build` goes on with the graph in Neo4j. Otherwise as `build`.
    """
    settings = settings or load_settings()
    types = schema_of(schema, settings)
    with Gathering(Path(folder), types) as gathering:
        done = build(
            paths,
            store=gathering,
            schema=types,
            extractor=extractor,
            settings=settings,
            prune=prune,
            observer=observer,
            report=report,
        )
        target = gathering.folder / "import"
        if settings.ray is None:
            return done, write_import(gathering, target)
        return done, write_import(
            gathering, target, partial(clusters_on_cluster, address=settings.ray)
        )


def build_documents(
    documents: Iterable[Document | Failure],
    *,
    store: StoreLike | None = None,
    schema: SchemaLike | None = None,
    extractor: ExtractorLike | None = None,
    settings: Settings | None = None,
    observer: Observer | None = None,
    report: BuildReport | None = None,
) -> BuildReport:
    """Build documents that are there already, such as uploads; otherwise as `build`.

    Those of one source must follow each other.
    """
    settings = settings or load_settings()
    types = schema_of(schema, settings)
    with (
        _extractor(extractor, settings) as model,
        writable(store, types, settings) as target,
    ):
        return _run(documents, target, types, model, settings, report, observer)


@contextmanager
def _extractor(given: ExtractorLike | None, settings: Settings) -> Iterator[Extractor]:
    """The extractor of a build; actors of a cluster that were made for it end with it."""
    model = extractor_of(given, settings, pronouns=True)
    try:
        yield model
    finally:
        if isinstance(model, ClusterExtractor) and model is not given:
            model.close()


def _read(places: Sequence[Path], extractor: Extractor, settings: Settings) -> Iterator[Read]:
    """The documents of files and folders, read by the cluster where there is one."""
    exclude = store_folders(settings.store)
    if isinstance(extractor, ClusterExtractor):
        return read_on_cluster(places, settings.ingest, exclude, extractor, settings.chunk_tokens)
    return walk(places, settings.ingest, exclude=exclude)


def _run(
    items: Iterable[Read],
    store: GraphStore,
    schema: Schema,
    extractor: Extractor,
    settings: Settings,
    report: BuildReport | None,
    observer: Observer | None,
) -> BuildReport:
    with annotator(extractor, schema, settings) as annotate:
        fingerprint = pipeline_fingerprint(
            extractor, schema, settings.chunk_tokens, settings.min_confidence
        )
        pipeline = Pipeline(
            store,
            annotate,
            fingerprint,
            settings.chunk_tokens,
            settings.min_confidence,
            report=report,
            observer=observer,
        )
        return pipeline.run(items)


def count_files(paths: Sequence[Path_]) -> int:
    """How many files a build of ``paths`` reads."""
    return sum(
        not isinstance(found, Failure)
        for found in files(path for path in paths if not is_url(path))
    )


def _gone(store: GraphStore, places: Sequence[Path]) -> list[str]:
    """The sources at or below ``places`` whose file is no longer there."""
    gone: list[str] = []
    for place in places:
        uri = file_uri(place)
        found = {document.source for document in store.each_document(uri)}
        below = store.each_document(f"{uri.rstrip('/')}/", prefix=True)
        found.update(document.source for document in below)
        gone += sorted(source for source in found if not file_of(source).exists())
    return list(dict.fromkeys(gone))


def file_of(uri: str) -> Path:
    """The file of a source URI."""
    # Not url2pathname: names that are not UTF-8 would not survive it.
    return Path(os.fsdecode(unquote_to_bytes(urlsplit(uri).path)))
