"""Words of answers are found in the text, or are no facts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.annotations import Argument, Event, Mention, Relation, Span
from model.instructions.assemble import assemble
from model.instructions.grounding import Grounder
from model.instructions.labels import label_set
from model.instructions.tasks import Fact, Task
from model.schema import EntityType, EventType, RelationType, Role, Schema

SCHEMA = Schema(
    "test",
    languages=("en",),
    entities=(EntityType("person"), EntityType("place"), EntityType("team", parent="place")),
    relations=(
        RelationType("born in", head=("person",), tail=("place",)),
        RelationType("near"),
    ),
    events=(EventType("Attack", roles=(Role("target"),)),),
)
LABELS = {task: label_set(SCHEMA, task, "en") for task in Task}


def found(text: str, words: str) -> list[str]:
    return [text[p.start : p.end] for p in Grounder(text).places(words)]


def test_words_are_found_wherever_they_stand() -> None:
    places = Grounder("Rome, and Rome again.").places("Rome")
    assert [(p.start, p.end, p.likeness) for p in places] == [(0, 4, 1.0), (10, 14, 1.0)]


def test_words_are_not_found_inside_other_words() -> None:
    assert found("The scar of Oscar's car.", "car") == ["car"]
    assert found("A carpet.", "car") == []
    assert found("他在北京大学读书。", "北京") == ["北京"]


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("the U.S. -based firm", "U.S.-based", "U.S. -based"),
        ("Paris , Texas is", "Paris, Texas", "Paris , Texas"),
        ("IBM Corp said", "ibm corp", "IBM Corp"),
        ("价格为１２０元。", "120元", "１２０元"),
        ("the “Big” one", 'the "Big" one', "the “Big” one"),
        ("New\nYork today", "New York", "New\nYork"),
        ("by Ann Lee.", "Ann Lee.", "Ann Lee."),
        ("by Ann Lee, who", "Ann Lee.", "Ann Lee"),
        ("by Ann Lee, who", '"Ann Lee"', "Ann Lee"),
        ("im Straßenbau tätig", "STRASSENBAU", "Straßenbau"),
    ],
)
def test_differences_of_form_do_not_matter(text: str, words: str, expected: str) -> None:
    assert found(text, words) == [expected]


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("the Massachusets Institute of Technology", "Massachusetts Institute", 1),
        ("Dr. Alexander Hamiltan spoke", "Alexander Hamilton", 1),
        ("born on 12 March 1986 there", "12 March 1987", 0),
        ("He met Anna Smith.", "Karl Smithers", 0),
        ("short ab text", "ac", 0),
        ("", "anything", 0),
    ],
)
def test_nearly_the_same_is_bounded(text: str, words: str, expected: int) -> None:
    places = Grounder(text).places(words)
    assert len(places) == expected
    assert all(0.8 < p.likeness < 1 for p in places)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60), st.text(max_size=12), st.data())
def test_places_lie_in_the_text(text: str, words: str, data: st.DataObject) -> None:
    if text and data.draw(st.booleans()):
        start = data.draw(st.integers(0, len(text) - 1))
        words = text[start : start + 8]
    for place in Grounder(text).places(words):
        assert 0 <= place.start < place.end <= len(text)


def test_an_entity_is_annotated_wherever_it_stands_alone() -> None:
    text = "York won. New York lost."
    facts = [Fact(("York", "team")), Fact(("New York", "place"))]
    annotation, report = assemble(text, {Task.ENTITIES: facts}, LABELS, SCHEMA)
    assert annotation.mentions == (Mention(0, 4, "team"), Mention(10, 18, "place"))
    assert (report.facts, report.grounded) == (2, 2)


def test_what_is_only_inside_another_entity_is_annotated_there() -> None:
    facts = [Fact(("York", "team")), Fact(("New York", "place"))]
    annotation, _ = assemble("New York lost.", {Task.ENTITIES: facts}, LABELS, SCHEMA)
    assert len(annotation.mentions) == 2


def test_a_relation_joins_the_nearest_places() -> None:
    text = "Rome. Much later, Ann, of Rome, met Ann."
    facts = {
        Task.ENTITIES: [Fact(("Ann", "person")), Fact(("Rome", "place"))],
        Task.RELATIONS: [Fact(("Ann", "born in", "Rome"))],
    }
    annotation, _ = assemble(text, facts, LABELS, SCHEMA)
    (relation,) = annotation.relations
    assert annotation.mentions[relation.head] == Mention(18, 21, "person")
    assert annotation.mentions[relation.tail] == Mention(26, 30, "place")


def test_facts_without_ground_are_counted_by_reason() -> None:
    facts = {
        Task.ENTITIES: [Fact(("Ann", "person")), Fact(("Zeus", "person"))],
        Task.RELATIONS: [
            Fact(("Ann", "born in", "Atlantis")),
            Fact(("Rome", "near", "Oslo")),
            Fact(("Ann", "born in", "Ann")),
        ],
        Task.TRIPLES: [Fact(("Rome", "place", "born in", "Oslo", "place"))],
    }
    annotation, report = assemble("Ann saw Rome and Oslo.", facts, LABELS, SCHEMA)
    assert annotation.mentions == (Mention(0, 3, "person"),)
    assert annotation.relations == ()
    assert report.dropped == {"not in the text": 2, "no entity type": 1, "not admitted": 2}


def test_typed_triples_bring_their_entities() -> None:
    facts = {Task.TRIPLES: [Fact(("Ann", "person", "born in", "Oslo", "team"))]}
    annotation, _ = assemble("Ann came from Oslo.", facts, LABELS, SCHEMA)
    assert annotation.mentions == (Mention(0, 3, "person"), Mention(14, 18, "team"))
    assert annotation.relations == (Relation("born in", 0, 1),)


def test_attributes_become_relations() -> None:
    facts = {Task.ATTRIBUTES: [Fact(("Ann", "person"), (("born in", "Oslo"),))]}
    annotation, _ = assemble("Ann came from Oslo.", facts, LABELS, SCHEMA)
    assert annotation.relations == (Relation("born in", 0, 1),)


def test_a_trigger_said_twice_is_two_events_with_the_nearest_arguments() -> None:
    text = "They bombed Rome. Then Rome was bombed by others."
    fact = Fact(("bombed", "Attack"), (("target", "Rome"),))
    annotation, _ = assemble(text, {Task.EVENTS: [fact, fact]}, LABELS, SCHEMA)
    assert annotation.events == (
        Event("Attack", Span(5, 11), (Argument(12, 16, "target"),)),
        Event("Attack", Span(32, 38), (Argument(23, 27, "target"),)),
    )
