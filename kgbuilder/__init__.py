"""kgbuilder turns English and Chinese documents into a knowledge graph.

    import kgbuilder

    report = kgbuilder.build("docs/", store="embedded:graph.kg", schema="general")
    rows = kgbuilder.query("MATCH (e:Entity) RETURN e.name AS name LIMIT 5")

Everything public is imported from here, and only when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from kgbuilder.siblings import check_siblings

check_siblings()

if TYPE_CHECKING:
    from kgbuilder.building import build, bulk_load
    from kgbuilder.errors import KGBuilderError
    from kgbuilder.evaluating import evaluate
    from kgbuilder.extracting import extract
    from kgbuilder.extractors import load_extractor
    from kgbuilder.graphs import delete, export, open_store, query, stats
    from kgbuilder.report import BuildReport
    from kgbuilder.settings import Settings, load_settings
    from model.schema_loader import load_schema

_HOME = {
    "BuildReport": "kgbuilder.report",
    "KGBuilderError": "kgbuilder.errors",
    "Settings": "kgbuilder.settings",
    "build": "kgbuilder.building",
    "bulk_load": "kgbuilder.building",
    "delete": "kgbuilder.graphs",
    "evaluate": "kgbuilder.evaluating",
    "export": "kgbuilder.graphs",
    "extract": "kgbuilder.extracting",
    "load_extractor": "kgbuilder.extractors",
    "load_schema": "model.schema_loader",
    "load_settings": "kgbuilder.settings",
    "open_store": "kgbuilder.graphs",
    "query": "kgbuilder.graphs",
    "stats": "kgbuilder.graphs",
}

__all__ = [
    "BuildReport",
    "KGBuilderError",
    "Settings",
    "__version__",
    "build",
    "bulk_load",
    "delete",
    "evaluate",
    "export",
    "extract",
    "load_extractor",
    "load_schema",
    "load_settings",
    "open_store",
    "query",
    "stats",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("kgbuilder")
        except PackageNotFoundError:  # a source tree that was never installed
            return "0+unknown"
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
