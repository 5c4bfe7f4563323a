"""What the span model is scored on: dev parts of data sets, and passages of topics held out.

Three groups: sets whose train part the model has learned from (``SETS``), sets it has never seen,
with schemas of their own (``UNSEEN_SETS``: their licences bar them from training), and held-out
topics (``HELD_OUT``: files of passages, each with a schema that no training file has).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from model.records import Record, read_records, record_from_json
from model.schema import Schema
from model.schema_loader import load_schema
from model.span.passages import own_schema, read_passages

SETS = (
    "conll04",
    "scierc",
    "redocred",
    "knowledgenet",
    "gum",
    "litbank",
    "geneva",
    "phee",
    "wnut17",
    "uner_en",
    "uner_zh",
    "finre",
    "fewfc",
)
UNSEEN_SETS = (
    "casie",
    "cec",
    "chinese_literature",
    "cluener",
    "duee_fin",
    "duie",
    "peoples_daily",
    "resume_ner",
)
HELD_OUT = Path(__file__).parent.parent.parent / "configs" / "train" / "held_out"


def dev_part(data: Path, name: str, most: int | None = None) -> tuple[Schema, list[Record]]:
    """Schema and first ``most`` dev records of a data set."""
    folder = data / "ie" / name
    records = read_records(folder / "dev.jsonl.xz")
    return load_schema(folder / "schema.json"), list(islice(records, most))


def held_out_topics(language: str | None = None) -> Iterator[tuple[str, Schema, list[Record]]]:
    """Name, schema and records of each held-out topic, of one language or of both."""
    for path in sorted(HELD_OUT.glob(f"*-{language or '*'}.jsonl")):
        schema = own_schema(path)
        if schema is None:
            raise ValueError(f"{path} names no schema")
        records = [record_from_json(record, str(path)) for record in read_passages(path)]
        yield path.stem, schema, records
