"""What people see while a command works: log lines, and a progress bar on a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console

from kgbuilder.logs import JsonFormatter, LineFormatter

if TYPE_CHECKING:
    from kgbuilder.report import BuildReport

logger = logging.getLogger("kgbuilder")

#: Seconds between two lines of progress where there is no terminal.
LINE_INTERVAL = 10.0
OWN_LOGGERS = ("kgbuilder", "graph", "model", "ingest")


def set_up(debug: bool, *, json: bool = False) -> Console:
    """Send log lines, as JSON objects if so asked, to standard error; returns the console that
    writes there."""
    console = Console(stderr=True, highlight=False)
    handler: logging.Handler
    if json:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
    elif console.is_terminal:
        from rich.logging import RichHandler

        handler = RichHandler(
            console=console, show_path=False, show_time=False, rich_tracebacks=False
        )
        handler.setFormatter(LineFormatter("%(message)s"))
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(LineFormatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG if debug else logging.INFO)
    return console


Show = Callable[[float, float | None, str], None]
"""Shows ``done`` of ``total`` (None: not known yet) in some unit, and a text."""


@contextmanager
def progress(console: Console, title: str) -> Iterator[Show]:
    """A bar with the time left on a terminal, else a line of the log now and then."""
    if not console.is_terminal:
        yield _lines(title)
        return
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task(title, total=None, state="")

        def show(done: float, total: float | None, state: str) -> None:
            bar.update(task, completed=done, total=total, state=state)

        yield show


def _lines(title: str) -> Show:
    start = last = monotonic()

    def show(done: float, total: float | None, state: str) -> None:
        nonlocal last
        now = monotonic()
        if now - last < LINE_INTERVAL:
            return
        last = now
        left = ""
        if total and done:
            left = f", about {duration((now - start) / done * (total - done))} left"
        logger.info("%s: %s%s", title, state, left)

    return show


@contextmanager
def build_progress(
    console: Console, count_files: Callable[[], int]
) -> Iterator[Callable[[BuildReport], None]]:
    """Shows how a build goes on; gives the observer that the build calls.

    ``count_files`` tells how many files there are. It runs beside the build, which does not
    wait for it.
    """
    total: list[int] = []

    def count() -> None:
        try:
            total.append(count_files())
        except Exception:
            logger.debug("Counting the files failed", exc_info=True)

    Thread(target=count, name="count", daemon=True).start()
    with progress(console, "Building") as show:
        start = monotonic()

        def observe(report: BuildReport) -> None:
            files = total[0] if total else None
            of = f" of {files:,}" if files is not None else ""
            speed = rate(report.documents, "documents", report.characters, monotonic() - start)
            show(report.files, files, f"{report.files:,}{of} files, {speed}")

        yield observe


def rate(items: int, unit: str, characters: int, seconds: float) -> str:
    """``3.1 documents/s, 2,000 characters/s``."""
    seconds = max(seconds, 1e-3)
    return f"{items / seconds:,.1f} {unit}/s, {characters / seconds:,.0f} characters/s"


def duration(seconds: float) -> str:
    """Seconds for people: ``8.2 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
