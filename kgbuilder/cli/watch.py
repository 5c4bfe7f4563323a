"""``kgbuilder watch``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgbuilder.cli import options

if TYPE_CHECKING:
    from rich.console import Console

    from kgbuilder.watch.journal import Entry, Journal

NAME = "watch"
#: Files named by ``--status``, of each kind.
SHOWN = 50


def command(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FOLDER...]",
            help="What to watch; with --retry, the files to try again.",
            show_default=False,
        ),
    ] = None,
    store: options.Store = None,
    schema: options.Schema = None,
    extractor: options.Extractor = None,
    config: options.Config = None,
    status: Annotated[
        bool, typer.Option("--status", help="Tell what the daemon does and what failed.")
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try failed files again: all, or those given.")
    ] = False,
    agree: Annotated[
        bool,
        typer.Option("--agree", help="Delete the documents of files that vanished all at once."),
    ] = False,
    poll: Annotated[
        bool, typer.Option("--poll", help="Look through the folders now and then instead.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Serve /health and /metrics here, on loopback."),
    ] = None,
    log: Annotated[str, typer.Option(metavar="text|json", help="Form of the log lines.")] = "text",
    debug: options.Debug = False,
) -> None:
    """Keep the graph what the folders are: new, changed, renamed and deleted files, until Ctrl-C.

    Failed files are tried again with growing pauses, then put aside. A folder that is unmounted
    does not empty the graph.
    """
    from kgbuilder.cli import console as screen

    if log not in ("text", "json"):
        raise typer.BadParameter("--log is text or json")
    console = screen.set_up(debug, json=log == "json")
    settings = options.settings(
        config,
        store=store,
        schema=schema,
        extractor=extractor,
        watch__port=port,
        watch__polling=True if poll else None,
    )
    if status or retry or agree:
        from kgbuilder.errors import InputError
        from kgbuilder.watch.journal import FILE_NAME, Journal
        from kgbuilder.watch.state import state_folder

        state = state_folder(settings)
        if not (state / FILE_NAME).is_file():
            raise InputError(f"Nothing has been watched for {settings.store} ({state})")
        with Journal(state) as journal:
            if agree:
                console.print(f"{journal.agree():,} vanished files: their documents go")
            if retry:
                count = journal.retry(list(map(str, folders or ())))
                console.print(f"{count:,} files are tried again")
            if status and _tell(console, journal, state):
                raise typer.Exit(1)
        return
    if not folders:
        raise typer.BadParameter("name a folder to watch")

    from kgbuilder.watch.daemon import Daemon

    Daemon(folders, settings).run()


def _tell(console: Console, journal: Journal, state: Path) -> bool:
    """Print what the daemon does; whether there is something to see to."""
    from kgbuilder.cli.console import duration
    from kgbuilder.logs import printable
    from kgbuilder.watch.journal import DEAD, FAILED
    from kgbuilder.watch.state import is_running

    def say(text: str) -> None:
        console.print(printable(text), markup=False, soft_wrap=True)

    def name(title: str, entries: list[Entry], total: int) -> None:
        if entries:
            say(f"{title} ({total:,}):")
        for entry in entries:
            reason = entry.reason or "gone"
            tries = f" (tried {entry.attempts} times)" if entry.attempts > 1 else ""
            say(f"  {entry.path}: {reason}{tries}")
        if total > len(entries):
            say(f"  and {total - len(entries):,} more")

    noted = journal.status()
    running = is_running(state)
    doing = noted.get("state", "") if running else "not running"
    age = f", noted {duration(time.time() - noted['noted'])} ago" if noted.get("noted") else ""
    say(f"The daemon: {doing}{age if running else ''}")
    for folder in noted.get("folders", ()):
        say(f"  {folder}{' (away)' if folder in noted.get('away', ()) else ''}")
    if running and noted.get("store_error"):
        say(f"  the store: {noted['store_error']}")
    if running and noted.get("endpoint"):
        say(f"  http://{noted['endpoint']}/health and /metrics")
    counts = journal.counts()
    say(
        f"{journal.total():,} files known, {noted.get('settling', 0):,} waiting,"
        f" {counts[FAILED]:,} to be tried again, {counts[DEAD]:,} given up,"
        f" {counts['held']:,} gone with their documents kept"
    )
    name("To be tried again", journal.in_state(FAILED, SHOWN), counts[FAILED])
    name("Given up", journal.in_state(DEAD, SHOWN), counts[DEAD])
    name("Gone, their documents kept", journal.held(1, SHOWN), counts["held"])
    return bool(counts[DEAD] or counts["held"])
