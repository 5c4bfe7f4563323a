"""Options that several commands share, each declared once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from kgbuilder.settings import Settings

DEBUG_KEY = "kgbuilder.debug"


def _remember_debug(context: typer.Context, value: bool) -> bool:
    # The same for ``kgbuilder --debug build`` and ``kgbuilder build --debug``.
    if value:
        context.meta[DEBUG_KEY] = True
    return bool(context.meta.get(DEBUG_KEY))


Debug = Annotated[
    bool,
    typer.Option(
        "--debug",
        help="Log everything, and show tracebacks.",
        callback=_remember_debug,
        is_eager=True,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings in YAML, over the defaults."),
]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="embedded:FOLDER, bolt://HOST:PORT or neo4j://HOST:PORT; as RDF: rdf:FOLDER or"
        " sparql+http://HOST:PORT. [default: embedded:graph.kg]",
    ),
]
Schema = Annotated[
    str | None,
    typer.Option("--schema", metavar="NAME|FILE", help="What to look for. [default: general]"),
]
Extractor = Annotated[
    str | None,
    typer.Option(
        "--extractor",
        metavar="NAME",
        help="span (the bundled model), the folder of a trained one, hf:PATH[+ADAPTER] or"
        " openai:MODEL@URL (language models), generative:FILE, or package.module:factory."
        " [default: span]",
    ),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Ask the extractor even where its answer is known.")
]


def settings(config: Path | None, **overrides: Any) -> Settings:
    """The settings of one call of the command line; a double underscore stands for a dot."""
    from kgbuilder.settings import load_settings

    return load_settings(
        config, {key.replace("__", "."): value for key, value in overrides.items()}
    )
