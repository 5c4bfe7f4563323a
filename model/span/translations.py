"""Names of labels in the other language, so that a model learns to read both for any text."""

from __future__ import annotations

from pathlib import Path

import yaml

from model.schema import EntityType, EventType, RelationType, Role
from model.schema_loader import available_schemas, load_schema
from model.span.vocabulary import read_jsonl

TRANSLATIONS = Path(__file__).parent.parent.parent / "configs" / "train" / "label_translations.yaml"


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
