"""``kgbuilder query``."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from kgbuilder.cli import options
from kgbuilder.cli.output import Format, FormatOption

NAME = "query"


def command(
    cypher: Annotated[
        str, typer.Argument(metavar="CYPHER", help="The query; - reads it from standard input.")
    ],
    store: options.Store = None,
    config: options.Config = None,
    format: FormatOption = Format.TABLE,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param", "-p", metavar="NAME=VALUE", help="A query parameter; JSON, or else text."
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Allow the query to change the graph.")
    ] = False,
    debug: options.Debug = False,
) -> None:
    """Run a Cypher query and show its rows."""
    from kgbuilder.cli import console
    from kgbuilder.cli.output import write_rows
    from kgbuilder.graphs import query

    console.set_up(debug)
    settings = options.settings(config, store=store)
    text = sys.stdin.read() if cypher == "-" else cypher
    rows = query(text, _parameters(param or []), write=write, settings=settings)
    write_rows(rows.keys, rows, format)


def _parameters(given: list[str]) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{item!r} is not NAME=VALUE", param_hint="--param")
        try:
            parameters[name] = json.loads(value)
        except ValueError:
            parameters[name] = value
    return parameters
