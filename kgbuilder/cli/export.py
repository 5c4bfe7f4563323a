"""``kgbuilder export``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from kgbuilder.cli import options

NAME = "export"


class ExportFormat(StrEnum):
    """The formats of an export."""

    TURTLE = "turtle"
    TRIG = "trig"
    NQUADS = "nquads"
    JSONLD = "jsonld"
    GRAPHML = "graphml"
    CSV = "csv"


def command(
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write; - is standard output. csv makes a folder of files.",
        ),
    ],
    format: Annotated[
        ExportFormat | None,
        typer.Option(help="By default what the file's ending says.", show_default=False),
    ] = None,
    store: options.Store = None,
    schema: options.Schema = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Write the whole graph as RDF, GraphML, or CSV for neo4j-admin import."""
    from kgbuilder import api
    from kgbuilder.cli import console as screen

    console = screen.set_up(debug)
    settings = options.settings(config, store=store, schema=schema)
    report = api.export(output, format=format.value if format else None, settings=settings)
    console.print(str(report), markup=False)
