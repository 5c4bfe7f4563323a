"""What some dozens of examples teach the bundled model, and what it forgets: learning curves.

    python benchmarks/adapting.py --data ../shared/data cluener resume_ner --examples 10 30 100
    python benchmarks/adapting.py --data ../shared/data conll04 --init runs/leave-out/first/model

For each set: strict F1 on dev records as it is and after ``kgbuilder train span --init bundled``
on the first records of the train part; beside it the F1 of the held-out topics
(``model.span.devsets``), which falls where the model forgets. Sets from which the bundled model has
learned already (conll04, scierc and the others in its card) tell little here; the default sets are
new to it. ``--init`` takes another model to start from, such as one that never saw the set
(``benchmarks/leave_out.py``).
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from model.records import Record, read_records, write_records
from model.schema import Schema
from model.scoring import TOTALLED, Counts, score_extractor
from model.span.adapting import adapt, export_adapted
from model.span.devsets import dev_part, held_out_topics
from model.span.extractor import BUNDLED, SpanExtractor

DEFAULT_SETS = ("cluener", "resume_ner", "duie")
DEV_RECORDS = 150


def scored(extractor: SpanExtractor, schema: Schema, records: list[Record]) -> dict[str, Counts]:
    layers = score_extractor(extractor, records, schema).layers
    return {name: layer.total for name, layer in layers.items()}


def topics(extractor: SpanExtractor) -> float:
    """Micro F1 of all layers of the held-out topics."""
    total = Counts()
    for _, schema, records in held_out_topics():
        for layer, counts in scored(extractor, schema, records).items():
            if layer != "linked_arguments":
                total += counts
    return total.f1


def line(name: str, examples: int, model: Path, data: Path, seconds: float) -> str:
    extractor = SpanExtractor(model)
    schema, records = dev_part(data, name, DEV_RECORDS)
    counts = scored(extractor, schema, records)
    cells = [
        f"{100 * counts[layer].f1:.1f}" if layer in counts and counts[layer].gold else "-"
        for layer in TOTALLED
    ]
    return (
        f"| {name} | {examples} | {' | '.join(cells)} | {100 * topics(extractor):.1f} "
        f"| {seconds:.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=DEFAULT_SETS)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--init", type=Path, default=BUNDLED, help="the model to start from")
    parser.add_argument("--examples", type=int, nargs="*", default=(10, 30, 100))
    arguments = parser.parse_args()
    print("| set | examples | entities | relations | triggers | arguments | held-out | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    for name in arguments.sets:
        print(line(name, 0, arguments.init, arguments.data, 0), flush=True)
        schema, _ = dev_part(arguments.data, name, 1)
        for examples in arguments.examples:
            with TemporaryDirectory() as folder:
                mine = Path(folder) / "mine.jsonl"
                train = read_records(arguments.data / "ie" / name / "train.jsonl.xz")
                write_records(mine, islice(train, examples))
                started = perf_counter()
                run, model = Path(folder) / "run", Path(folder) / "model"
                adapt([mine], schema, run, initial=arguments.init)
                export_adapted(run, model, [mine], initial=arguments.init)
                seconds = perf_counter() - started
                print(
                    line(name, examples, model, arguments.data, seconds),
                    flush=True,
                )


if __name__ == "__main__":
    main()
