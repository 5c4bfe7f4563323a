"""The public functions. Use them as ``kgbuilder.build`` and so on.

Everywhere, ``store`` is a URL or an open Store, ``schema`` a name, a file or a Schema,
``extractor`` a name or an object of the Extractor protocol; what is not given comes from
``settings``, and these by default from the settings' layers (``kgbuilder.settings``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from graph.store import Store
from graph.store import open_store as open_url
from ingest.walk import walk
from kgbuilder.annotator import Annotator
from kgbuilder.cache import AnnotationCache
from kgbuilder.errors import InputError
from kgbuilder.extractors import load_extractor
from kgbuilder.fingerprint import answer_fingerprint, pipeline_fingerprint
from kgbuilder.jsonl import ExtractReport, annotate_lines
from kgbuilder.pipeline import Observer, Pipeline
from kgbuilder.report import BuildReport
from kgbuilder.settings import Settings, load_settings
from model.annotations import Annotation
from model.extractor import Extractor
from model.schema import Schema
from model.schema_loader import load_schema

__all__ = [
    "build",
    "delete",
    "export",
    "extract",
    "extract_file",
    "load_extractor",
    "load_schema",
    "open_store",
    "query",
    "stats",
]

logger = logging.getLogger(__name__)

PathOrPaths = str | PathLike[str] | Sequence[str | PathLike[str]]


def build(
    paths: PathOrPaths,
    *,
    store: str | Store | None = None,
    schema: str | Path | Schema | None = None,
    extractor: str | Extractor | None = None,
    settings: Settings | None = None,
    prune: bool = False,
    observer: Observer | None = None,
) -> BuildReport:
    """Build files and folders into a graph.

    Documents that are there in the same form cost nothing; changed ones are replaced. Rows that
    are gone from a file of many documents are retracted; files that are gone only with
    ``prune``, which deletes every document whose file lay below ``paths``. ``observer`` is
    called with the report so far, from this thread.

    A document that fails is in the report and the others are built. Raises InputError for a path
    that does not exist, SettingsError, SchemaError, ExtractorError, and StoreError where the
    store cannot be used.
    """
    settings = settings or load_settings()
    places = _existing(paths, prune)
    types = _schema(schema, settings)
    model = _extractor(extractor, settings)
    with _store(store, settings, writer=True) as target, _cache(model, types, settings) as cache:
        pipeline = Pipeline(
            target,
            Annotator(model, types, cache, settings.batch),
            pipeline_fingerprint(model, types, settings.chunk_tokens),
            settings.chunk_tokens,
            observer,
        )
        target.prepare(types)
        report = pipeline.run(walk(places, settings.ingest))
        if prune:
            report.retracted += _prune(target, places)
    return report
