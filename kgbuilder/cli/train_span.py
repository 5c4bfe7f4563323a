"""``kgbuilder train span``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kgbuilder.cli import options

NAME = "span"


def command(
    recipe: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="As configs/train's."),
    ],
    data: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER", exists=True, file_okay=False, help="Data sets, in its folder ie."
        ),
    ],
    initial: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER", exists=True, file_okay=False, help="The encoder to start from."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="The run: checkpoint and tokenizer. One that was stopped goes on.",
        ),
    ],
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Where to write what --extractor FOLDER runs, when trained."
        ),
    ] = None,
    tune: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SET", help="A data set to choose thresholds on, after export; repeatable."
        ),
    ] = None,
    records: Annotated[
        int, typer.Option(min=1, help="Most records of a set that thresholds are chosen on.")
    ] = 150,
    debug: options.Debug = False,
) -> None:
    """Train the span model, and export it."""
    from kgbuilder.cli import console

    console.set_up(debug)
    if tune and export is None:
        raise typer.BadParameter("--tune needs --export")

    from model.span.training import TrainConfig, train

    train(TrainConfig.load(recipe), data, initial, out)
    if export is not None:
        from model.span.export import export as write

        write(out, export, data=data)
    if export is not None and tune:
        from model.span.extractor import DECODING_FILE, Decoding
        from model.span.tuning import Tuning

        tuning = Tuning(export, data, tune, records)
        tuning.tune(Decoding()).save(export / DECODING_FILE)
    typer.echo(export or out)
