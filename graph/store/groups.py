"""Writing many documents together without one taking the others with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from graph.records import DocumentGraph
from graph.store.writing import WriteResult

Write = Callable[[Sequence[DocumentGraph]], list[WriteResult]]
"""Writes different documents in one transaction."""


def write_in_groups(
    graphs: Iterable[DocumentGraph], write: Write, require_alive: Callable[[Exception], None]
) -> list[WriteResult | Exception]:
    """Each document's result, or why it could not be written.

    Where a group fails, its documents are written one by one. ``require_alive`` raises where no
    document would fare better than the one that met an error.
    """
    results: list[WriteResult | Exception] = []
    for group in _distinct(graphs):
        try:
            results += write(group)
        except Exception as error:
            require_alive(error)
            if len(group) == 1:
                results.append(error)
            else:
                for graph in group:
                    results += write_in_groups([graph], write, require_alive)
    return results


def _distinct(graphs: Iterable[DocumentGraph]) -> Iterator[list[DocumentGraph]]:
    """``graphs`` in groups that hold no document twice, in their order."""
    group: dict[str, DocumentGraph] = {}
    for graph in graphs:
        if graph.document.id in group:
            yield list(group.values())
            group = {}
        group[graph.document.id] = graph
    if group:
        yield list(group.values())
