"""Telling kinds of store apart: those that are asked in Cypher, and those in SPARQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from graph.rdf.store import RdfStore
from graph.store import GraphStore, Store, StoreError

OneT = TypeVar("OneT")
OtherT = TypeVar("OtherT")


def by_kind(
    store: GraphStore,
    property_graph: Callable[[Store], OneT],
    rdf: Callable[[RdfStore], OtherT],
) -> OneT | OtherT:
    """What the function for its kind makes of a store.

    Raises:
        StoreError: it is of a kind of its own.
    """
    if isinstance(store, Store):
        return property_graph(store)
    if isinstance(store, RdfStore):
        return rdf(store)
    raise StoreError(f"{store.url} is no property graph and no RDF store")
