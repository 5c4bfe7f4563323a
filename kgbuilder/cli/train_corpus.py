"""``kgbuilder train corpus``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgbuilder.cli import options
from kgbuilder.cli.codes import FAILED

if TYPE_CHECKING:
    from rich.console import Console

    from model.corpus.building import Report
    from model.corpus.packed import PackedCorpus

NAME = "corpus"


def command(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="RECIPE.yaml|FOLDER...", help="What to make, or packed corpora."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Instead of the recipe's output."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", "-w", min=1, help="Processes. [default: one for each core]"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the packed corpus that is there.")
    ] = False,
    merge: Annotated[
        bool, typer.Option("--merge", help="Join the packed corpora PATH... into the output.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare the packed corpora PATH... with checksums.")
    ] = False,
    debug: options.Debug = False,
) -> None:
    """Clean, filter, split and tokenize texts into a packed corpus for pretraining."""
    from kgbuilder.cli import console as screen

    console = screen.set_up(debug)
    if merge and verify:
        raise typer.BadParameter("--merge and --verify exclude each other")
    if verify:
        _verify(paths, console)
    elif merge:
        if output is None:
            raise typer.BadParameter("--merge needs --output")
        _merge(paths, output, overwrite, console)
    elif len(paths) > 1:
        raise typer.BadParameter("one recipe at a time; --merge joins packed corpora")
    else:
        _build(paths[0], output, workers or os.cpu_count() or 1, overwrite, console)


def _build(
    path: Path, output: Path | None, workers: int, overwrite: bool, console: Console
) -> None:
    from kgbuilder.cli import console as screen
    from model.corpus.building import DROPPED, REPORT, build
    from model.corpus.recipe import load_recipe

    recipe = load_recipe(path)
    if output is not None:
        recipe = recipe.model_copy(update={"output": output.resolve()})
    with screen.progress(console, "Packing") as show:

        def observe(report: Report) -> None:
            speed = report.tokens / max(report.seconds, 1e-3)
            text = f"{report.documents:,} documents, {report.tokens:,} tokens ({speed:,.0f}/s)"
            show(report.bytes_read, report.bytes_total, text)

        corpus, report = build(recipe, workers=workers, overwrite=overwrite, observer=observe)
    _counts(corpus, console)
    if report.dropped:
        console.print("Left out:")
        for reason, count in report.dropped.most_common():
            console.print(f"  {count:>10,}  {reason}", markup=False)
    console.print(
        f"{report.documents:,} documents read in {screen.duration(report.seconds)};"
        f" more in {corpus.path / REPORT} and {corpus.path / DROPPED}",
        markup=False,
    )
    if not len(corpus):
        raise typer.Exit(FAILED)


def _merge(paths: list[Path], output: Path, overwrite: bool, console: Console) -> None:
    from model.corpus.packed import merge

    _counts(merge(paths, output, overwrite=overwrite), console)


def _verify(paths: list[Path], console: Console) -> None:
    from model.corpus.packed import PackedCorpus

    for path in paths:
        corpus = PackedCorpus(path)
        corpus.verify()
        _counts(corpus, console)
        console.print("  whole")


def _counts(corpus: PackedCorpus, console: Console) -> None:
    bits = 8 * corpus.manifest.vocabulary.dtype.itemsize
    console.print(
        f"{corpus.path}: {len(corpus):,} samples, {corpus.token_count:,} tokens of {bits} bits",
        markup=False,
    )
    for name, count in corpus.sources.items():
        console.print(
            f"  {name}: {count.documents:,} documents, {count.samples:,} samples,"
            f" {count.tokens:,} tokens",
            markup=False,
        )
