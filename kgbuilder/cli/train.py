"""``kgbuilder train``: gathers the commands that make models and what they learn from."""

from __future__ import annotations

import typer

from kgbuilder.cli import (
    train_corpus,
    train_distant,
    train_finetune,
    train_instructions,
    train_merge,
    train_pretrain,
    train_span,
    train_tokenizer,
)

app = typer.Typer(
    no_args_is_help=True,
    help="Train models, and make what they learn from (docs/training.md).",
)
for part in (
    train_tokenizer,
    train_corpus,
    train_distant,
    train_instructions,
    train_pretrain,
    train_finetune,
    train_merge,
    train_span,
):
    app.command(part.NAME)(part.command)
