"""What each part of the view asks the store by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graph.store import Store
from graph.view.cypher.columns import Row, as_mention, as_node
from graph.view.naming import Naming
from graph.view.records import MentionInfo, Node
from model.schema import Schema


class Asking:
    """A property graph that is asked in Cypher."""

    def __init__(self, store: Store, naming: Naming) -> None:
        self._store = store
        self._naming = naming

    @property
    def schema(self) -> Schema | None:
        return self._store.schema

    def _rows(self, cypher: str, **parameters: Any) -> Sequence[Row]:
        return self._store.query(cypher, parameters)

    def _node(self, row: Row, degree: int = 0) -> Node:
        """From the columns of `NODE`."""
        return as_node(row, self._naming, degree)

    def _mention(self, row: Row) -> MentionInfo:
        """From the columns of `MENTION`."""
        return as_mention(row, self._naming)
