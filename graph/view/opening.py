"""The view of a store."""

from __future__ import annotations

from graph.rdf.store import RdfStore
from graph.store import GraphStore, Store, StoreError
from graph.view.cypher import CypherView
from graph.view.protocol import GraphView
from graph.view.sparql import SparqlView


def view_of(store: GraphStore) -> GraphView:
    """What can be asked of an open store, which has to stay open as long.

    Raises:
        StoreError: it is of a kind of its own.
    """
    if isinstance(store, Store):
        return CypherView(store)
    if isinstance(store, RdfStore):
        return SparqlView(store)
    raise StoreError(f"{store.url} cannot be looked at: it is no property graph and no RDF store")
