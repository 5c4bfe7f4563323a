"""What the span model's training gives for data sets that it leaves out, as a Markdown table.

    python benchmarks/leave_out.py --data ../shared/data --initial runs/aligned --made runs/made \
        --out runs/leave-out

The bundled model has learned from every open set that is scored (`model.span.devsets.SETS`), so
what it makes of their dev parts says nothing about schemas that it meets for the first time. Here
the same recipe (``configs/train/span-universal.yaml``) trains four networks, each from the aligned
encoder with heads that know nothing: two of them without one half of these sets each, one without
any Chinese text, and one with all. Each is exported and its thresholds chosen on the sets that it
did learn from and the held-out topics; then it is scored on all. A set's score by the network that
never saw it stands beside its score by the one that did.

Training takes far fewer steps than the bundled model's, so it is the difference that counts. A run
that was stopped goes on where it was; ``--network`` makes one of the four alone, to share the work
among processes. What some records of a left-out set then teach: ``benchmarks/adapting.py --init``.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from model.scoring import TOTALLED, score_extractor
from model.span.devsets import SETS, dev_part, held_out_topics
from model.span.export import export
from model.span.extractor import SpanExtractor
from model.span.training import PASSAGES, TrainConfig, train
from model.span.tuning import Tuning

#: What each network leaves out. Each half has sets of either language and of every layer.
LEFT_OUT: dict[str, tuple[str, ...]] = {
    "first": ("conll04", "knowledgenet", "litbank", "phee", "wnut17", "uner_zh"),
    "second": ("scierc", "redocred", "gum", "geneva", "uner_en", "finre", "fewfc"),
    "chinese": ("uner_zh", "finre", "fewfc"),
    "none": (),
}
HALVES = ("first", "second")
TUNING_RECORDS = 15
SCORES_FILE = "scores.json"

Scores = dict[str, dict[str, float]]
"""F1 by layer, by set."""


def recipe(network: str, steps: int) -> TrainConfig:
    """The last stage's recipe, short, for heads from nothing, without what a network leaves out."""
    left_out = LEFT_OUT[network]
    config = TrainConfig.load(PASSAGES / "span-universal.yaml")
    return replace(
        config,
        sets={name: share for name, share in config.sets.items() if name not in left_out},
        languages=("en",) if network == "chinese" else None,
        steps=steps,
        encoder_learning_rate=1e-4,
        head_learning_rate=5e-4,
    )


def made(name: str, arguments: argparse.Namespace) -> Scores:
    """Trains, exports, tunes and scores a network, as far as that is not done yet."""
    out = arguments.out / name
    finished = out / SCORES_FILE
    if finished.exists():
        return json.loads(finished.read_text("utf-8"))  # type: ignore[no-any-return]
    config = recipe(name, arguments.steps)
    train(config, arguments.data, arguments.initial, out / "network", made=arguments.made)
    model = out / "model"
    export(out / "network", model, data=arguments.data)
    seen = [other for other in SETS if other not in LEFT_OUT[name]]
    Tuning(model, arguments.data, seen, TUNING_RECORDS).write()
    scores = scored(SpanExtractor(model), arguments.data, arguments.records)
    finished.write_text(json.dumps(scores, indent=1) + "\n", "utf-8")
    return scores


def scored(extractor: SpanExtractor, data: Path, records: int | None) -> Scores:
    """Strict micro-F1 of every dev part and held-out topic."""
    parts = {name: dev_part(data, name, records) for name in SETS}
    parts |= {name: (schema, given) for name, schema, given in held_out_topics()}
    result = {}
    for name, (schema, given) in parts.items():
        layers = score_extractor(extractor, given, schema).layers
        result[name] = {layer: layers[layer].total.f1 for layer in TOTALLED if layer in layers}
    return result


def table(scores: dict[str, Scores], networks: Sequence[str]) -> str:
    """Each set by the one of ``networks`` that left it out and, in parentheses, by that of all."""
    lines = [f"| set | {' | '.join(TOTALLED)} |", f"|---{'|---' * len(TOTALLED)}|"]
    for network in networks:
        for name in LEFT_OUT[network]:
            without, everything = scores[network][name], scores["none"][name]
            cells = [
                f"{100 * without[layer]:.1f} ({100 * everything[layer]:.1f})"
                if layer in without
                else "-"
                for layer in TOTALLED
            ]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--initial", type=Path, required=True, help="folder of the encoder")
    parser.add_argument("--made", type=Path, required=True, help="sets of model.span.definitions")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1400)
    parser.add_argument("--records", type=int, help="of each dev part, at most")
    parser.add_argument("--network", choices=LEFT_OUT, help="only this one, and no table")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if arguments.network:
        made(arguments.network, arguments)
    else:
        scores = {name: made(name, arguments) for name in LEFT_OUT}
        print(f"Half of the sets left out\n\n{table(scores, HALVES)}\n")
        print(f"No Chinese text to learn from\n\n{table(scores, ['chinese'])}")


if __name__ == "__main__":
    main()
