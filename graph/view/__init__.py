"""What people ask of a graph while they look at it: bounded questions, whatever the store.

    from graph.view import view_of

    view = view_of(store)           # of a property graph by Cypher, of RDF by SPARQL
    view.neighbours(id, limit=50)

`graph.view.protocol.GraphView` says what can be asked, `graph.view.records` what the answers are.
"""

from graph.view.naming import Naming
from graph.view.opening import view_of
from graph.view.protocol import GraphView

__all__ = ["GraphView", "Naming", "view_of"]
