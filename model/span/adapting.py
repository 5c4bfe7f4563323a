"""Teaches a trained span model a user's own schema from some dozens of examples.

The examples alone would make it forget the rest. So they are mixed with the passages from which it
learned to read schemas, which come with the package (``configs/train/varied`` and ``general``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from model.records import read_records
from model.schema import EntityType, EventType, RelationType, Role, Schema
from model.span.data import load_records
from model.span.export import export
from model.span.extractor import BUNDLED
from model.span.network import SpanNetwork
from model.span.restoring import restore
from model.span.settings import DECODING_FILE
from model.span.tokenizer import SpanTokenizer
from model.span.training import TrainConfig, fit, passage_groups

OWN = "own"  # the name of the user's data among the sets of a recipe
RECIPE = Path(__file__).parent.parent.parent / "configs" / "train" / "span-adapt.yaml"
FEWEST_STEPS, MOST_STEPS = 60, 600
CALIBRATION_TEXTS = 100


def adapt(
    records: Sequence[Path],
    schema: Schema,
    out: Path,
    *,
    initial: Path = BUNDLED,
    config: TrainConfig | None = None,
) -> None:
    """Trains the model in ``initial`` (exported, or a run's folder) further; the run is ``out``.

    The recipe's ``steps`` are for 100 examples; more or fewer change them by the square root, for
    each is seen less often the more there are. Stopped, it goes on when called again.

    Raises:
        RecordError, ValueError: the records are broken, have types that the schema lacks, or
            there are none.
    """
    config = config or TrainConfig.load(RECIPE)
    tokenizer = SpanTokenizer.load(initial)
    own = load_records(records, OWN, schema, tokenizer, config.max_tokens)
    if not own.examples:
        raise ValueError("there are no records to learn from")
    steps = round(config.steps * (len(own.examples) / 100) ** 0.5)
    config = replace(config, steps=min(MOST_STEPS, max(FEWEST_STEPS, steps)))
    trained = (initial / "model.safetensors").exists()
    network = SpanNetwork.load(initial) if trained else restore(initial)
    groups = [own, *passage_groups(config, tokenizer)]
    fit(network, tokenizer, groups, config, {}, out)


def export_adapted(
    run: Path, target: Path, records: Sequence[Path], *, initial: Path = BUNDLED
) -> None:
    """What the extractor runs, with the thresholds of the model that ``run`` started from."""
    texts = (record.text for path in records for record in read_records(path))
    thresholds = initial / DECODING_FILE
    export(
        run,
        target,
        texts=list(islice(texts, CALIBRATION_TEXTS)),
        decoding=thresholds if thresholds.exists() else None,
    )


def schema_of(records: Sequence[Path]) -> Schema:
    """The types that the records use, by their names alone."""
    entities: set[str] = set()
    relations: set[str] = set()
    events: dict[str, set[str]] = {}
    for path in records:
        for record in read_records(path):
            entities.update(m.type for m in record.annotation.mentions)
            relations.update(r.type for r in record.annotation.relations)
            for event in record.annotation.events:
                events.setdefault(event.type, set()).update(a.role for a in event.arguments)
    return Schema(
        name=OWN,
        entities=tuple(EntityType(name) for name in sorted(entities)),
        relations=tuple(RelationType(name) for name in sorted(relations)),
        events=tuple(
            EventType(name, roles=tuple(Role(role) for role in sorted(roles)))
            for name, roles in sorted(events.items())
        ),
    )
