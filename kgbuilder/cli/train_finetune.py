"""``kgbuilder train finetune``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kgbuilder.cli import options
from kgbuilder.cli.train_pretrain import (
    Hostfile,
    Model,
    Node,
    Out,
    Port,
    Processes,
    Set,
    Tokenizer,
    given,
    overrides,
)

NAME = "finetune"


def command(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE|FILE", help="A ready recipe, or a file.")
    ],
    data: Annotated[
        list[Path],
        typer.Option(
            "--data",
            metavar="FILE.jsonl",
            exists=True,
            dir_okay=False,
            help="Instructions: instruction, input, output, or messages; repeatable.",
        ),
    ],
    out: Out,
    model: Model = None,
    tokenizer: Tokenizer = None,
    adapter: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FOLDER", help="An adapter to merge into the model before; repeatable."
        ),
    ] = None,
    start_from: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="An adapter to go on training.")
    ] = None,
    validation: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE.jsonl", exists=True, dir_okay=False, help="Repeatable."),
    ] = None,
    set_: Set = None,
    processes: Processes = None,
    hostfile: Hostfile = None,
    node: Node = None,
    port: Port = 29500,
    debug: options.Debug = False,
) -> None:
    """Fine-tune a causal LM on instructions, or go on with it."""
    from kgbuilder.cli import console
    from model.lm.job import Job
    from model.lm.launch import launch
    from model.lm.recipe import load_recipe

    console.set_up(debug)
    changed = overrides(set_, model, tokenizer)
    changed |= given(adapters=adapter or None, start_from=start_from)
    chosen = load_recipe(recipe, changed)
    if chosen.kind != "finetune":
        raise typer.BadParameter(f"{recipe} is a recipe for kgbuilder train {chosen.kind}")
    job = Job(chosen, out, tuple(data), validation=tuple(validation or ()))
    typer.echo(launch(job, processes=processes, hostfile=hostfile, node=node, port=port))
