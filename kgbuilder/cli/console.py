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

if TYPE_CHECKING:
    from kgbuilder.report import BuildReport

logger = logging.getLogger("kgbuilder")

#: Seconds between two lines of progress where there is no terminal.
LINE_INTERVAL = 10.0
OWN_LOGGERS = ("kgbuilder", "graph", "model", "ingest")


def set_up(debug: bool) -> Console:
    """Send log lines to standard error; returns the console that writes there."""
    console = Console(stderr=True, highlight=False)
    handler: logging.Handler
    if console.is_terminal:
        from rich.logging import RichHandler

        handler = RichHandler(
            console=console, show_path=False, show_time=False, rich_tracebacks=False
        )
        handler.setFormatter(logging.Formatter("%(message)s"))
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG if debug else logging.INFO)
    return console


@contextmanager
def build_progress(
    console: Console, count_files: Callable[[], int]
) -> Iterator[Callable[[BuildReport], None]]:
    """Shows how a build goes on; gives the observer that the build calls.

    ``count_files`` tells how many files there are. It runs beside the build, which does not
    wait for it.
    """
    total = _Total(count_files)
    if console.is_terminal:
        with _bar(console, total) as observe:
            yield observe
    else:
        yield _lines(total)


class _Total:
    """The number of files, None until it is known."""

    def __init__(self, count_files: Callable[[], int]) -> None:
        self.files: int | None = None
        self._count_files = count_files
        Thread(target=self._count, name="count", daemon=True).start()

    def _count(self) -> None:
        try:
            self.files = self._count_files()
        except Exception:
            logger.debug("Counting the files failed", exc_info=True)


@contextmanager
def _bar(console: Console, total: _Total) -> Iterator[Callable[[BuildReport], None]]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task("Building", total=None, rate="")
        start = monotonic()

        def observe(report: BuildReport) -> None:
            progress.update(
                task,
                completed=report.files,
                total=total.files,
                rate=_rate(report, monotonic() - start),
            )

        yield observe


def _lines(total: _Total) -> Callable[[BuildReport], None]:
    start = last = monotonic()

    def observe(report: BuildReport) -> None:
        nonlocal last
        now = monotonic()
        if now - last < LINE_INTERVAL:
            return
        last = now
        of = f" of {total.files}" if total.files is not None else ""
        left = ""
        if total.files and report.files:
            seconds = (now - start) / report.files * (total.files - report.files)
            left = f", about {duration(seconds)} left"
        logger.info("%d%s files, %s%s", report.files, of, _rate(report, now - start), left)

    return observe


def _rate(report: BuildReport, seconds: float) -> str:
    if seconds <= 0:
        return ""
    return (
        f"{report.documents / seconds:,.1f} documents/s,"
        f" {report.characters / seconds:,.0f} characters/s"
    )


def duration(seconds: float) -> str:
    """Seconds for people: ``8.2 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
