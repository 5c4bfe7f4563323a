"""Annotating texts without a graph."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, overload

from graph.export.output import binary_output
from kgbuilder.errors import InputError
from kgbuilder.jsonl import ExtractReport, Observer, annotate_lines
from kgbuilder.parts import ExtractorLike, SchemaLike, annotator, extractor_of, schema_of
from kgbuilder.settings import Settings, load_settings
from model.annotations import Annotation


@overload
def extract(  # type: ignore[overload-overlap]  # a str is an Iterable[str] too
    texts: str,
    *,
    schema: SchemaLike | None = None,
    extractor: ExtractorLike | None = None,
    settings: Settings | None = None,
) -> Annotation: ...


@overload
def extract(
    texts: Iterable[str],
    *,
    schema: SchemaLike | None = None,
    extractor: ExtractorLike | None = None,
    settings: Settings | None = None,
) -> list[Annotation]: ...


def extract(
    texts: str | Iterable[str],
    *,
    schema: SchemaLike | None = None,
    extractor: ExtractorLike | None = None,
    settings: Settings | None = None,
) -> Annotation | list[Annotation]:
    """Annotate one text, or several: one Annotation a text, offsets into it.

    Raises what the extractor raised for the first text that it failed on, and SettingsError,
    SchemaError, ExtractorError.
    """
    settings = settings or load_settings()
    several = [texts] if isinstance(texts, str) else list(texts)
    types = schema_of(schema, settings)
    with annotator(extractor_of(extractor, settings), types, settings) as annotate:
        outcomes = annotate.annotate(several)
    annotations = []
    for text in several:
        outcome = outcomes[text]
        if isinstance(outcome, Exception):
            raise outcome
        annotations.append(outcome)
    return annotations[0] if isinstance(texts, str) else annotations


def extract_file(
    source: str | Path,
    target: str | Path,
    *,
    schema: SchemaLike | None = None,
    extractor: ExtractorLike | None = None,
    settings: Settings | None = None,
    observer: Observer | None = None,
) -> ExtractReport:
    """Annotate the records of a JSON-lines file into another; ``"-"`` is a standard stream.

    The output appears when it is complete, except on standard output. ``observer`` is called
    with the report so far. See ``kgbuilder.jsonl.annotate_lines``. Raises InputError where
    ``source`` cannot be opened.
    """
    settings = settings or load_settings()
    types = schema_of(schema, settings)
    model = extractor_of(extractor, settings)
    with (
        _input(source) as lines,
        binary_output(target) as output,
        annotator(model, types, settings) as annotate,
    ):
        name = "standard input" if source == "-" else str(source)
        return annotate_lines(lines, output, annotate, name, observer)


def _input(source: str | Path) -> IO[bytes]:
    if source == "-":
        return sys.stdin.buffer
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise InputError(f"Cannot read {source}: {error.strerror or error}") from error
