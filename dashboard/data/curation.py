"""What a person should look at, and their decisions on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dashboard.data.reader import Reader
from dashboard.data.records import DoubtfulFact, Edge
from graph.resolving.decisions import Decision
from graph.store import GraphStore
from kgbuilder import decisions
from kgbuilder.review import Suggestion, suggestions
from kgbuilder.settings import Settings


def doubtful_facts(reader: Reader, below: float, limit: int = 25) -> list[DoubtfulFact]:
    """Relations that are believed less than ``below``: the first found, least sure first."""
    return reader.doubtful_facts(below, limit)


def contradictions(reader: Reader, limit: int = 25) -> list[DoubtfulFact]:
    """Relations of which there can be one, and there are several."""
    found = reader.contradictions(limit)
    return sorted(found, key=lambda fact: (fact.head.name, fact.edge.source, fact.edge.type))


def likely_duplicates(store: GraphStore, limit: int = 25) -> list[Suggestion]:
    """Entities that may be one, and one that may be two, most doubtful first.

    Reads the names of the whole graph: not for every look at a page.
    """
    return suggestions(store=store, limit=limit)


def current_ids(reader: Reader, ids: Sequence[str]) -> dict[str, str]:
    """Where entities are now whose ids are no longer: merges give one of them the other's."""
    return reader.current_ids(ids)


class Curator:
    """Makes decisions on the graph of ``settings``; each opens it for writing, for a moment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def merge(self, one: str, other: str, note: str = "") -> Decision:
        """Hold two entities to be one."""
        return self._do(decisions.merge, one, other, note=note)

    def separate(self, one: str, other: str, note: str = "") -> Decision:
        """Hold two entities to be two."""
        return self._do(decisions.separate, one, other, note=note)

    def split_names(self, entity: str, names: list[str], note: str = "") -> Decision:
        """Take what has these names off an entity."""
        return self._do(decisions.split, entity, names=names, note=note)

    def split_documents(self, entity: str, documents: list[str], note: str = "") -> Decision:
        """Take what these documents mean off an entity."""
        return self._do(decisions.split, entity, documents=documents, note=note)

    def rename(self, entity: str, name: str, note: str = "") -> Decision:
        """Show an entity under another name."""
        return self._do(decisions.rename, entity, name, note=note)

    def retype(self, entity: str, entity_type: str, note: str = "") -> Decision:
        """Give an entity another type."""
        return self._do(decisions.retype, entity, entity_type, note=note)

    def reject(self, edge: Edge, note: str = "") -> Decision:
        """Hold a relation to be wrong, now and later."""
        return self._do(decisions.reject, edge.source, edge.type, edge.target, note=note)

    def undo(self, decision_id: str) -> Decision:
        """Take a decision back."""
        return self._do(decisions.undo, decision_id)

    def _do(self, function: Callable[..., Decision], *arguments: Any, **named: Any) -> Decision:
        return function(*arguments, settings=self._settings, **named)


def documents_of_entity(reader: Reader, id: str, limit: int = 50) -> list[tuple[str, str]]:
    """Ids and titles of documents that speak of an entity."""
    return [(found.id, found.title or found.uri) for found in reader.documents_of(id, limit)]
