"""``kgbuilder train span``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kgbuilder.cli import options

NAME = "span"


def command(
    recipe: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", exists=True, dir_okay=False, help="As configs/train's."),
    ] = None,
    data: Annotated[
        list[Path],
        typer.Option(
            metavar="FOLDER|FILE",
            exists=True,
            help="Data sets, in its folder ie; with --init, annotated records. Repeatable.",
        ),
    ] = [],  # noqa: B006 - typer copies it
    init: Annotated[
        str | None,
        typer.Option(
            metavar="bundled|FOLDER",
            help="Teach this model your own schema, from some dozens of records in --data.",
        ),
    ] = None,
    schema: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="The types of your records, with --init. [default: those that they use]",
        ),
    ] = None,
    initial: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", exists=True, file_okay=False, help="The encoder to start from."
        ),
    ] = None,
    network: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            exists=True,
            file_okay=False,
            help="A run to go on from, heads and all.",
        ),
    ] = None,
    made: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            exists=True,
            file_okay=False,
            help="Sets that tools made (definitions).",
        ),
    ] = None,
    out: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="The run: checkpoint and tokenizer. One that was stopped goes on.",
        ),
    ] = ...,  # type: ignore[assignment]
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where to write what --extractor FOLDER runs, when trained."
            " [default with --init: the folder model of the run]",
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
    """Train the span model and export it, or teach the bundled one your own schema."""
    from kgbuilder.cli import console

    console.set_up(debug)
    if not data:
        raise typer.BadParameter("give --data")
    if init is not None:
        others = {"--initial": initial, "--network": network, "--made": made, "--tune": tune}
        if given := [name for name, value in others.items() if value]:
            raise typer.BadParameter(f"--init goes without {' and '.join(given)}")
        typer.echo(_adapt(init, data, schema, recipe, out, export or out / "model"))
        return
    if recipe is None or initial is None or len(data) != 1 or not data[0].is_dir():
        raise typer.BadParameter(
            "give a recipe, --initial and one folder of --data; or --init bundled and records"
        )
    if schema is not None:
        raise typer.BadParameter("--schema needs --init")
    if tune and export is None:
        raise typer.BadParameter("--tune needs --export")

    from model.span.training import TrainConfig, train

    train(TrainConfig.load(recipe), data[0], initial, out, network, made)
    if export is not None:
        from model.span.export import export as write

        write(out, export, data=data[0])
    if export is not None and tune:
        from model.span.tuning import Tuning

        Tuning(export, data[0], tune, records).write()
    typer.echo(export or out)


def _adapt(
    init: str, data: list[Path], schema: str | None, recipe: Path | None, out: Path, target: Path
) -> Path:
    from model.schema_loader import load_schema
    from model.span.adapting import adapt, export_adapted, schema_of
    from model.span.extractor import BUNDLED
    from model.span.training import TrainConfig

    initial = BUNDLED if init == "bundled" else Path(init)
    if not initial.is_dir():
        raise typer.BadParameter(f"--init: '{init}' is neither 'bundled' nor a model's folder")
    if folders := [path for path in data if path.is_dir()]:
        raise typer.BadParameter(f"--data: '{folders[0]}' is a folder; --init takes record files")
    own = load_schema(schema) if schema else schema_of(data)
    config = TrainConfig.load(recipe) if recipe else None
    adapt(data, own, out, initial=initial, config=config)
    export_adapted(out, target, data, initial=initial)
    return target
