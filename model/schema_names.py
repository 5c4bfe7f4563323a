"""Graph names of schema types: node labels and relationship types.

Labels are PascalCase and relationship types UPPER_SNAKE (Neo4j's naming rules). Scripts without
case, such as Chinese, keep their characters. The results hold letters, digits, combining marks
and underscores only, so that they are safe inside back-quotes whatever the schema says.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

RESERVED_LABELS = frozenset(
    {"Document", "Chunk", "Entity", "Value", "Event", "EntityKey", "GraphSettings"}
)
RESERVED_RELATIONSHIP_TYPES = frozenset({"PART_OF", "MENTIONS", "HAS_ENTITY", "KEY_OF"})

_CAMEL_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_APOSTROPHES = re.compile("['’ʼ]")


@lru_cache(maxsize=4096)
def graph_label(name: str) -> str:
    """The node label of an entity or event type: ``political party`` -> ``PoliticalParty``.

    A name whose label the graph uses for itself gets the suffix ``Type`` (``event`` ->
    ``EventType``), so that data sets with such types need no renaming.
    """
    label = "".join(word[:1].upper() + word[1:] for word in _words(name))
    label = _leading_letter(label)
    return label + "Type" if label in RESERVED_LABELS else label


@lru_cache(maxsize=4096)
def relationship_type(name: str) -> str:
    """The relationship type of a relation or role: ``place of birth`` -> ``PLACE_OF_BIRTH``.

    A name whose type the graph uses for itself gets the suffix ``_ENTITY`` (``part of`` ->
    ``PART_OF_ENTITY``).
    """
    words = [part for word in _words(name) for part in _CAMEL_BREAK.split(word)]
    kind = _leading_letter("_".join(words).upper())
    return kind + "_ENTITY" if kind in RESERVED_RELATIONSHIP_TYPES else kind


def _words(name: str) -> list[str]:
    text = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", name))
    words = "".join(c if _is_word_character(c) else " " for c in text).split()
    if not words:
        raise ValueError(f"the name {name!r} holds no letter or digit")
    return words


def _is_word_character(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character) in ("Mn", "Mc")


def _leading_letter(name: str) -> str:
    # Cypher takes names that begin with a digit only in back-quotes; people type without them.
    return "_" + name if name[0].isdigit() else name
