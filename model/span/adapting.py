"""Teaches a trained span model a user's own schema from some dozens of examples.

The examples alone would make it forget the rest. So they are mixed with the passages from which it
learned to read schemas, which come with the package (``configs/train/varied`` and ``general``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from model.schema import Schema
from model.span.data import load_records
from model.span.extractor import BUNDLED
from model.span.network import SpanNetwork
from model.span.restoring import restore
from model.span.tokenizer import SpanTokenizer
from model.span.training import TrainConfig, fit, passage_groups

OWN = "own"  # the name of the user's data among the sets of a recipe
RECIPE = Path(__file__).parent.parent.parent / "configs" / "train" / "span-adapt.yaml"
FEWEST_STEPS, MOST_STEPS = 60, 600


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
