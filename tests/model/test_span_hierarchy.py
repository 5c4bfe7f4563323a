from model.schema import EntityType, Schema
from model.span.hierarchy import ancestors, inferred


def test_broad_types_are_above_all_others():
    person, politician, other = inferred(["Person", "politician", "miscellaneous"])
    assert politician == {0, 2}
    assert person == {2}
    assert other == frozenset()


def test_chinese_names_are_known_too():
    assert inferred(["人物", "歌手", "其他"]) == [{2}, {0, 2}, frozenset()]


def test_a_declared_hierarchy_is_taken_as_it_is():
    schema = Schema(
        name="s",
        entities=(
            EntityType("person"),
            EntityType("artist", parent="person"),
            EntityType("singer", parent="artist"),
            EntityType("ship"),
        ),
    )
    assert ancestors(schema) == [frozenset(), {0}, {0, 1}, frozenset()]
