"""Extractors by name."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from kgbuilder.errors import ExtractorError
from model.extractor import Extractor

BUNDLED = "span"
GENERATIVE = ("hf:", "openai:", "generative:")
_FACTORY = re.compile(r"[\w.]+:\w+")


def load_extractor(
    name: str = BUNDLED,
    *,
    pronouns: bool = False,
    cache_folder: Path | None = None,
    threads: int = 0,
) -> Extractor:
    """The extractor called ``name``; ``pronouns`` asks it to make mentions of pronouns, too.

    ``"span"`` is the bundled model; the path of a folder loads the trained model in it; and
    ``"package.module:factory"`` calls a factory of yours without arguments. ``"hf:PATH"`` and
    ``"hf:PATH+ADAPTER"`` ask a local language model, ``"openai:MODEL@URL"`` one behind a server,
    whose answers are kept in ``cache_folder``; ``"generative:FILE"`` reads everything about such
    an extractor from a YAML file. Span models use ``threads`` threads (0: one a core). Raises
    ExtractorError.
    """
    if name.startswith(GENERATIVE):
        return _generative(name, cache_folder)
    if name != BUNDLED and Path(name).is_dir():
        return _span(Path(name), pronouns, threads)
    if name == BUNDLED:
        return _span(None, pronouns, threads)
    if _FACTORY.fullmatch(name):
        return _from_factory(name)
    raise ExtractorError(
        f"No extractor {name!r}: give {BUNDLED!r}, the folder of a trained model,"
        f" hf:PATH, openai:MODEL@URL, generative:FILE, or 'package.module:factory'"
    )


def _span(folder: Path | None, pronouns: bool, threads: int) -> Extractor:
    from model.span.extractor import SpanExtractor

    try:
        if folder is None:
            return SpanExtractor.bundled(threads=threads, pronouns=pronouns)
        return SpanExtractor.load(folder, threads=threads, pronouns=pronouns)
    except (OSError, ValueError, KeyError) as error:
        place = "the bundled model" if folder is None else f"the model in {folder}"
        raise ExtractorError(f"Cannot load {place}: {error}") from error


def _generative(name: str, cache_folder: Path | None) -> Extractor:
    from model.generative.loading import load_generative

    try:
        return load_generative(name, cache_folder)
    except (OSError, ValueError, RuntimeError) as error:
        raise ExtractorError(f"Cannot load the extractor {name!r}: {error}") from error


def _from_factory(name: str) -> Extractor:
    module_name, _, attribute = name.partition(":")
    try:
        factory = getattr(import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise ExtractorError(f"Cannot import the extractor {name!r}: {error}") from error
    extractor: Extractor = factory()
    missing = [
        part for part in ("fingerprint", "token_spans", "extract") if not hasattr(extractor, part)
    ]
    if missing:
        raise ExtractorError(f"The extractor {name!r} has no {' and no '.join(missing)}")
    return extractor
