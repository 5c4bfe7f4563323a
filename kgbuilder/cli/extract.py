"""``kgbuilder extract``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgbuilder.cli import options
from kgbuilder.cli.codes import FAILED

if TYPE_CHECKING:
    from kgbuilder.jsonl import ExtractReport

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
    no_cache: options.NoCache = False,
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
    size = None if source == "-" or not Path(source).is_file() else Path(source).stat().st_size
    with screen.progress(console, "Extracting") as show:

        def observe(report: ExtractReport) -> None:
            speed = screen.rate(report.records, "records", report.characters, report.seconds)
            show(report.bytes, size, f"{report.records:,} records, {speed}")

        report = extract_file(
            source if source == "-" else Path(source),
            output if output == "-" else Path(output),
            settings=settings,
            observer=observe,
        )
    speed = screen.rate(report.records, "records", report.characters, report.seconds)
    console.print(
        f"{report.records:,} records in {screen.duration(report.seconds)} ({speed}),"
        f" {report.failed:,} failed"
    )
    if report.failed:
        raise typer.Exit(FAILED)
