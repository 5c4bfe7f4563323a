from dataclasses import replace

import pytest

from model.schema import EntityType, EventType, RelationType, Role, Schema

SCHEMA = Schema(
    "test",
    languages=("en", "zh"),
    entities=(
        EntityType("place", labels={"en": "place", "zh": "地点"}),
        EntityType("city", parent="place", labels={"en": "city", "zh": "城市"}),
        EntityType("person", labels={"en": "person", "zh": "人物"}),
    ),
    relations=(
        RelationType(
            "lives in",
            head=("person",),
            tail=("place",),
            labels={"en": "lives in", "zh": "居住于"},
            iri="https://example.org/livesIn",
        ),
        RelationType(
            "mayor",
            head=("city",),
            tail=("person",),
            symmetric=True,
            labels={"en": "mayor", "zh": "市长"},
        ),
        RelationType("related", labels={"en": "related", "zh": "相关"}),
    ),
    events=(
        EventType(
            "move",
            labels={"en": "move", "zh": "搬迁"},
            roles=(
                Role("goal", types=("place",), labels={"en": "goal", "zh": "目的地"}),
                Role("means", labels={"en": "means", "zh": "方式"}),
            ),
        ),
    ),
)


def test_subtype_stands_where_its_ancestor_may():
    assert SCHEMA.is_a("city", "place") and not SCHEMA.is_a("place", "city")
    assert SCHEMA.admits("lives in", "person", "city")
    assert not SCHEMA.admits("lives in", "city", "person")
    assert SCHEMA.role_admits("move", "goal", "city")
    assert not SCHEMA.role_admits("move", "goal", "person")


def test_symmetric_relation_runs_either_way_and_open_ends_take_all():
    assert SCHEMA.admits("mayor", "person", "city")
    assert not SCHEMA.admits("mayor", "person", "place")
    assert SCHEMA.admits("related", "place", "person")
    assert SCHEMA.role_admits("move", "means", "person")


def test_localized_renames_types_and_every_reference():
    zh = SCHEMA.localized("zh")
    assert zh.name == "test-zh" and zh.languages == ("zh",)
    assert [t.name for t in zh.entities] == ["地点", "城市", "人物"]
    assert zh.is_a("城市", "地点")
    assert zh.admits("居住于", "人物", "城市")
    assert zh.role_admits("搬迁", "目的地", "城市")
    assert zh.relation["居住于"].iri == "https://example.org/livesIn"


def test_localized_names_the_type_without_a_label():
    schema = replace(SCHEMA, events=(EventType("move"),))
    with pytest.raises(KeyError, match="'move' has no label in the language 'zh'"):
        schema.localized("zh")


def test_fingerprint_changes_with_what_is_extracted_only():
    def with_relation(**changes):
        first, *others = SCHEMA.relations
        return replace(SCHEMA, relations=(replace(first, **changes), *others))

    same = [replace(SCHEMA, name="other", description="d"), with_relation(iri=None)]
    assert {s.fingerprint for s in same} == {SCHEMA.fingerprint}
    different = [
        with_relation(description="d"),
        with_relation(tail=("city",)),
        with_relation(symmetric=True),
        with_relation(labels={"en": "lives in"}),
        replace(SCHEMA, entities=SCHEMA.entities[::-1]),
        replace(SCHEMA, events=(replace(SCHEMA.events[0], roles=SCHEMA.events[0].roles[:1]),)),
    ]
    assert len({s.fingerprint for s in different} | {SCHEMA.fingerprint}) == 7


def test_fingerprint_does_not_depend_on_label_order_or_on_use():
    used = replace(SCHEMA)
    used.role_admits("move", "goal", "city")
    person = EntityType("person", labels={"zh": "人物", "en": "person"})
    swapped = replace(SCHEMA, entities=(*SCHEMA.entities[:2], person))
    assert used.fingerprint == swapped.fingerprint == SCHEMA.fingerprint


def test_digest_changes_with_an_iri():
    changed = replace(SCHEMA.relations[0], iri="https://example.org/other")
    other = replace(SCHEMA, relations=(changed, *SCHEMA.relations[1:]))
    assert other.digest != SCHEMA.digest


def test_of_an_inverse_pair_the_first_is_kept_whichever_names_the_other():
    child = RelationType("child", inverse="parent")
    schemas = [
        Schema("s", relations=(RelationType("parent"), child)),
        Schema("s", relations=(RelationType("parent", inverse="child"), RelationType("child"))),
    ]
    for schema in schemas:
        assert schema.turned("child") == "parent"
        assert schema.turned("parent") is None
    assert schemas[0].fingerprint == Schema("s", relations=(*schemas[0].relations,)).fingerprint
    plain = Schema("s", relations=(RelationType("parent"), RelationType("child")))
    assert plain.fingerprint == schemas[0].fingerprint
    assert plain.digest != schemas[0].digest
