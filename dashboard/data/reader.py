"""What is read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from model.schema import Schema

Row = dict[str, Any]


class Reader(Protocol):
    """A property graph, as far as the explorer needs it (`graph.store.Store` is one)."""

    @property
    def schema(self) -> Schema | None: ...

    def query(
        self, cypher: str, parameters: Mapping[str, Any] | None = None, /
    ) -> Sequence[Row]: ...
