"""Annotates JSON lines: records with ``id`` and ``text`` in, the same with layers out."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import IO, Any

from kgbuilder.annotator import Annotator
from model.annotations import Annotation
from model.records import LAYERS, RecordError, annotation_to_json, parse_record, record_from_json
from model.schema import Schema

logger = logging.getLogger(__name__)

GROUP_RECORDS = 256
GROUP_CHARACTERS = 100_000
#: Keys that describe the annotation that a record came with, which is replaced.
REPLACED = (*LAYERS, "partial", "no_relation", "relation_level")


@dataclass(slots=True)
class ExtractReport:
    """Counts of one run; a failed record is one that is not in the output."""

    records: int = 0
    bytes: int = 0
    """Read of the input."""
    characters: int = 0
    failed: int = 0
    seconds: float = 0.0


Observer = Callable[[ExtractReport], None]


def annotate_lines(
    lines: Iterable[bytes],
    output: IO[bytes],
    annotator: Annotator,
    source: str,
    observer: Observer | None = None,
) -> ExtractReport:
    """Annotate ``lines`` into ``output``, in their order; other keys of a record are kept.

    A line that is no record, or a text that the extractor fails on, is logged with its number
    and left out. Memory does not grow with the number of lines.
    """
    report = ExtractReport()
    start = perf_counter()
    layers = schema_layers(annotator.schema)
    for group in _groups(_records(lines, source, report)):
        outcomes = annotator.annotate([record["text"] for _, record in group])
        for where, record in group:
            outcome = outcomes[record["text"]]
            if isinstance(outcome, Annotation):
                record |= annotation_to_json(outcome, layers)
                output.write(_encode(record))
                report.records += 1
                report.characters += len(record["text"])
            else:
                logger.error("%s: %s: %s", where, type(outcome).__name__, outcome)
                report.failed += 1
        report.seconds = perf_counter() - start
        if observer is not None:
            observer(report)
    return report


def schema_layers(schema: Schema) -> list[str]:
    """The layers that an extractor annotates with this schema."""
    absent = {
        layer
        for layer, types in (("relations", schema.relations), ("events", schema.events))
        if not types
    }
    return [layer for layer in LAYERS if layer not in absent]


def _records(
    lines: Iterable[bytes], source: str, report: ExtractReport
) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(lines, start=1):
        report.bytes += len(line)
        if not line.strip():
            continue
        where = f"{source}, line {number}"
        try:
            yield where, _record(line, where)
        except RecordError as error:
            logger.error("%s", error)
            report.failed += 1


def _record(line: bytes, where: str) -> dict[str, Any]:
    try:
        data = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        parse_record(line, where)  # says what is wrong
        raise
    if isinstance(data, dict):
        data = {key: value for key, value in data.items() if key not in REPLACED}
    record_from_json(data, where)
    checked: dict[str, Any] = data
    return checked


def _groups(
    records: Iterable[tuple[str, dict[str, Any]]],
) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    group: list[tuple[str, dict[str, Any]]] = []
    characters = 0
    for item in records:
        group.append(item)
        characters += len(item[1]["text"])
        if len(group) >= GROUP_RECORDS or characters >= GROUP_CHARACTERS:
            yield group
            group, characters = [], 0
    if group:
        yield group


def _encode(record: dict[str, Any]) -> bytes:
    # A lone surrogate, which JSON can hold and UTF-8 cannot, is written as its JSON escape.
    text = json.dumps(record, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace") + b"\n"
