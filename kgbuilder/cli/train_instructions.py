"""``kgbuilder train instructions``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kgbuilder.cli import options
from kgbuilder.cli.codes import FAILED

NAME = "instructions"
#: Records that hard negatives are counted in.
SAMPLE = 20_000


def command(
    source: Annotated[
        list[Path],
        typer.Argument(
            metavar="RECORDS.jsonl...", exists=True, dir_okay=False, help="Annotated texts."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT.jsonl")],
    schema: options.Schema = None,
    task: Annotated[
        list[str] | None,
        typer.Option(
            help="entities, relations, triples, events, triggers, arguments or attributes;"
            " repeatable. [default: entities, relations, events]",
        ),
    ] = None,
    format: Annotated[
        list[str] | None,
        typer.Option(
            help="tuple, sentence, lines, json-list or json-object; several are drawn at random."
            " [default: json-object]",
        ),
    ] = None,
    batch: Annotated[
        int | None,
        typer.Option(min=0, help="Labels asked for at once; 0: all. [default: suits the task]"),
    ] = None,
    negatives: Annotated[
        float, typer.Option(min=0, max=1, help="Share of absent labels to ask for as well.")
    ] = 1.0,
    hard: Annotated[bool, typer.Option(help="Prefer absent labels that are easily taken.")] = True,
    empty: Annotated[
        float, typer.Option(min=0, help="Rows without facts, at most, for each with facts.")
    ] = 2.0,
    open: Annotated[
        float, typer.Option("--open", min=0, max=1, help="Share of rows that name no labels.")
    ] = 0.0,
    describe: Annotated[
        float, typer.Option(min=0, max=1, help="Share of rows with descriptions of labels.")
    ] = 0.0,
    prompts: Annotated[
        str | None,
        typer.Option(metavar="STYLE|FILE", help="A style of configs/prompts, or a file."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything drawn at random.")] = 42,
    debug: options.Debug = False,
) -> None:
    """Make instruction data for fine-tuning from annotated texts."""
    import json
    from collections import Counter
    from itertools import chain, islice

    from graph.export.output import binary_output
    from kgbuilder.cli import console as screen
    from model.instructions.convert import Converter, ConvertOptions
    from model.instructions.prompts import load_prompts
    from model.instructions.tasks import Format, Task
    from model.records import read_records
    from model.schema_loader import load_schema

    console = screen.set_up(debug)
    defaults = ConvertOptions()
    try:
        tasks = tuple(Task(name) for name in task or defaults.tasks)
        formats = tuple(Format(name) for name in format or defaults.formats)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    chosen = ConvertOptions(
        tasks=tasks,
        formats=formats,
        batch=batch,
        negatives=negatives,
        hard=hard,
        empty=empty,
        open=open,
        describe=describe,
        seed=seed,
    )
    beside = source[0].parent / "schema.json"
    types = load_schema(schema or (str(beside) if beside.is_file() else "general"))
    sample = chain.from_iterable(map(read_records, source)) if hard else iter(())
    converter = Converter(types, chosen, load_prompts(prompts), islice(sample, SAMPLE))
    counts: Counter[str] = Counter()
    records = 0
    with binary_output(output) as out, screen.progress(console, "Converting") as show:
        for record in chain.from_iterable(map(read_records, source)):
            for row in converter.rows(record):
                line = json.dumps(row.to_json(), ensure_ascii=False)
                out.write(line.encode("utf-8", "backslashreplace") + b"\n")
                counts[row.task] += 1
            records += 1
            if records % 100 == 0:
                show(records, None, f"{records:,} records, {counts.total():,} rows")
    of_tasks = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    console.print(f"{records:,} records, {counts.total():,} rows ({of_tasks or 'none'})")
    if not counts:
        console.print("No record is annotated for these tasks and labels.")
        raise typer.Exit(FAILED)
