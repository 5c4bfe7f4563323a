"""``kgbuilder train merge``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kgbuilder.cli import options

NAME = "merge"


def command(
    base: Annotated[str, typer.Argument(metavar="FOLDER|ID", help="The model.")],
    out: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="An empty or a new folder.")
    ],
    adapter: Annotated[
        list[str] | None,
        typer.Option(metavar="FOLDER", help="An adapter to merge into the model; repeatable."),
    ] = None,
    weight: Annotated[
        list[float] | None,
        typer.Option(help="How much of each adapter is merged, in order. [default: 1 each]"),
    ] = None,
    difference: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            exists=True,
            file_okay=False,
            help="Instead: take the difference of this tuned model from the base.",
        ),
    ] = None,
    restore: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            exists=True,
            file_okay=False,
            help="Instead: restore the tuned model from the base and this difference.",
        ),
    ] = None,
    dtype: Annotated[
        str, typer.Option(help="float32, bfloat16, float16, or auto: the base's.")
    ] = "auto",
    trust_remote_code: Annotated[
        bool, typer.Option("--trust-remote-code", help="Run code that comes with the model.")
    ] = False,
    debug: options.Debug = False,
) -> None:
    """Merge adapters into a plain checkpoint; take or restore a weight difference."""
    from kgbuilder.cli import console
    from model.lm import adapters

    console.set_up(debug)
    if sum(map(bool, (adapter, difference, restore))) != 1:
        raise typer.BadParameter("give --adapter, --difference or --restore, and only one of them")
    if difference is not None:
        adapters.difference(Path(base), difference, out)
    elif restore is not None:
        adapters.restore(Path(base), restore, out)
    else:
        adapters.merge(
            base,
            adapter or [],
            out,
            weights=weight,
            dtype=dtype,
            trust_remote_code=trust_remote_code,
        )
    typer.echo(out)
