"""Running statements in a transaction, in few round trips and with few different texts.

A round trip costs more than the rows of a document, and so does a text that the server has not
seen: it is parsed and planned. Labels and relationship types are part of the text on servers
that do not take them as parameters, so `create_typed` makes texts of all types of the schema,
the same for every document, with empty batches for types that a document does not have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from graph.store.naming import Names, labels_clause

Row = dict[str, Any]
ItemT = TypeVar("ItemT")
GroupT = TypeVar("GroupT", bound=Hashable)

_CHAIN = 16
"""Parts in one text at most: the work of planning one grows faster than its length."""


class Transaction(Protocol):
    """The driver's transaction, as far as the store needs it."""

    def run(self, query: Any, parameters: dict[str, Any] | None = None, /) -> Any: ...


def rows(tx: Transaction, statement: str, **parameters: Any) -> list[Row]:
    """All rows that ``statement`` returns."""
    return [dict(record) for record in tx.run(statement, parameters)]


def run(tx: Transaction, statement: str, /, **parameters: Any) -> None:
    """Run ``statement`` to its end."""
    tx.run(statement, parameters).consume()


def run_batch(tx: Transaction, statement: str, batch: Iterable[Any], **parameters: Any) -> int:
    """Run ``statement`` once for all of ``batch`` (``$rows``), if there is any; its size."""
    items = list(batch)
    if items:
        run(tx, statement, rows=items, **parameters)
    return len(items)


def run_chain(tx: Transaction, parts: Sequence[tuple[str, Sequence[Any]]]) -> None:
    """Run several statements on batches (``$rows``), one after the other, in one round trip.

    Each part sees what the ones before it wrote. Nothing is sent if all batches are empty.
    """
    text, batches = _numbered(parts, " WITH count(*) AS done ")
    if any(map(bool, batches.values())):
        run(tx, text, **batches)


def _numbered(
    parts: Sequence[tuple[str, Sequence[Any]]], between: str
) -> tuple[str, dict[str, Sequence[Any]]]:
    """One text of all statements, each with a parameter of its own for its rows."""
    text = between.join(
        statement.replace("$rows", f"$rows{index}") for index, (statement, _) in enumerate(parts)
    )
    return text, {f"rows{index}": list(batch) for index, (_, batch) in enumerate(parts)}


def properties_clause(row: str, names: Iterable[str]) -> str:
    """``{name: row.name, ...}``, the properties of what is created; null ones are left out.

    Setting them afterwards instead would write what is created twice (on ArcadeDB).
    """
    return f"{{{', '.join(f'{name}: {row}.{name}' for name in names)}}}"


def create_typed(
    tx: Transaction,
    statement: str,
    batches: Mapping[Names, Sequence[Row]],
    known: Collection[Names],
    *,
    dynamic: bool,
) -> None:
    """Run ``statement``, in which ``:TYPE`` stands for labels or a type, for each batch.

    ``known`` are the schema's names, ``batches`` may have others. ``dynamic`` servers take
    names as parameters.
    """
    for parts in _typed(statement, batches, known, dynamic=dynamic):
        run_chain(tx, parts)


def create_nodes(
    tx: Transaction,
    statement: str,
    batches: Mapping[Names, Sequence[Row]],
    known: Collection[Names],
    *,
    dynamic: bool,
) -> dict[str, str]:
    """As `create_typed`; element ids by ids, which ``statement`` returns as ``element``, ``id``."""
    made: dict[str, str] = {}
    for parts in _typed(statement, batches, known, dynamic=dynamic):
        text, batch = _numbered(parts, " UNION ALL ")
        if any(map(bool, batch.values())):
            made |= {row["id"]: row["element"] for row in rows(tx, text, **batch)}
    return made


def _typed(
    statement: str,
    batches: Mapping[Names, Sequence[Row]],
    known: Collection[Names],
    *,
    dynamic: bool,
) -> Iterator[Sequence[tuple[str, Sequence[Row]]]]:
    """The parts of each text that together run ``statement`` for all batches."""
    if dynamic:
        named = [row | {"type": list(names)} for names in sorted(batches) for row in batches[names]]
        yield [(statement.replace(":TYPE", ":$(row.type)"), named)]
        return
    every = sorted({*known, *batches})
    for start in range(0, len(every), _CHAIN):
        yield [
            (statement.replace(":TYPE", labels_clause(names)), batches.get(names, ()))
            for names in every[start : start + _CHAIN]
        ]


def grouped(
    items: Iterable[ItemT], key: Callable[[ItemT], GroupT]
) -> list[tuple[GroupT, list[ItemT]]]:
    """``items`` by ``key``, groups in the order of their first items."""
    groups: defaultdict[GroupT, list[ItemT]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return list(groups.items())
