"""The view of an RDF store, by SPARQL 1.1.

The questions lie by subject in modules of their own, as in `graph.view.cypher`.
"""

from __future__ import annotations

from graph.view.sparql.counts import Counts
from graph.view.sparql.events import Events
from graph.view.sparql.facts import Facts
from graph.view.sparql.texts import Texts


class SparqlView(Counts, Facts, Texts, Events):
    """See `graph.view.protocol.GraphView`."""
