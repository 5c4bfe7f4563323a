"""``kgbuilder train pretrain``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kgbuilder.cli import options

NAME = "pretrain"

Out = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="FOLDER",
        help="The run: checkpoints, log, result. One that was stopped goes on.",
    ),
]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="FOLDER|ID", help="A causal LM, over the recipe's."),
]
Tokenizer = Annotated[
    str | None,
    typer.Option("--tokenizer", metavar="FOLDER|ID", help="A tokenizer, over the recipe's."),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Another value of the recipe; repeatable."),
]
Processes = Annotated[
    int | None,
    typer.Option(min=1, help="Processes on this machine. [default: one for each GPU]"),
]
Hostfile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", exists=True, dir_okay=False, help="Several machines: lines HOST slots=N."
    ),
]
Node = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Which host of the hostfile this is, from 0, where each machine is started by itself."
        " [default: start all by ssh]",
    ),
]
Port = Annotated[int, typer.Option(min=1, max=65535, help="At which the machines meet.")]


def command(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE|FILE", help="A ready recipe, or a file.")
    ],
    corpus: Annotated[
        list[Path],
        typer.Option(
            "--corpus",
            metavar="FOLDER[#SOURCE][=SHARE]",
            help="A packed corpus, or one source of it; repeatable. With shares, samples are drawn"
            " in their proportion.",
        ),
    ],
    out: Out,
    model: Model = None,
    tokenizer: Tokenizer = None,
    validation: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", exists=True, help="A packed corpus; repeatable."),
    ] = None,
    set_: Set = None,
    processes: Processes = None,
    hostfile: Hostfile = None,
    node: Node = None,
    port: Port = 29500,
    debug: options.Debug = False,
) -> None:
    """Pretrain a causal LM on packed corpora, or go on with it."""
    from kgbuilder.cli import console
    from model.lm.job import Job
    from model.lm.launch import launch
    from model.lm.recipe import load_recipe

    console.set_up(debug)
    chosen = load_recipe(recipe, overrides(set_, model, tokenizer))
    if chosen.kind != "pretrain":
        raise typer.BadParameter(f"{recipe} is a recipe for kgbuilder train {chosen.kind}")
    corpora, weights = shares(corpus)
    job = Job(chosen, out, corpora, weights, tuple(validation or ()))
    typer.echo(launch(job, processes=processes, hostfile=hostfile, node=node, port=port))


def overrides(
    values: list[str] | None, model: str | None, tokenizer: str | None
) -> dict[str, object]:
    """What the command line changes of a recipe."""
    from model.lm.recipe import parse_override

    changed = dict(parse_override(text) for text in values or ())
    return changed | given(model=model, tokenizer=tokenizer)


def given(**values: object) -> dict[str, object]:
    """Those of the options' values that were given."""
    return {key: value for key, value in values.items() if value is not None}


def shares(corpora: list[Path]) -> tuple[tuple[Path, ...], tuple[float, ...] | None]:
    """Folders and their shares, given for all or none."""
    paths, weights = [], []
    for corpus in corpora:
        name, equals, share = str(corpus).rpartition("=")
        path = Path(name) if equals and not corpus.exists() else corpus
        if path is not corpus:
            try:
                weights.append(float(share))
            except ValueError:
                raise typer.BadParameter(f"{corpus}: the share is no number") from None
        folder = path if path.exists() else Path(str(path).partition("#")[0])
        if not folder.is_dir():
            raise typer.BadParameter(f"{folder} does not exist")
        paths.append(path)
    if weights and len(weights) < len(paths):
        raise typer.BadParameter("give a share for each corpus, or for none")
    return tuple(paths), tuple(weights) or None
