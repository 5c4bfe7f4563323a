"""What an export wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from graph.export.links import Links

T = TypeVar("T")

Progress = Callable[[int], None]
_STEP = 1000


class Counter:
    """Counts the rows that pass; ``progress`` gets the number so far once every 1,000 rows."""

    def __init__(self, progress: Progress | None = None) -> None:
        self.rows = 0
        self._progress = progress

    def add(self, rows: int) -> None:
        before = self.rows
        self.rows += rows
        if self._progress and self.rows // _STEP > before // _STEP:
            self._progress(self.rows)

    def counted(self, rows: Iterable[T]) -> Iterator[T]:
        for row in rows:
            self.rows += 1
            if self._progress and self.rows % _STEP == 0:
                self._progress(self.rows)
            yield row


@dataclass(frozen=True, slots=True)
class ExportStats:
    """``rows`` are triples or quads in RDF, nodes and relationships in GraphML and CSV.

    ``links`` is what a table of links came to, where one was given.
    """

    format: str
    rows: int
    seconds: float
    links: Links | None = None
