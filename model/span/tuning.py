"""Chooses the thresholds of decoding, layer by layer, on dev parts.

    python -m model.span.tuning model/bundled --data ../shared/data

Each threshold is the one with the best mean F1 over the data sets that have the layer (half of the
weight) and the held-out topics of each language (a quarter each, ``model.span.devsets``): what a
set taught scores higher than what a schema asks for the first time, so either alone would mislead.
They are chosen in the order in which decoding applies them; the encoder reads each text once. Then
the scores are calibrated.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from model.records import Record
from model.schema import Schema
from model.scoring import Scores, score_extractor
from model.span.calibration import fitted_curves, judged
from model.span.decode import Floats
from model.span.devsets import SETS, dev_part, held_out_topics
from model.span.extractor import SpanExtractor
from model.span.settings import DECODING_FILE, Decoding
from model.span.tokenizer import Tokens

logger = logging.getLogger(__name__)

GRID = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
# (threshold, layer whose F1 decides); coreference is judged by B-cubed.
ORDER = (
    ("entity", "entities"),
    ("cut", "entities"),
    ("specific", "entities"),
    ("nested", "entities"),
    ("relation", "relations"),
    ("trigger", "triggers"),
    ("argument", "arguments"),
    ("role", "arguments"),
    ("coreference", "b_cubed"),
)


class Tuning:
    """Dev records of some sets, scored again and again with other thresholds.

    With ``topics``, the held-out topics are scored too; those of a language weigh as much as half
    of the sets that have the layer.
    """

    def __init__(
        self, folder: Path, data: Path, sets: Sequence[str], records: int, topics: bool = True
    ) -> None:
        self.chosen = folder / DECODING_FILE
        self.extractor = SpanExtractor(folder, decoding=Decoding(window=160))
        self._remember_hidden()
        self.sets: dict[str, tuple[Schema, list[Record]]] = {}
        self.topics: dict[str, str] = {}  # name and language
        for name in sets:
            self.sets[name] = dev_part(data, name, records)
        for language in ("en", "zh") if topics else ():
            for name, schema, of_topic in held_out_topics(language):
                self.sets[name] = schema, of_topic
                self.topics[name] = language

    def _remember_hidden(self) -> None:
        compute = self.extractor.runtime.hidden
        known: dict[bytes, Floats] = {}

        def hidden(tokens: Tokens) -> Floats:
            key = tokens.ids.tobytes() + tokens.classes.tobytes()
            if key not in known:
                known[key] = compute(tokens)
            return known[key]

        self.extractor.runtime.hidden = hidden  # type: ignore[method-assign]

    def calibrate(self, decoding: Decoding) -> Decoding:
        """Curves from score to confidence, fitted on all sets together; logs how far off."""
        self.extractor.decoding = replace(decoding, calibration={})
        judgements = [
            judgement
            for schema, records in self.sets.values()
            for record, found in zip(
                records,
                self.extractor.extract([r.text for r in records], schema),
                strict=True,
            )
            for judgement in judged(record, found)
        ]
        curves = {}
        for layer, (curve, before, after) in fitted_curves(judgements).items():
            curves[layer] = (curve.slope, curve.intercept)
            logger.info("%s: calibration error %.3f, calibrated %.3f", layer, before, after)
        return replace(decoding, calibration=curves)

    def score(self, decoding: Decoding, layer: str | None = None) -> dict[str, Scores]:
        """The scores of each set that has ``layer``."""
        self.extractor.decoding = decoding
        result = {}
        for name, (schema, records) in self.sets.items():
            if layer and not self._has(records, layer):
                continue
            result[name] = score_extractor(self.extractor, records, schema)
        return result

    def mean(self, scores: Mapping[str, Scores], layer: str) -> float:
        """Mean F1 of a layer: of sets, and with the weight of half of them topics by language."""
        groups: dict[str, list[float]] = {}
        for name, result in scores.items():
            groups.setdefault(self.topics.get(name, "sets"), []).append(f1(result, layer))
        weights = {group: 2.0 if group == "sets" else 1.0 for group in groups}
        means = {group: sum(values) / len(values) for group, values in groups.items()}
        return sum(weights[g] * means[g] for g in groups) / sum(weights.values())

    @staticmethod
    def _has(records: list[Record], layer: str) -> bool:
        name = {"triggers": "events", "arguments": "events", "b_cubed": "clusters"}.get(
            layer, layer
        )
        return any(name in record.layers for record in records)

    def tune(self, decoding: Decoding) -> Decoding:
        for threshold, layer in ORDER:
            best = (-1.0, 0.0)
            for value in GRID:
                trial = replace(decoding, **{threshold: value})  # type: ignore[arg-type]
                best = max(best, (self.mean(self.score(trial, layer), layer), value))
            logger.info("%s %.2f: mean F1 %.4f of %s", threshold, best[1], best[0], layer)
            decoding = replace(decoding, **{threshold: best[1]})  # type: ignore[arg-type]
        return decoding

    def write(self, keep: bool = False) -> Decoding:
        """Chooses thresholds, or keeps those that are there, calibrates, and writes the file."""
        thresholds = Decoding.load(self.chosen) if keep else self.tune(Decoding())
        decoding = self.calibrate(thresholds)
        decoding.save(self.chosen)
        return decoding


def f1(scores: Scores, layer: str) -> float:
    """F1 of a layer, or B-cubed F1 of coreference; 0 where it was not scored."""
    if layer == "b_cubed":
        return scores.coreference["b_cubed"].f1 if scores.coreference else 0.0
    return scores.layers[layer].total.f1 if layer in scores.layers else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--records", type=int, default=150, help="of each dev part, at most")
    parser.add_argument("--keep", action="store_true", help="the thresholds; only calibrate")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    tuning = Tuning(arguments.model, arguments.data, arguments.sets, arguments.records)
    for name, scores in tuning.score(tuning.write(arguments.keep)).items():
        values = {layer: round(s.total.f1, 3) for layer, s in scores.layers.items()}
        logger.info("%s %s", name, values)


if __name__ == "__main__":
    main()
