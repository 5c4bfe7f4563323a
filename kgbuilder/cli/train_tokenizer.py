"""``kgbuilder train tokenizer``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgbuilder.cli import options

if TYPE_CHECKING:
    from model.corpus.vocabulary import Learned

NAME = "tokenizer"


def command(
    recipe: Annotated[
        Path, typer.Argument(metavar="RECIPE.yaml", help="That of a corpus: its sources.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Instead of the recipe's tokenizer."),
    ] = None,
    size: Annotated[
        int, typer.Option(min=259, help="Tokens; small models want small vocabularies.")
    ] = 32_000,
    characters: Annotated[
        int, typer.Option(min=1, help="Learn from so many, as many of each source.")
    ] = 20_000_000,
    debug: options.Debug = False,
) -> None:
    """Learn a tokenizer from the sources of a corpus, for a model from random weights."""
    from kgbuilder.cli import console as screen
    from model.corpus.recipe import load_recipe
    from model.corpus.vocabulary import learn_tokenizer

    console = screen.set_up(debug)
    plan = load_recipe(recipe, tokenizer=False)
    target = plan.tokenizer if output is None else output
    with screen.progress(console, "Learning a tokenizer") as show:

        def observe(learned: Learned) -> None:
            text = f"{learned.documents.total():,} documents"
            show(learned.bytes_read, learned.bytes_total, text)

        learned = learn_tokenizer(plan, target, size, characters=characters, observer=observe)
    console.print(
        f"{target}: {learned.size:,} tokens, from {learned.characters.total():,} characters of"
        f" {learned.documents.total():,} documents",
        markup=False,
    )
