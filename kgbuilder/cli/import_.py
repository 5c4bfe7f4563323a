"""``kgbuilder import``."""

from __future__ import annotations

from typing import Annotated

import typer

from kgbuilder.cli import options
from kgbuilder.cli.codes import FAILED

NAME = "import"


def command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|URL",
            help="A .nq or .trig file that 'kgbuilder export' wrote, or another store.",
            show_default=False,
        ),
    ],
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Add all documents of another graph, with what they state; from RDF or a store, to any store.

    Nothing is extracted anew. Entities are resolved with those that the store has.
    """
    from kgbuilder.cli import console as screen
    from kgbuilder.linked_data import import_graph

    console = screen.set_up(debug)
    settings = options.settings(config, store=store)
    report = import_graph(source, settings=settings)
    for failure in report.failures:
        console.print(f"failed: {failure}", markup=False, soft_wrap=True)
    unchanged = report.documents - report.written - len(report.failures)
    console.print(
        f"{report.documents:,} documents: {report.written:,} written, {unchanged:,} unchanged,"
        f" {len(report.failures):,} failed",
        markup=False,
    )
    if report.failures:
        raise typer.Exit(FAILED)
