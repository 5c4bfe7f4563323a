"""Somewhere to begin."""

from __future__ import annotations

from dashboard.data.reader import Reader

_DOCUMENTS = 8
_ENTITIES = 400
_NODES = 40


def sample(reader: Reader) -> list[str]:
    """The best connected entities of the newest documents."""
    documents = [document.id for document in reader.newest_documents(_DOCUMENTS)]
    found = reader.degrees(reader.entities_of(documents, _ENTITIES))
    return sorted(found, key=lambda id: (-found[id], id))[:_NODES]
