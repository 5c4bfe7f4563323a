"""``kgbuilder extract``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kgbuilder.cli import options

NAME = "extract"


def command(
    source: Annotated[
        str, typer.Argument(metavar="IN.jsonl", help="Records with id and text; - reads stdin.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT.jsonl", help="- writes to stdout.")
    ],
    schema: options.Schema = None,
    extractor: options.Extractor = None,
    config: options.Config = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Ask the extractor even where its answer is known.")
    ] = False,
    debug: options.Debug = False,
) -> None:
    """Annotate texts: JSON lines in, JSON lines with entities, relations and events out."""
    from kgbuilder.cli import console as screen
    from kgbuilder.extracting import extract_file

    console = screen.set_up(debug)
    settings = options.settings(
        config,
        schema=schema,
        extractor=extractor,
        cache__enabled=False if no_cache else None,
    )
    report = extract_file(
        source if source == "-" else Path(source),
        output if output == "-" else Path(output),
        settings=settings,
    )
    rate = report.characters / report.seconds if report.seconds else 0.0
    console.print(
        f"{report.records:,} records in {screen.duration(report.seconds)}"
        f" ({rate:,.0f} characters/s), {report.failed:,} failed"
    )
    if report.failed:
        raise typer.Exit(1)
