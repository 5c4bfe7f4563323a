"""Schemas of every form, for tests that write a schema and read it back."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from model.schema import DATATYPES, EntityType, EventType, RelationType, Role, Schema
from model.schema_names import graph_label, relationship_type

NAMES = st.text("aB1 -/·人物é", min_size=1, max_size=6).map(str.strip)
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn"))).map(str.strip)
LABELS = st.dictionaries(st.sampled_from(["en", "zh", "de"]), TEXT.filter(bool), max_size=2)
IRIS = st.none() | st.sampled_from(["https://schema.org/Person", "urn:x:人"])


@st.composite
def schemas(draw):
    def names(naming, limit=4):
        drawn = draw(st.lists(NAMES.filter(lambda n: any(c.isalnum() for c in n)), max_size=limit))
        return list({naming(n): n for n in drawn}.values())

    def common():
        return {"description": draw(TEXT), "labels": draw(LABELS), "iri": draw(IRIS)}

    labelled = names(graph_label, 6) or ["x"]
    cut = draw(st.integers(1, len(labelled)))
    entities = [
        EntityType(n, datatype=draw(st.none() | st.sampled_from(DATATYPES)), **common())
        for n in labelled[:cut]
    ]
    some = st.lists(st.sampled_from([e.name for e in entities]), unique=True).map(tuple)
    flag = st.booleans()
    relations = [
        RelationType(
            n,
            head=draw(some),
            tail=draw(some),
            symmetric=draw(flag),
            functional=draw(flag),
            **common(),
        )
        for n in names(relationship_type)
    ]
    if len(relations) > 1 and draw(flag):
        first, second, *others = (replace(relation, symmetric=False) for relation in relations)
        relations = [replace(first, inverse=second.name), second, *others]
    events = [
        EventType(
            n,
            roles=tuple(Role(r, types=draw(some), **common()) for r in names(relationship_type, 2)),
            **common(),
        )
        for n in labelled[cut:]
    ]
    return Schema("drawn", draw(TEXT), ("en",), tuple(entities), tuple(relations), tuple(events))
