"""Labels: what spans and pairs of spans can be, and the text that stands for each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """What a label is of; each kind adds its own vector to the label's."""

    ENTITY = 0
    TRIGGER = 1
    ARGUMENT = 2
    RELATION = 3
    ROLE = 4
    COREFERENCE = 5


SPAN_KINDS = (Kind.ENTITY, Kind.TRIGGER, Kind.ARGUMENT)

COREFERENCE_LABEL = "refers to the same entity"
PRONOUN_LABEL = "pronoun that refers to an entity"
NOMINAL_LABEL = "noun phrase without a name that refers to an entity"


@dataclass(frozen=True, slots=True)
class Label:
    """A type or role on offer, and what kind of thing it labels."""

    kind: Kind
    name: str


LONGEST_DESCRIPTION = 100  # characters


def label_text(name: str, description: str = "") -> str:
    """What the encoder reads for a label; of its description the first sentence, cut."""
    description = description.split(". ")[0].strip().rstrip(".")
    return f"{name}: {description[:LONGEST_DESCRIPTION]}" if description else name
