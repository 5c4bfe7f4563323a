"""Strict micro-F1 of an extractor on the dev parts of public data sets, as a Markdown table.

    python benchmarks/extraction_scores.py --data ../shared/data
    python benchmarks/extraction_scores.py --data ../shared/data --extractor runs/span-onnx gum
    python benchmarks/extraction_scores.py --data ../shared/data --unseen
    python benchmarks/extraction_scores.py --data ../shared/data --unseen --names-only

``--unseen`` scores what the bundled model has not learned from: data sets whose licence keeps them
out of training, and the topics held out, each with a schema of its own. ``--names-only`` takes the
descriptions out of the schemas, which shows what they are worth.

The data come in the format of ``kgbuilder eval`` (see ``docs/``), one folder a set with
``dev.jsonl.xz`` and ``schema.json``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from kgbuilder.extractors import load_extractor
from model.records import Record
from model.schema import Schema
from model.scoring import TOTALLED, Counts, Scores, score_extractor
from model.span.devsets import HELD_OUT, SETS, UNSEEN_SETS, dev_part, held_out_topics

Part = tuple[Schema, list[Record]]


def parts(
    data: Path, names: list[str], unseen: bool, most: int | None
) -> Iterator[tuple[str, Part]]:
    for name in names or (UNSEEN_SETS if unseen else SETS):
        yield name, dev_part(data, name, most)
    if unseen and not names:
        for name, schema, records in held_out_topics():
            yield name, (schema, records)


def names_only(schema: Schema) -> Schema:
    """``schema`` without descriptions."""
    return replace(
        schema,
        entities=tuple(replace(t, description="") for t in schema.entities),
        relations=tuple(replace(t, description="") for t in schema.relations),
        events=tuple(
            replace(t, description="", roles=tuple(replace(r, description="") for r in t.roles))
            for t in schema.events
        ),
    )


def row(name: str, scores: Scores) -> str:
    cells = [
        f"{100 * scores.layers[layer].total.f1:.1f}" if layer in scores.layers else "-"
        for layer in TOTALLED
    ]
    coreference = f"{100 * scores.coreference['b_cubed'].f1:.1f}" if scores.coreference else "-"
    return f"| {name} | {' | '.join(cells)} | {coreference} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--extractor", default="span")
    parser.add_argument("--unseen", action="store_true")
    parser.add_argument("--names-only", action="store_true", help="schemas without descriptions")
    parser.add_argument("--records", type=int, help="of each set, at most")
    parser.add_argument("--json", type=Path, help="write all scores here too")
    arguments = parser.parse_args()
    extractor = load_extractor(arguments.extractor)
    print("| set | entities | relations | triggers | arguments | coreference (B-cubed) |")
    print("|---|---|---|---|---|---|")
    everything, seconds, characters = {}, 0.0, 0
    topics: dict[str, dict[str, Counts]] = {}
    given = parts(arguments.data, arguments.sets, arguments.unseen, arguments.records)
    for name, (schema, records) in given:
        if arguments.names_only:
            schema = names_only(schema)
        started = perf_counter()
        scores = score_extractor(extractor, records, schema)
        seconds += perf_counter() - started
        everything[name] = scores.to_json()
        characters += sum(len(record.text) for record in records)
        print(row(name, scores), flush=True)
        if (HELD_OUT / f"{name}.jsonl").exists():
            total = topics.setdefault(f"held-out topics, {name[-2:]}", {})
            for layer, score in scores.layers.items():
                counts = total.setdefault(layer, Counts())
                counts += score.total
    for name, total in topics.items():
        cells = [f"{100 * total[layer].f1:.1f}" if layer in total else "-" for layer in TOTALLED]
        print(f"| **{name}** | {' | '.join(cells)} | - |")
    print(f"\n{characters} characters in {seconds:.1f} s: {characters / seconds:.0f} a second")
    if arguments.json:
        arguments.json.write_text(json.dumps(everything, ensure_ascii=False, indent=2), "utf-8")


if __name__ == "__main__":
    main()
