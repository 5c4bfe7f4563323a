"""``kgbuilder stats``."""

from __future__ import annotations

from kgbuilder.cli import options
from kgbuilder.cli.output import Format, FormatOption

NAME = "stats"


def command(
    store: options.Store = None,
    config: options.Config = None,
    format: FormatOption = Format.TABLE,
    debug: options.Debug = False,
) -> None:
    """Count what the graph holds."""
    from kgbuilder.cli import console
    from kgbuilder.cli.output import write_rows
    from kgbuilder.graphs import stats

    console.set_up(debug)
    rows = stats(settings=options.settings(config, store=store))
    write_rows(["kind", "name", "count"], rows, format)
