"""The view of a store."""

from __future__ import annotations

from graph.kinds import by_kind
from graph.store import GraphStore
from graph.view.cypher import CypherView
from graph.view.naming import Naming
from graph.view.protocol import GraphView
from graph.view.sparql import SparqlView


def view_of(store: GraphStore, naming: Naming = Naming()) -> GraphView:  # noqa: B008 - frozen
    """What can be asked of an open store, which has to stay open as long. ``naming`` says which of
    their names entities are shown by.

    Raises:
        StoreError: it is of a kind of its own.
    """
    return by_kind(
        store, lambda graph: CypherView(graph, naming), lambda graph: SparqlView(graph, naming)
    )
