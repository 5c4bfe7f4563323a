"""Strict micro-F1 of an extractor on the dev parts of public data sets, as a Markdown table.

    python benchmarks/extraction_scores.py --data ../shared/data
    python benchmarks/extraction_scores.py --data ../shared/data --extractor runs/span-onnx gum

The data come in the format of ``kgbuilder eval`` (see ``docs/``), one folder a set with
``dev.jsonl.xz`` and ``schema.json``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from time import perf_counter

from kgbuilder.extractors import load_extractor
from model.records import read_records
from model.schema_loader import load_schema
from model.scoring import Scorer, Scores
from model.span.tuning import SETS

LAYERS = ("entities", "relations", "triggers", "arguments")
BATCH = 64


def evaluate(extractor_name: str, folder: Path) -> tuple[Scores, float, int]:
    """Scores, seconds and characters of one dev part."""
    extractor = load_extractor(extractor_name)
    schema = load_schema(folder / "schema.json")
    records = list(read_records(folder / "dev.jsonl.xz"))
    scorer = Scorer(schema)
    start = perf_counter()
    for first in range(0, len(records), BATCH):
        group = records[first : first + BATCH]
        found = extractor.extract([record.text for record in group], schema)
        for record, annotation in zip(group, found, strict=True):
            scorer.add(record, annotation)
    return scorer.result(), perf_counter() - start, sum(len(r.text) for r in records)


def row(name: str, scores: Scores) -> str:
    cells = [
        f"{100 * scores.layers[layer].total.f1:.1f}" if layer in scores.layers else "-"
        for layer in LAYERS
    ]
    coreference = f"{100 * scores.coreference['b_cubed'].f1:.1f}" if scores.coreference else "-"
    return f"| {name} | {' | '.join(cells)} | {coreference} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=SETS)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--extractor", default="span")
    parser.add_argument("--json", type=Path, help="write all scores here too")
    arguments = parser.parse_args()
    print("| set | entities | relations | triggers | arguments | coreference (B-cubed) |")
    print("|---|---|---|---|---|---|")
    everything, seconds, characters = {}, 0.0, 0
    for name in arguments.sets:
        scores, took, size = evaluate(arguments.extractor, arguments.data / "ie" / name)
        everything[name] = scores.to_json()
        seconds += took
        characters += size
        print(row(name, scores), flush=True)
    print(f"\n{characters} characters in {seconds:.1f} s: {characters / seconds:.0f} a second")
    if arguments.json:
        arguments.json.write_text(json.dumps(everything, ensure_ascii=False, indent=2), "utf-8")


if __name__ == "__main__":
    main()
