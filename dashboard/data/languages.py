"""What a store is asked in by people who type queries."""

from __future__ import annotations

from dashboard.data.cypher import Cypher
from dashboard.data.queries import Language
from dashboard.data.sparql import Sparql
from graph.rdf.store import RdfStore
from graph.store import GraphStore, Store, StoreError


def language_of(store: GraphStore) -> Language:
    """Cypher or SPARQL.

    Raises:
        StoreError: it is of a kind of its own.
    """
    if isinstance(store, Store):
        return Cypher(store)
    if isinstance(store, RdfStore):
        return Sparql(store)
    raise StoreError(f"no queries can be typed for {store.url}")
