"""Names of labels in the other language, so that a model learns to read both for any text."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import yaml

from model.schema import EntityType, EventType, RelationType, Role
from model.schema_loader import available_schemas, load_schema
from model.span.labels import Kind
from model.span.vocabulary import read_jsonl

TRAIN = Path(__file__).parent.parent.parent / "configs" / "train"
TRANSLATIONS = TRAIN / "label_translations.yaml"
PARAPHRASES = TRAIN / "label_paraphrases.yaml"


def label_translations(labels: Path) -> dict[str, str]:
    """Lower-case label to its name in the other of English and Chinese.

    From property names of Wikidata (``labels``, the file ``lex/labels``), the ready schemas, and a
    hand-made list, the later overriding the earlier.
    """
    table: dict[str, str] = {}
    for row in read_jsonl(labels):
        if row["kind"] == "property" and row.get("en") and row.get("zh"):
            for name in (row["en"]["label"], *row["en"].get("aliases", [])):
                table.setdefault(name.lower(), row["zh"]["label"])
    for name in available_schemas():
        if name.endswith(("-en", "-zh")):
            continue
        schema = load_schema(name)
        items: list[EntityType | RelationType | EventType | Role] = [
            *schema.entities,
            *schema.relations,
            *schema.events,
            *(role for event in schema.events for role in event.roles),
        ]
        for item in items:
            if "en" in item.labels and "zh" in item.labels:
                table[item.labels["en"].lower()] = item.labels["zh"]
                table.setdefault(item.labels["zh"].lower(), item.labels["en"])
    by_hand = yaml.safe_load(TRANSLATIONS.read_text("utf-8"))
    return table | by_hand["en"] | by_hand["zh"]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Paraphrases:
    """Names that mean the same, by kind and lower-case name (``label_paraphrases.yaml``).

    People name a type in many ways; a model that has seen one name only learns it by heart.
    """

    groups: dict[tuple[Kind, str], tuple[str, ...]]

    @classmethod
    def load(cls, path: Path = PARAPHRASES) -> Paraphrases:
        groups: dict[tuple[Kind, str], tuple[str, ...]] = {}
        layers = yaml.safe_load(path.read_text("utf-8"))
        for layer, kinds in (
            ("entities", (Kind.ENTITY,)),
            ("relations", (Kind.RELATION,)),
            ("events", (Kind.TRIGGER,)),
            ("roles", (Kind.ARGUMENT, Kind.ROLE)),
        ):
            members: defaultdict[str, list[str]] = defaultdict(list)
            for names in layers[layer]:
                for name in names:
                    members[name.lower()] += names
            for name, all_names in members.items():
                for kind in kinds:
                    groups[kind, name] = tuple(dict.fromkeys(all_names))
        return cls(groups)

    def draw(self, kind: Kind, name: str, rng: random.Random) -> str | None:
        """Another name of the same, or None where none is known."""
        names = self.groups.get((kind, name.lower()))
        return rng.choice(names) if names else None
