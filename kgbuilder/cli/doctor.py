"""``kgbuilder doctor``."""

from __future__ import annotations

import typer

from kgbuilder.cli import options

NAME = "doctor"


def command(
    store: options.Store = None,
    schema: options.Schema = None,
    extractor: options.Extractor = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Check that everything kgbuilder needs is there and works."""
    raise NotImplementedError
