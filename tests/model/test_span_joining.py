"""Windows of one text, joined: what they share is kept once, and numbers become the text's."""

from types import SimpleNamespace

import numpy as np

from model.schema import EntityType, EventType, RelationType, Role, Schema
from model.span.decode import ScoredSpan
from model.span.hierarchy import ancestors
from model.span.joining import Joining
from model.span.labels import Kind
from model.span.reading import Found
from model.span.settings import Decoding

SCHEMA = Schema(
    name="small",
    languages=("en",),
    entities=(EntityType("person"), EntityType("city")),
    relations=(RelationType("lives in"), RelationType("married to", symmetric=True)),
    events=(EventType("meeting", roles=(Role("who"), Role("where"))),),
)
PERSON, CITY = 0, 1
LIVES, MARRIED = 0, 1
WHO, WHERE = 0, 1
LABELS = SimpleNamespace(  # the part of a label set that needs no model
    schema=SCHEMA,
    names={
        Kind.ENTITY: ["person", "city"],
        Kind.RELATION: ["lives in", "married to"],
        Kind.TRIGGER: ["meeting"],
        Kind.ROLE: ["who", "where"],
    },
    parents=[*ancestors(SCHEMA), frozenset()],
    specific_share=lambda decoding: decoding.inferred,
)
COUNT = 60
TOKENS = SimpleNamespace(starts=np.arange(COUNT) * 10, ends=np.arange(COUNT) * 10 + 9)


def joined(*parts):
    return Joining(TOKENS, parts, LABELS, Decoding()).annotation()


def found(start, mentions=(), triggers=(), relations=(), roles=(), same=()):
    return Found(start, list(mentions), list(triggers), list(relations), list(roles), list(same))


def test_what_two_windows_share_is_kept_once_with_its_best_score():
    first = found(0, [ScoredSpan(2, 3, PERSON, 0.6), ScoredSpan(20, 20, CITY, 0.7)])
    second = found(15, [ScoredSpan(5, 5, CITY, 0.9), ScoredSpan(9, 9, PERSON, 0.8)])
    annotation = joined(first, second)
    assert [(m.start, m.end, m.type, m.confidence) for m in annotation.mentions] == [
        (20, 39, "person", 0.6),
        (200, 209, "city", 0.9),
        (240, 249, "person", 0.8),
    ]


def test_relations_are_numbered_by_the_mentions_of_the_text():
    first = found(
        0,
        [ScoredSpan(2, 2, PERSON, 0.9), ScoredSpan(20, 20, CITY, 0.9)],
        relations=[(0, 1, LIVES, 0.5)],
    )
    second = found(
        15,
        [ScoredSpan(5, 5, CITY, 0.9), ScoredSpan(9, 9, PERSON, 0.9)],
        relations=[(1, 0, LIVES, 0.6)],
    )
    annotation = joined(first, second)
    assert [(r.type, r.head, r.tail, r.confidence) for r in annotation.relations] == [
        ("lives in", 0, 1, 0.5),
        ("lives in", 2, 1, 0.6),
    ]


def test_a_symmetric_relation_told_from_both_ends_is_one():
    mentions = [ScoredSpan(2, 2, PERSON, 0.9), ScoredSpan(5, 5, PERSON, 0.9)]
    annotation = joined(found(0, mentions, relations=[(0, 1, MARRIED, 0.5), (1, 0, MARRIED, 0.7)]))
    (relation,) = annotation.relations
    assert (relation.head, relation.tail, relation.confidence) == (0, 1, 0.7)


def test_a_relation_goes_with_a_mention_that_another_window_types_otherwise():
    first = found(
        0,
        [ScoredSpan(2, 2, PERSON, 0.9), ScoredSpan(20, 20, CITY, 0.6)],
        relations=[(0, 1, LIVES, 0.9)],
    )
    second = found(15, [ScoredSpan(5, 5, PERSON, 0.9)])
    annotation = joined(first, second)
    assert [m.type for m in annotation.mentions] == ["person", "person"]
    assert not annotation.relations


def test_an_event_has_the_fillers_that_any_window_found():
    trigger = ScoredSpan(20, 20, 0, 0.8)
    first = found(0, triggers=[trigger], roles=[(0, ScoredSpan(2, 2, WHO, 0.7))])
    second = found(
        15,
        triggers=[ScoredSpan(5, 5, 0, 0.9)],
        roles=[(0, ScoredSpan(9, 10, WHERE, 0.6)), (0, ScoredSpan(9, 10, WHERE, 0.5))],
    )
    (event,) = joined(first, second).events
    assert event.type == "meeting" and event.confidence == 0.9
    assert (event.trigger.start, event.trigger.end) == (200, 209)
    assert [(a.role, a.start, a.end, a.confidence) for a in event.arguments] == [
        ("who", 20, 29, 0.7),
        ("where", 240, 259, 0.6),
    ]


def test_windows_link_mentions_that_another_one_knows():
    """A pronoun that a window cannot place still links what another one knows it to mean."""
    first = found(
        0,
        [ScoredSpan(2, 2, PERSON, 0.9), ScoredSpan(20, 20, PERSON, 0.9)],
        same=[((2, 2), (20, 20), 0.8)],
    )
    second = found(15, [ScoredSpan(9, 9, PERSON, 0.9)], same=[((5, 5), (9, 9), 0.9)])
    assert joined(first, second).clusters == ((0, 1, 2),)
    unknown = found(15, [ScoredSpan(9, 9, PERSON, 0.9)], same=[((7, 7), (9, 9), 0.9)])
    assert joined(first, unknown).clusters == ((0, 1),)
