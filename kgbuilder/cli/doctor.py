"""``kgbuilder doctor``."""

from __future__ import annotations

import os
import platform
import re
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from time import perf_counter
from typing import TYPE_CHECKING

import typer

from kgbuilder.cli import options
from kgbuilder.cli.output import Format

if TYPE_CHECKING:
    from kgbuilder.settings import Settings

NAME = "doctor"
TRIAL = "Ada Lovelace was born in London on 10 December 1815. 艾达出生于伦敦。"

Check = Callable[["Settings"], str]


def command(
    store: options.Store = None,
    schema: options.Schema = None,
    extractor: options.Extractor = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Check that all that kgbuilder needs is there and works."""
    from kgbuilder.cli import console
    from kgbuilder.cli.output import write_rows

    console.set_up(debug)
    settings = options.settings(config, store=store, schema=schema, extractor=extractor)
    rows = list(_rows(settings))
    write_rows(["check", "state", "detail"], rows, Format.TABLE)
    if any(row["state"] != "ok" for row in rows):
        raise typer.Exit(2)


def _rows(settings: Settings) -> Iterator[dict[str, str]]:
    from kgbuilder.cli.main import describe

    for name, check in CHECKS.items():
        try:
            yield {"check": name, "state": "ok", "detail": check(settings)}
        except Exception as error:
            yield {"check": name, "state": "FAILED", "detail": describe(error)}


def _system(settings: Settings) -> str:
    import psutil

    memory = psutil.virtual_memory().total / 2**30
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()},"
        f" {os.cpu_count()} cores, {memory:.0f} GiB"
    )


def _packages(settings: Settings) -> str:
    required: list[str] = []
    optional: list[str] = []
    for requirement in requires("kgbuilder") or ():
        found = re.match(r"[\w.-]+", requirement)
        assert found is not None
        (optional if "extra ==" in requirement else required).append(found.group())
    missing = [name for name in required if not _version(name)]
    if missing:
        raise RuntimeError(f"not installed: {', '.join(missing)}; reinstall kgbuilder")
    there = [f"{name} {_version(name)}" for name in ("torch", "spacy", "streamlit", "ray")]
    extras = ", ".join(item for item in there if not item.endswith(" None"))
    return (
        f"kgbuilder {_version('kgbuilder')}, {len(required)} packages; extras: {extras or 'none'}"
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _schema(settings: Settings) -> str:
    from kgbuilder.parts import schema_of

    schema = schema_of(None, settings)
    return (
        f"{settings.schema}: {len(schema.entities)} entity, {len(schema.relations)} relation and"
        f" {len(schema.events)} event types"
    )


def _extractor(settings: Settings) -> str:
    from kgbuilder.parts import extractor_of, schema_of

    start = perf_counter()
    extractor = extractor_of(None, settings)
    loaded = perf_counter()
    (annotation,) = extractor.extract([TRIAL], schema_of(None, settings))
    done = perf_counter()
    return (
        f"{settings.extractor}: loaded in {loaded - start:.1f} s, found"
        f" {len(annotation.mentions)} mentions in a trial sentence in {done - loaded:.2f} s"
    )


def _store(settings: Settings) -> str:
    from kgbuilder.graphs import open_store, stats, store_folders

    if all(folder.is_dir() for folder in store_folders(settings.store)):
        with open_store(settings=settings) as store:
            counts = {row["kind"]: row["count"] for row in stats(store=store)}
            return f"{settings.store}: {store.product}, {counts['documents']:,} documents"
    with (
        tempfile.TemporaryDirectory() as trial,
        open_store(
            f"{settings.store.partition(':')[0]}:{trial}/graph", write=True, settings=settings
        ) as store,
    ):
        return f"{settings.store}: nothing there yet; {store.product} starts"


def _cache(settings: Settings) -> str:
    from kgbuilder.cache import FILE_NAME
    from kgbuilder.parts import cache_folder

    if not settings.cache.enabled:
        return "switched off"
    path = cache_folder(settings) / FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"cannot write to {path.parent}; set cache.folder")
    size = path.stat().st_size if path.exists() else 0
    return f"{path}: {size / 2**20:.1f} of {settings.cache.max_bytes / 2**20:.0f} MiB"


CHECKS: dict[str, Check] = {
    "system": _system,
    "packages": _packages,
    "schema": _schema,
    "extractor": _extractor,
    "store": _store,
    "cache": _cache,
}
