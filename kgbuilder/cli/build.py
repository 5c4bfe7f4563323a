"""``kgbuilder build``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgbuilder.cli import options
from kgbuilder.cli.codes import FAILED

if TYPE_CHECKING:
    from rich.console import Console

    from kgbuilder.report import BuildReport

NAME = "build"
#: Failures shown again at the end; each was named when it happened.
SHOWN_FAILURES = 20


def command(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH|URL...",
            help="Files and folders; by URL (s3, https, ...) with the extra 'remote'.",
            show_default=False,
        ),
    ],
    store: options.Store = None,
    schema: options.Schema = None,
    extractor: options.Extractor = None,
    config: options.Config = None,
    text_field: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Field of CSV rows and JSON records that holds the text."
        ),
    ] = None,
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Also delete documents whose file below PATH is gone."),
    ] = False,
    ray: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Extract on this Ray cluster: HOST:PORT, or auto."),
    ] = None,
    bulk: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Write files for 'neo4j-admin database import' instead of a store: the first"
            " load of a very large corpus.",
        ),
    ] = None,
    no_cache: options.NoCache = False,
    debug: options.Debug = False,
) -> None:
    """Build documents into the graph. Unchanged ones cost nothing, changed ones are replaced."""
    from kgbuilder.building import build, bulk_load, count_files
    from kgbuilder.cli import console as screen
    from kgbuilder.report import BuildReport

    console = screen.set_up(debug)
    settings = options.settings(
        config,
        store=store,
        schema=schema,
        extractor=extractor,
        ray=ray,
        ingest__text_field=text_field,
        cache__enabled=False if no_cache else None,
    )
    report = BuildReport()
    try:
        with screen.build_progress(console, lambda: count_files(paths)) as observer:
            if bulk is None:
                build(paths, settings=settings, prune=prune, observer=observer, report=report)
            else:
                _, written = bulk_load(
                    *(paths, bulk),
                    settings=settings,
                    prune=prune,
                    observer=observer,
                    report=report,
                )
    except KeyboardInterrupt:
        _summarize(console, report)
        console.print("Stopped. What was written stays; the same command goes on from here.")
        raise typer.Exit(130) from None
    _summarize(console, report)
    if bulk is None:
        console.print(f"Look further: kgbuilder stats --store {settings.store}", markup=False)
    else:
        console.print(
            f"{written.documents:,} documents and {written.entities:,} entities in"
            f" {written.rows:,} rows, written in {screen.duration(written.seconds)}. Import them:\n"
            f"  cd {bulk / 'import'} && neo4j-admin database import full @import.args neo4j\n"
            "then start the server and go on with: kgbuilder build --store neo4j://HOST ...",
            markup=False,
            soft_wrap=True,
        )
    if report.failed:
        raise typer.Exit(FAILED)


def _summarize(console: Console, report: BuildReport) -> None:
    from kgbuilder.cli.console import duration
    from kgbuilder.logs import printable

    def say(text: str) -> None:
        console.print(printable(text), markup=False, soft_wrap=True)

    say(
        f"{report.documents:,} documents of {report.files:,} files in"
        f" {duration(report.seconds)}: {report.written:,} written,"
        f" {report.unchanged:,} unchanged, {report.retracted:,} retracted,"
        f" {report.failed:,} failed"
    )
    if report.written:
        rate = report.characters / report.seconds if report.seconds else 0.0
        say(
            f"Found {report.mentions:,} mentions, {report.relations:,} relations and"
            f" {report.events:,} events in {report.chunks:,} chunks"
            f" ({report.cached_chunks:,} from the cache); {rate:,.0f} characters/s"
        )
    say(
        f"Time at work: reading {duration(report.read_seconds)}, extracting"
        f" {duration(report.extract_seconds)}, writing {duration(report.write_seconds)}"
    )
    if report.failures:
        say(f"Failed ({report.failed:,}):")
        for failure in report.failures[:SHOWN_FAILURES]:
            say(f"  {failure.uri}: {failure.reason}")
        if report.failed > SHOWN_FAILURES:
            say(f"  and {report.failed - SHOWN_FAILURES:,} more, named above")
