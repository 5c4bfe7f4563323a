"""Makes the parts of a run - schema, extractor, annotator - from arguments or settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kgbuilder.annotator import Annotator
from kgbuilder.cache import AnnotationCache
from kgbuilder.extractors import load_extractor
from kgbuilder.fingerprint import answer_fingerprint
from kgbuilder.settings import Settings
from model.extractor import Extractor
from model.schema import Schema
from model.schema_loader import load_schema

SchemaLike = str | Path | Schema
ExtractorLike = str | Path | Extractor


def schema_of(given: SchemaLike | None, settings: Settings) -> Schema:
    """The schema given, by name, file or itself; else that of the settings."""
    if isinstance(given, Schema):
        return given
    return load_schema(settings.schema if given is None else given)


def extractor_of(
    given: ExtractorLike | None, settings: Settings, *, pronouns: bool = False
) -> Extractor:
    """The extractor given, by name, folder or itself; else that of the settings.

    A graph gains by ``pronouns``, whose facts it gives to the entity they refer to; annotated
    records that others score do not.
    """
    if given is None or isinstance(given, (str, Path)):
        cache = cache_folder(settings) if settings.cache.enabled else None
        name = str(given or settings.extractor)
        if settings.ray is not None:
            from kgbuilder.cluster import ClusterExtractor

            return ClusterExtractor(name, settings.ray, pronouns=pronouns)
        return load_extractor(name, pronouns=pronouns, cache_folder=cache)
    return given


@contextmanager
def annotator(extractor: Extractor, schema: Schema, settings: Settings) -> Iterator[Annotator]:
    """The extractor with its cache, where the settings want one."""
    batch = settings.batch * getattr(extractor, "workers", 1)  # of a cluster
    if not settings.cache.enabled:
        yield Annotator(extractor, schema, None, batch)
        return
    folder = cache_folder(settings)
    fingerprint = answer_fingerprint(extractor, schema)
    with AnnotationCache(folder, fingerprint, settings.cache.max_bytes) as cache:
        yield Annotator(extractor, schema, cache, batch)


def cache_folder(settings: Settings) -> Path:
    """Where the cache is kept."""
    if settings.cache.folder is not None:
        return settings.cache.folder.expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("kgbuilder", appauthor=False)
