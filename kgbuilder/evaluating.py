"""Scoring annotations against gold records."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from kgbuilder.parts import ExtractorLike, SchemaLike, annotator, extractor_of, schema_of
from kgbuilder.settings import Settings, load_settings
from model.records import Record, read_records
from model.schema import Schema
from model.scoring import Scorer, Scores, score_files

GROUP_RECORDS = 64
#: The schema that a data set brings with it, beside its files.
SCHEMA_FILE = "schema.json"


def evaluate(
    gold: str | Path,
    predicted: str | Path | None = None,
    *,
    schema: SchemaLike | None = None,
    extractor: ExtractorLike | None = None,
    settings: Settings | None = None,
) -> Scores:
    """Strict micro-F1 of each layer that ``gold`` annotates, see ``model.scoring``.

    ``predicted`` is a file of ``extract``; without it, the extractor annotates the gold texts
    now. Without ``schema``, the ``schema.json`` beside ``gold`` is taken if there is one. Raises
    RecordError and ScoringError, and what the extractor raises.
    """
    settings = settings or load_settings()
    types = _schema(schema, Path(gold), settings)
    if predicted is not None:
        return score_files(gold, predicted, types)
    scorer = Scorer(types)
    with annotator(extractor_of(extractor, settings), types, settings) as annotate:
        for group in _groups(read_records(gold)):
            outcomes = annotate.annotate([record.text for record in group])
            for record in group:
                outcome = outcomes[record.text]
                if isinstance(outcome, Exception):
                    raise outcome
                scorer.add(record, outcome)
    return scorer.result()


def _schema(given: SchemaLike | None, gold: Path, settings: Settings) -> Schema:
    beside = gold.parent / SCHEMA_FILE
    if given is None and beside.is_file():
        given = beside
    return schema_of(given, settings)


def _groups(records: Iterator[Record]) -> Iterator[list[Record]]:
    while group := list(islice(records, GROUP_RECORDS)):
        yield group
