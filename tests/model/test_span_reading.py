"""One window, read by scores that a test gives: who is paired with whom, and what comes of it."""

import numpy as np
import pytest

from model.span.decode import ScoredSpan
from model.span.labels import Kind
from model.span.reading import Window
from model.span.settings import Decoding
from model.span.tokenizer import Tokens

T = 12
MENTIONS = [ScoredSpan(0, 0, 0, 0.9), ScoredSpan(3, 4, 0, 0.9), ScoredSpan(6, 6, 1, 0.9)]
TRIGGERS = [ScoredSpan(2, 2, 0, 0.9)]
ARGUMENTS = [ScoredSpan(2, 2, 0, 0.81), ScoredSpan(6, 6, 1, 0.81)]


class Runtime:
    """A pair's vector are its four ends, so that a test can tell which one it got."""

    def pairs(self, hidden, spans, pairs):
        self.asked = [(tuple(spans[a]), tuple(spans[b])) for a, b in pairs]
        return spans[pairs].reshape(len(pairs), 4).astype(np.float32)


class Labels:
    """Scores every label of a kind alike: by ``score`` of the vectors."""

    def __init__(self, score):
        self.score = score
        self.pronoun = 2
        self.names = {
            Kind.RELATION: ["lives in"],
            Kind.TRIGGER: ["meeting"],
            Kind.ROLE: ["who", "where"],
            Kind.COREFERENCE: ["same"],
        }
        self.admitted = np.ones((3, 3, 1), dtype=bool)
        self.roles = np.array([[True, True]])

    def scorer(self, kind, pronouns=False):
        count = len(self.names[kind])
        return lambda vectors: np.repeat(self.score(vectors)[..., None, None], count, axis=-2)


def window(score=lambda vectors: np.full(vectors.shape[:-1], 9.0), **decoding):
    tokens = Tokens(*[np.arange(T)] * 5)
    return Window(Runtime(), Decoding(**decoding), Labels(score), tokens, None, np.zeros((T, 4)))


def test_every_mention_meets_every_other_and_triggers_meet_arguments():
    reader = window()
    pairs = reader._pairs(MENTIONS, TRIGGERS, ARGUMENTS)
    ends = [(m.first, m.last) for m in MENTIONS]
    expected = {(a, b) for a in ends for b in ends if a != b}
    expected |= {((2, 2), (2, 2)), ((2, 2), (6, 6))}  # a trigger may fill a role itself
    assert sorted(expected) == sorted(reader.runtime.asked)
    for i, head in enumerate(ends):
        for j, tail in enumerate(ends):
            if i == j:
                assert pairs.of_mentions[i, j] == -1
            else:
                assert tuple(pairs.vectors[pairs.of_mentions[i, j]]) == (*head, *tail)
    assert tuple(pairs.vectors[pairs.of_roles[0, 1]]) == (2, 2, 6, 6)


def test_a_window_without_pairs_asks_for_none():
    reader = window()
    pairs = reader._pairs(MENTIONS[:1], [], [])
    assert not hasattr(reader.runtime, "asked")
    assert not reader._among(pairs, Kind.RELATION).any()


def test_nothing_is_related_to_itself():
    """Not even where its span is paired with itself, as an event's trigger and argument."""
    reader = window()
    mentions = [ScoredSpan(2, 2, 0, 0.9), ScoredSpan(6, 6, 0, 0.9)]
    scores = reader._among(reader._pairs(mentions, TRIGGERS, ARGUMENTS), Kind.RELATION)
    assert scores[:, :, 0] == pytest.approx(np.array([[0, 1], [1, 0]]), abs=1e-3)


def test_roles_are_the_geometric_mean_of_argument_and_link():
    reader = window(lambda vectors: np.where(vectors[..., 2] == 6, 9.0, -9.0))
    pairs = reader._pairs(MENTIONS, TRIGGERS, ARGUMENTS)
    ((trigger, argument),) = reader._roles(pairs, TRIGGERS, ARGUMENTS)
    assert trigger == 0
    assert (argument.first, argument.last, argument.label) == (6, 6, 1)
    assert argument.score == pytest.approx(0.9, abs=1e-3)


def test_an_event_takes_no_role_of_another():
    reader = window()
    reader.labels.roles = np.array([[True, False]])
    pairs = reader._pairs(MENTIONS, TRIGGERS, ARGUMENTS)
    assert {a.label for _, a in reader._roles(pairs, TRIGGERS, ARGUMENTS)} == {0}


def test_pronouns_take_the_type_of_whom_they_mean_or_go():
    reader = window(coreference=0.5)
    mentions = [MENTIONS[0], MENTIONS[2], ScoredSpan(8, 8, 2, 0.9), ScoredSpan(10, 10, 2, 0.9)]
    same = np.zeros((4, 4), dtype=np.float32)
    same[0, 2], same[1, 2] = 0.6, 0.8
    kept, numbers = reader._resolved(mentions, same)
    assert [(m.first, m.label) for m in kept] == [(0, 0), (6, 1), (8, 1)]
    assert numbers == [0, 1, 2]


def test_likely_the_same_are_told_earlier_first():
    same = np.array([[0.0, 0.9, 0.2], [0.0, 0.0, 0.5], [0.0, 0.0, 0.0]], dtype=np.float32)
    found = window(coreference=0.5)._same(same, MENTIONS)
    assert found == [((0, 0), (3, 4), pytest.approx(0.9)), ((3, 4), (6, 6), 0.5)]
