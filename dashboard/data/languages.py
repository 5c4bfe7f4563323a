"""What a store is asked in by people who type queries."""

from __future__ import annotations

from dashboard.data.cypher import Cypher
from dashboard.data.queries import Language
from dashboard.data.sparql import Sparql
from graph.kinds import by_kind
from graph.store import GraphStore


def query_language_of(store: GraphStore) -> Language:
    """Cypher or SPARQL.

    Raises:
        StoreError: it is of a kind of its own.
    """
    return by_kind(store, Cypher, Sparql)
