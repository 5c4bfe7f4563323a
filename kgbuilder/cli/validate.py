"""``kgbuilder validate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kgbuilder.cli import options
from kgbuilder.cli.codes import FAILED
from kgbuilder.cli.output import Format, FormatOption

NAME = "validate"


def command(
    store: options.Store = None,
    shapes: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="SHACL shapes of your own; by default the schema's."),
    ] = None,
    format: FormatOption = Format.TABLE,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Check a graph by SHACL shapes; each violation comes with where it is stated.

    Exits with 1 where there are violations; warnings alone do not count.
    """
    from kgbuilder.cli import console
    from kgbuilder.cli.output import write_rows
    from kgbuilder.validating import validate

    console.set_up(debug)
    found = validate(shapes=shapes, settings=options.settings(config, store=store))
    rows = [
        {
            "severity": v.severity,
            "focus": v.focus,
            "path": v.path,
            "value": v.value,
            "message": v.message,
            "evidence": [
                {"document": uri, "text": text, "confidence": confidence}
                for uri, text, confidence in v.evidence
            ],
        }
        for v in found
    ]
    write_rows(["severity", "focus", "path", "value", "message", "evidence"], rows, format)
    if any(v.severity == "Violation" for v in found):
        raise typer.Exit(FAILED)
