"""What each part of the view asks the store by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graph.store import Store
from graph.view.cypher.columns import Row
from model.schema import Schema


class Asking:
    """A property graph that is asked in Cypher."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def schema(self) -> Schema | None:
        return self._store.schema

    def _rows(self, cypher: str, **parameters: Any) -> Sequence[Row]:
        return self._store.query(cypher, parameters)
