"""Which entity types are broader than which.

Types overlap: a politician is a person. Labels are scored each on its own, and of those that hold
for a span the most specific wins. A schema may declare what is above what; where it declares
nothing, the broad types that data sets use for the rest are known by name: whatever is not one of
them is more specific than they are. (Where a flat list offers ``politician`` beside ``person``,
``person`` means those who are nothing more specific.)
"""

from __future__ import annotations

from collections.abc import Sequence

from model.schema import Schema

# The rest of the rest: every other type is more specific.
RESIDUAL = frozenset(
    (
        "other",
        "others",
        "misc",
        "miscellaneous",
        "miscellany",
        "entity",
        "thing",
        "unknown",
        "其他",
        "其它",
        "杂项",
        "其他实体",
        "实体",
        "其他专名",
        "other entity",
        "named entity",
    )
)
BROAD = RESIDUAL | frozenset(
    (
        "person",
        "people",
        "human",
        "per",
        "individual",
        "location",
        "place",
        "loc",
        "organization",
        "organisation",
        "org",
        "institution",
        "group",
        "event",
        "product",
        "object",
        "artifact",
        "work",
        "geographical location",
        "creative work",
        "work of art",
        "person name",
        "人物",
        "人",
        "人名",
        "姓名",
        "人员",
        "地点",
        "地名",
        "位置",
        "地址",
        "组织",
        "机构",
        "组织机构",
        "机构名",
        "组织名",
        "团体",
        "事件",
        "产品",
        "物品",
        "作品",
    )
)


def declared(schema: Schema) -> bool:
    """Whether the schema says what is above what."""
    return any(entity.parent for entity in schema.entities)


def ancestors(schema: Schema) -> list[frozenset[int]]:
    """For each entity type of ``schema``, in its order, the numbers of the broader ones."""
    names = [entity.name for entity in schema.entities]
    if declared(schema):
        place = {name: i for i, name in enumerate(names)}
        return [
            frozenset(place[above] for above in schema.ancestors(name) if above != name)
            for name in names
        ]
    return inferred(names)


def inferred(names: Sequence[str]) -> list[frozenset[int]]:
    """The broader of ``names`` for each, by name alone."""
    plain = [name.strip().lower() for name in names]
    residual = frozenset(i for i, name in enumerate(plain) if name in RESIDUAL)
    broad = frozenset(i for i, name in enumerate(plain) if name in BROAD)
    return [
        frozenset() if i in residual else residual if i in broad else broad
        for i in range(len(names))
    ]
