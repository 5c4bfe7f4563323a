"""``kgbuilder delete``."""

from __future__ import annotations

from typing import Annotated

import typer

from kgbuilder.cli import options
from kgbuilder.cli.codes import FAILED

NAME = "delete"


def command(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="URI|PATH...",
            help="Documents by URI, or the files and folders that were built.",
            show_default=False,
        ),
    ],
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Delete documents with all that only they stated. Their files are left alone."""
    from kgbuilder.cli import console as screen
    from kgbuilder.graphs import delete, existing

    console = screen.set_up(debug)
    settings = options.settings(config, store=store)
    missing = 0
    with existing(None, settings, write=True) as graph:
        for target in targets:
            count = delete(target, store=graph)
            if count:
                console.print(
                    f"{target}: {count:,} document{'' if count == 1 else 's'} deleted", markup=False
                )
            else:
                console.print(f"{target}: no such document in {settings.store}", markup=False)
                missing += 1
    if missing:
        raise typer.Exit(FAILED)
