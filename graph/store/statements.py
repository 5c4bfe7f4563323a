"""Running statements in a transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import Any, Protocol, TypeVar

Row = dict[str, Any]
ItemT = TypeVar("ItemT")
GroupT = TypeVar("GroupT", bound=Hashable)


class Transaction(Protocol):
    """The driver's transaction, as far as the store needs it."""

    def run(self, query: str, parameters: dict[str, Any] | None = None, /) -> Any: ...


def rows(tx: Transaction, statement: str, **parameters: Any) -> list[Row]:
    """All rows that ``statement`` returns."""
    return [dict(record) for record in tx.run(statement, parameters)]


def run(tx: Transaction, statement: str, **parameters: Any) -> None:
    """Run ``statement`` to its end."""
    tx.run(statement, parameters).consume()


def run_batch(tx: Transaction, statement: str, batch: Iterable[Any], **parameters: Any) -> int:
    """Run ``statement`` once for all of ``batch`` (``$rows``), if there is any; its size."""
    items = list(batch)
    if items:
        run(tx, statement, rows=items, **parameters)
    return len(items)


def grouped(
    items: Iterable[ItemT], key: Callable[[ItemT], GroupT]
) -> list[tuple[GroupT, list[ItemT]]]:
    """``items`` by ``key``, groups in the order of their first items."""
    groups: defaultdict[GroupT, list[ItemT]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return list(groups.items())
