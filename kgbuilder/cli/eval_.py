"""``kgbuilder eval``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kgbuilder.cli import options

NAME = "eval"


def command(
    gold: Annotated[Path, typer.Argument(metavar="GOLD.jsonl", help="Records with gold layers.")],
    predicted: Annotated[
        Path | None,
        typer.Argument(metavar="PREDICTED.jsonl", help="What kgbuilder extract wrote."),
    ] = None,
    schema: options.Schema = None,
    extractor: options.Extractor = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Score annotations against gold: strict micro-F1 of each layer."""
    raise NotImplementedError
