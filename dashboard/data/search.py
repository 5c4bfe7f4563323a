"""Finding entities by name, in any language."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.data.reader import Reader
from dashboard.data.records import Hit, Node
from graph.view.naming import others

_CANDIDATES = 100


def search(reader: Reader, text: str, types: Sequence[str] = (), limit: int = 20) -> list[Hit]:
    """Entities with a name that has words beginning with those of ``text``; best first."""
    found = reader.search(text, _CANDIDATES if types else limit)
    found = [hit for hit in found if not types or hit.type in types][:limit]
    ids = [hit.id for hit in found]
    nodes = {node.id: node for node in reader.nodes(ids)}
    counts = reader.occurrences(ids)
    hits = []
    for one in found:
        node = nodes.get(one.id)
        if node is not None and one.id in counts:
            documents, events = counts[one.id]
            hits.append(
                Hit(
                    node=node,
                    aliases=others(node.name, one.name, one.aliases),
                    relations=max(0, node.degree - events),
                    events=events,
                    documents=documents,
                )
            )
    return hits


def suggestions(reader: Reader, text: str, limit: int = 6) -> list[Node]:
    """The first of a search, without counts."""
    return reader.nodes(hit.id for hit in reader.search(text, limit))
