"""``kgbuilder stats``."""

from __future__ import annotations

from typing import Annotated

import typer

from kgbuilder.cli import options
from kgbuilder.cli.output import Format

NAME = "stats"


def command(
    store: options.Store = None,
    config: options.Config = None,
    format: Annotated[Format, typer.Option(help="How rows are written.")] = Format.TABLE,
    debug: options.Debug = False,
) -> None:
    """Count what the graph holds."""
    from kgbuilder.cli import console
    from kgbuilder.cli.output import write_rows
    from kgbuilder.graphs import stats

    console.set_up(debug)
    rows = stats(settings=options.settings(config, store=store))
    write_rows(["kind", "name", "count"], rows, format)
