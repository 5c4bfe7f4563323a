"""Which IRI a node has, and what an IRI stands for.

The graph of a store, and an export as TriG or N-Quads, is a data set of

- ``<base>graph/schema``: the schema as an ontology;
- ``<base>graph/entities``: the canonical entities, with class, name, aliases and value;
- ``<base>graph/decisions``: what people decided about them;
- ``<base>graph/<document id>`` for every document: all that it states, and nothing else.

So facts lead from canonical entity to canonical entity, and dropping a document's graph retracts
all that it states. What other documents' merges make of its entities lies in its own graph too:
each local entity (``<base>local/<document id>/<local id>``) says which entity it was resolved to.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import unquote

from model.ontology.iris import checked_base, segment
from model.ontology.vocabulary import SchemaTerms
from model.schema import Schema
from model.schema_names import relationship_type

ENTITIES = "entities"


class Layout:
    """The IRIs of one graph, in angle brackets, as they stand in N-Triples and SPARQL.

    Raises:
        ValueError: the base or an IRI of the schema is invalid.
    """

    def __init__(self, schema: Schema, base: str) -> None:
        self.base = checked_base(base)
        self.schema = schema
        self.terms = SchemaTerms(schema, self.base)
        self.entities = f"<{self.base}graph/{ENTITIES}>"
        self.ontology = f"<{self.base}graph/schema>"
        self._relations = {relationship_type(r.name): r.name for r in schema.relations}
        self._roles = {
            relationship_type(role.name): role.name
            for event in schema.events
            for role in event.roles
        }
        # One document names the same entities, chunks and types again and again.
        cache = lru_cache(maxsize=8192)
        self.entity = cache(self._entity)
        self.chunk = cache(self._chunk)
        self.relation = cache(lambda name: str(self.terms.relation(name)))
        self.role = cache(lambda event, name: str(self.terms.role(event, name)))
        self.event_type = cache(lambda name: str(self.terms.event(name)))
        self.relation_name = cache(self._relation_name)
        self.role_name = cache(self._role_name)
        self.segment = cache(segment)

    def schema_lines(self) -> list[str]:
        """The schema as an ontology."""
        return [f"{t.subject} {t.predicate} {t.object}" for t in self.terms.triples()]

    def _entity(self, id: str) -> str:
        return f"<{self.base}entity/{segment(id)}>"

    def _chunk(self, id: str) -> str:
        # A chunk's id is `<document>#<index>`; in a path that is two segments.
        document, index = id.rsplit("#", 1)
        return f"<{self.base}chunk/{segment(document)}/{segment(index)}>"

    def _relation_name(self, type: str) -> str:
        """The schema's name of a relation that a property graph knows by its type."""
        return self._relations.get(relationship_type(type), type)

    def _role_name(self, type: str) -> str:
        return self._roles.get(relationship_type(type), type)

    def graph(self, document: str) -> str:
        return f"<{self.base}graph/{segment(document)}>"

    def document(self, id: str) -> str:
        return f"<{self.base}document/{segment(id)}>"

    def local(self, document: str, local: str) -> str:
        return f"<{self.base}local/{segment(document)}/{segment(local)}>"

    def event(self, id: str) -> str:
        return f"<{self.base}event/{segment(id)}>"

    def parts(self, iri: str, kind: str) -> list[str]:
        """The ids in an IRI (without angle brackets) of the kind ``entity``, ``local``, ...

        Raises:
            ValueError: it is none of this kind.
        """
        start = f"{self.base}{kind}/"
        if not iri.startswith(start):
            raise ValueError(f"{iri} is no {kind} of the graph {self.base}")
        return [unquote(part) for part in iri[len(start) :].split("/")]
