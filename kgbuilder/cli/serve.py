"""``kgbuilder serve``."""

from __future__ import annotations

import typer

from kgbuilder.cli import options

NAME = "serve"


def command(
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Run the bundled database for Neo4j clients until Ctrl-C."""
    raise NotImplementedError
