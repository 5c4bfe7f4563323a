"""``kgbuilder eval``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kgbuilder.cli import options
from kgbuilder.cli.output import Format

if TYPE_CHECKING:
    from model.scoring import Scores

NAME = "eval"
COLUMNS = ("layer", "precision", "recall", "f1", "correct", "predicted", "gold")


def command(
    gold: Annotated[Path, typer.Argument(metavar="GOLD.jsonl", help="Records with gold layers.")],
    predicted: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PREDICTED.jsonl]",
            help="What kgbuilder extract wrote; without it the extractor annotates GOLD now.",
            show_default=False,
        ),
    ] = None,
    schema: options.Schema = None,
    extractor: options.Extractor = None,
    config: options.Config = None,
    types: Annotated[bool, typer.Option("--types", help="Show the score of each type.")] = False,
    format: Annotated[Format, typer.Option(help="How scores are written.")] = Format.TABLE,
    debug: options.Debug = False,
) -> None:
    """Score annotations against gold: strict micro-F1 of each layer."""
    from kgbuilder.cli import console
    from kgbuilder.cli.output import write_rows
    from kgbuilder.evaluating import evaluate

    console.set_up(debug)
    if predicted is not None and extractor is not None:
        raise typer.BadParameter("give PREDICTED.jsonl or --extractor, not both")
    scores = evaluate(
        gold,
        predicted,
        schema=schema,
        settings=options.settings(config, extractor=extractor),
    )
    if format is Format.JSON:
        typer.echo(json.dumps(scores.to_json(), ensure_ascii=False, indent=2))
    else:
        write_rows(COLUMNS, _rows(scores, types), format)


def _rows(scores: Scores, types: bool) -> Iterator[dict[str, Any]]:
    for name, layer in scores.layers.items():
        yield _row(name, layer.total.to_json())
        if types:
            for type_name, counts in layer.by_type.items():
                yield _row(f"  {type_name}", counts.to_json())
    yield _row("total", scores.total.to_json())
    for name, score in scores.coreference.items():
        yield _row(f"coreference, {name}", score.to_json())


def _row(name: str, numbers: dict[str, float]) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    return (
        row
        | {"layer": name}
        | {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in numbers.items()
        }
    )
