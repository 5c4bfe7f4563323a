"""What can be asked of a graph by those who look at it, the explorer first.

Every kind of store answers it: property graphs by Cypher (`graph.view.cypher`), RDF by SPARQL
(`graph.view.sparql`). Get one by `graph.view.view_of`. Ids are those of the property graph in both
(hexadecimal, not IRIs); relationship types and roles are its too (``PLACE_OF_BIRTH``), types of
entities and events the schema's names. Answers are bounded by the limits given, whatever the size
of the graph, and read no more than an index leads to, unless it is said.

Queries that people type are none of this: they go to the store itself (``Store.stream`` for
Cypher, ``RdfStore.sparql``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

from graph.export.source import EntityRow
from graph.store.facts import Evidence, Fact
from graph.store.search import Hit
from graph.store.tally import Tally
from graph.view.records import (
    ChunkInfo,
    DocumentInfo,
    DoubtfulFact,
    Edge,
    EntityDetails,
    EventRow,
    MentionInfo,
    NeighbourCount,
    Node,
    Overview,
    Statements,
)
from model.schema import Schema

EdgeEnds = tuple[str, str, str]
"""Start, relationship type, end."""


class GraphView(Protocol):
    """Any number of threads may ask. All raise StoreError where the store cannot be read."""

    @property
    def schema(self) -> Schema | None:
        """The schema that documents were last written with; None of an empty store."""
        ...

    def overview(self) -> Overview:
        """How much there is of each type."""
        ...

    # ------------------------------------------------------------------ documents

    def newest_documents(self, limit: int) -> list[DocumentInfo]:
        """Those written last, the newest first."""
        ...

    def find_documents(self, text: str, limit: int) -> list[DocumentInfo]:
        """Documents whose title or address holds ``text``, in any case. Reads all titles."""
        ...

    def documents_of(self, entity: str, limit: int) -> list[DocumentInfo]:
        """The documents that speak of an entity."""
        ...

    def document(self, id: str) -> DocumentInfo | None:
        """A document by its id."""
        ...

    # ------------------------------------------------------------------ nodes

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        """The entities whose name or an alias has words that begin with those of ``text``; Chinese
        text is found anywhere in a name. Best first (see `graph.store.search.ranked`)."""
        ...

    def nodes(self, ids: Iterable[str], *, degrees: bool = True) -> list[Node]:
        """The entities and events with these ids that exist, in the order of ``ids``, with their
        degrees: counting those of nodes that have very many takes its time."""
        ...

    def degrees(self, ids: Iterable[str]) -> dict[str, int]:
        """How many relationships to entities and events each entity or event has."""
        ...

    def entity(self, id: str) -> EntityDetails | None:
        """An entity with what is known of its names."""
        ...

    def entity_rows(self, ids: Iterable[str]) -> list[EntityRow]:
        """Entities as an export has them, sorted by id."""
        ...

    def occurrences(self, ids: Iterable[str]) -> dict[str, tuple[int, int]]:
        """For each entity, how many local entities it is made of, and in how many events it is."""
        ...

    def current_ids(self, ids: Iterable[str]) -> dict[str, str]:
        """Where entities are now whose ids are no longer: merges give one of them the other's."""
        ...

    def entities_of(self, documents: Collection[str], limit: int) -> list[str]:
        """Ids of entities, values left out, of which these documents speak."""
        ...

    def tallies(self) -> Iterator[tuple[str, str, str, Tally]]:
        """Id, name, type and tally of every entity that is no value. Reads all of them."""
        ...

    # ------------------------------------------------------------------ edges

    def edge(self, source: str, type: str, target: str) -> Edge | None:
        """A relation between two entities, or an event's argument."""
        ...

    def edges_among(self, nodes: Collection[Node], limit: int) -> list[Edge]:
        """The edges whose ends are both among ``nodes``; their degrees tell where to look."""
        ...

    def joining(self, some: Collection[str], others: Collection[str]) -> list[Edge]:
        """The relations between an entity of ``some`` and one of ``others``, either way. Looks at
        each pair and at no other neighbours."""
        ...

    def neighbour_counts(self, id: str) -> list[NeighbourCount]:
        """How many relationships of each kind an entity or event has, in no order."""
        ...

    def neighbours(self, id: str, types: Collection[str], limit: int) -> list[tuple[Edge, Node]]:
        """The relationships of an entity or event (of all types where none is given) with the
        nodes at their other ends, whose degrees are left out. In no order."""
        ...

    def steps(
        self, ids: Collection[str], each: int, through_values: bool, ends: Collection[str]
    ) -> list[Edge]:
        """At most ``each`` edges of every entity, and the arguments of every event, in ``ids``.

        Those to values are left out unless ``through_values``, or the value is one of ``ends``.
        """
        ...

    # ------------------------------------------------------------------ facts

    def statements_of(self, keys: Collection[EdgeEnds]) -> dict[EdgeEnds, Statements]:
        """Who states each of the relations that there are."""
        ...

    def doubtful_facts(self, below: float, limit: int) -> list[DoubtfulFact]:
        """Relations of lower confidence than ``below``: the first found, least sure first."""
        ...

    def contradictions(self, limit: int) -> list[DoubtfulFact]:
        """Relations of which there can be one, and there are several (functional ones)."""
        ...

    def evidence(self, source: str, type: str, target: str) -> list[Evidence]:
        """Every statement of a relation, turned to run from ``source`` to ``target``."""
        ...

    def facts_of(self, document: str) -> list[Fact]:
        """The relations that a document states, those that people rejected included."""
        ...

    # ------------------------------------------------------------------ texts

    def chunks(self, ids: Iterable[str]) -> list[ChunkInfo]:
        """Chunks by their ids, with their documents."""
        ...

    def window(self, document: str, start: int, end: int) -> list[ChunkInfo]:
        """The chunks of a document that have a part between two offsets, in order."""
        ...

    def mentions(
        self, chunks: Collection[str], targets: Collection[str] | None = None
    ) -> list[MentionInfo]:
        """The mentions in chunks, of all entities and events or of these, sorted by place."""
        ...

    def mentions_of(self, entity: str, skip: int, limit: int) -> list[MentionInfo]:
        """Mentions of an entity."""
        ...

    def mention_starts(self, document: str, limit: int) -> list[int]:
        """Where a document mentions entities and events."""
        ...

    # ------------------------------------------------------------------ events

    def event_ids(
        self,
        *,
        limit: int,
        types: Collection[str] = (),
        participant: str = "",
        words: str = "",
        dated: tuple[str, str] | None = None,
        document: str = "",
    ) -> list[str]:
        """Events of some types, in which an entity takes part, or else one whose name holds
        ``words``, or else with a date from the first of ``dated`` up to before the second (ISO
        8601), of one document."""
        ...

    def events(self, ids: Sequence[str]) -> list[EventRow]:
        """These events, with their arguments sorted by role and name."""
        ...

    def event_dates(self, limit: int) -> list[str]:
        """ISO 8601 dates of the events, one for each that an event has, the first found."""
        ...
