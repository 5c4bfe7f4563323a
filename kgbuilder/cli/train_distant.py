"""``kgbuilder train distant``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgbuilder.cli import options
from kgbuilder.cli.codes import FAILED

if TYPE_CHECKING:
    from model.distant import Text

NAME = "distant"


def command(
    texts: Annotated[
        list[Path],
        typer.Argument(
            metavar="TEXT...", help="JSON lines with id, title and text, or files and folders."
        ),
    ],
    recipe: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE", help="What to align: a recipe of configs/distant, or a YAML file."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT.jsonl", help="Also .jsonl.gz or .xz.")
    ],
    graph: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where the recipe's graph files lie; by default beside the recipe.",
        ),
    ] = None,
    extractor: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="A model for a second opinion: span, a folder, or package.module:factory.",
        ),
    ] = None,
    filter: Annotated[
        bool, typer.Option(help="With a model: keep only the facts that it finds too.")
    ] = True,
    fill: Annotated[
        bool, typer.Option("--fill", help="With a model: add the facts that it is sure of.")
    ] = False,
    fill_confidence: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="How sure it must be.")
    ] = 0.8,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Read no more than so many texts.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the counts of the run as JSON.")
    ] = None,
    debug: options.Debug = False,
) -> None:
    """Make training data by aligning a knowledge graph with texts (distant supervision)."""
    from itertools import islice
    from time import perf_counter

    from graph.literals import normalise
    from kgbuilder.cli import console as screen
    from kgbuilder.errors import InputError
    from kgbuilder.extractors import load_extractor
    from model.distant import (
        DistantAnnotator,
        Refiner,
        dump_report,
        load_graph,
        load_recipe,
        read_texts,
        recipe_path,
    )
    from model.records import write_records
    from model.schema_loader import load_schema

    console = screen.set_up(debug)
    if extractor is None and (fill or not filter):
        raise typer.BadParameter("--fill and --no-filter need --extractor")
    for text in texts:
        if not text.exists():
            raise InputError(f"Cannot read {text}: no such file or folder")
    start = perf_counter()
    file = recipe_path(recipe)
    plan = load_recipe(file)
    named = file.parent / plan.schema_name
    schema = load_schema(named if named.is_file() else plan.schema_name)
    plan.check(schema)
    known = load_graph(plan, graph or file.parent, schema)
    annotator = DistantAnnotator(known, schema, plan, normalise)
    counts = annotator.report
    model = None
    with screen.progress(console, "Aligning") as show:

        def watched() -> Iterator[Text]:
            for item in islice(read_texts(texts, counts), limit):
                speed = screen.rate(
                    counts.texts, "texts", counts.characters, perf_counter() - start
                )
                show(counts.texts, limit, f"{counts.facts.total():,} facts, {speed}")
                yield item

        records = annotator.annotate(watched())
        if extractor is not None:
            model = Refiner(
                load_extractor(extractor),
                schema,
                filter=filter,
                fill=fill,
                fill_confidence=fill_confidence,
            )
            records = model.refine(records)
        written = write_records(output, records)
    if report is not None:
        report.write_text(dump_report(counts, model.report if model else None), encoding="utf-8")
    console.print(
        f"{counts.facts.total():,} facts from {counts.texts:,} texts in"
        f" {screen.duration(perf_counter() - start)}; {written:,} records: {output}",
        markup=False,
    )
    if model is not None:
        console.print(
            f"The model confirmed {model.report.confirmed:,} facts, rejected"
            f" {model.report.rejected:,} and added {model.report.filled:,}"
        )
    if counts.failed:
        raise typer.Exit(FAILED)
