"""The view of a property graph, by Cypher that Neo4j and ArcadeDB both answer.

The questions lie by subject in modules of their own, as in `graph.view.sparql`.
"""

from __future__ import annotations

from graph.view.cypher.counts import Counts
from graph.view.cypher.documents import Documents
from graph.view.cypher.edges import Edges
from graph.view.cypher.events import Events
from graph.view.cypher.facts import Facts
from graph.view.cypher.nodes import Nodes
from graph.view.cypher.texts import Texts


class CypherView(Counts, Documents, Nodes, Edges, Facts, Texts, Events):
    """See `graph.view.protocol.GraphView`."""
