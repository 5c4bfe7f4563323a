"""Sorting more than memory holds: sorted runs on disk, merged when they are read."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import TextIO

from ingest.closing import Closing

_BETWEEN = "\x1f"


class Sorter(Closing):
    """Groups values by their keys; its runs are files in ``folder`` with names of their own.

    Keys hold no line ends and no control characters, values no line ends. About ``characters``
    of them are held in memory.
    """

    def __init__(self, folder: Path, name: str, characters: int = 64_000_000) -> None:
        self._folder = folder
        self._name = name
        self._most = characters
        self._lines: list[str] = []
        self._held = 0
        self._runs: list[Path] = []
        self._open = ExitStack()

    def add(self, key: str, value: str) -> None:
        """Take a value in."""
        line = f"{key}{_BETWEEN}{value}\n"
        self._lines.append(line)
        self._held += len(line)
        if self._held > self._most:
            self._write_run()

    def groups(self) -> Iterator[tuple[str, Iterator[str]]]:
        """Each key with its values, both sorted; once, and in this order only."""
        if self._runs:
            self._write_run()
            lines: Iterator[str] = heapq.merge(*map(self._opened, self._runs))
        else:
            self._lines.sort()
            lines = iter(self._lines)
        pairs = (line[:-1].split(_BETWEEN, 1) for line in lines)
        for key, some in groupby(pairs, key=lambda pair: pair[0]):
            yield key, (value for _, value in some)

    def close(self) -> None:
        """Remove the runs."""
        self._open.close()
        for path in self._runs:
            path.unlink(missing_ok=True)
        self._lines = []

    def _opened(self, path: Path) -> TextIO:
        return self._open.enter_context(path.open(encoding="utf-8", newline="\n"))

    def _write_run(self) -> None:
        path = self._folder / f"{self._name}.{len(self._runs)}.run"
        self._lines.sort()
        self._runs.append(path)
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(self._lines)
        self._lines, self._held = [], 0
