import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.span.decode import (
    EDGE_MINIMUM,
    ScoredSpan,
    candidates,
    discount,
    link,
    outstanding,
    select,
    sigmoid,
    supported,
)

NO_PARENTS = [frozenset()] * 4


def brute_force(probabilities, words, threshold, longest):
    """Every span of whole words, scored by the definition."""
    size, labels, _ = probabilities.shape
    found = {}
    for first, last, label in itertools.product(range(size), range(size), range(labels)):
        starts = first == 0 or words[first] != words[first - 1]
        stops = last == size - 1 or words[last] != words[last + 1]
        if not (starts and stops and 0 <= last - first < longest):
            continue
        start, end = probabilities[first, label, 0], probabilities[last, label, 1]
        inside = min(float(probabilities[t, label, 2]) for t in range(first, last + 1))
        score = (float(start) * float(end) * inside) ** (1 / 3)
        if min(start, end) >= EDGE_MINIMUM:
            found[first, last, label] = score
    return {k: v for k, v in found.items() if v >= threshold}, found


def test_spans_that_cut_words_count_less():
    probabilities = np.full((5, 2, 3), 0.8, dtype=np.float32)
    inside = np.array([0, 0, 1, 1, 0], bool), np.array([0, 1, 1, 0, 0], bool)  # a word: 1 to 3
    discount(probabilities, inside, 0.5)
    found = {(s.first, s.last): s.score for s in candidates(probabilities, np.arange(5), 0.1, 9)}
    assert found[0, 4] == found[1, 3] == found[0, 0] == pytest.approx(0.8)
    assert found[2, 4] == found[0, 1] == pytest.approx((0.8**3 * 0.5) ** (1 / 3))
    assert found[2, 2] == pytest.approx((0.8**3 * 0.25) ** (1 / 3))


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_candidates_are_all_spans_that_score_enough(data):
    size, labels = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 3))
    probabilities = data.draw(
        arrays(np.float32, (size, labels, 3), elements=st.floats(0, 1, width=16))
    )
    steps = data.draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    words = np.cumsum(steps)
    threshold = data.draw(st.sampled_from([0.2, 0.4, 0.5, 0.7]))
    longest = data.draw(st.integers(1, 9))
    found = candidates(probabilities, words, threshold, longest)
    expected, scores = brute_force(probabilities, words, threshold, longest)
    spans = {(s.first, s.last, s.label): s.score for s in found}
    assert len(spans) == len(found)
    for key in spans.keys() ^ expected.keys():
        assert scores[key] == pytest.approx(threshold, abs=1e-5), "only rounding may decide"
    for key, score in spans.items():
        assert score == pytest.approx(scores[key], abs=1e-5)
    order = [(-s.score, s.first, s.last, s.label) for s in found]
    assert order == sorted(order)


def test_no_candidate_is_found_in_zeros():
    assert candidates(np.zeros((5, 2, 3), np.float32), np.arange(5), 0.5, 8) == []


def test_two_spans_side_by_side_do_not_make_one():
    probabilities = np.zeros((3, 1, 3), np.float32)  # "Acme bought Initech"
    probabilities[[0, 2]] = 1
    found = candidates(probabilities, np.arange(3), 0.2, 8)
    assert [(s.first, s.last) for s in found] == [(0, 0), (2, 2)]


def test_candidates_do_not_split_words():
    probabilities = np.ones((4, 1, 3), np.float32)
    found = candidates(probabilities, np.array([0, 1, 1, 2]), 0.5, 8)
    assert {(s.first, s.last) for s in found} == {(0, 0), (0, 2), (0, 3), (1, 2), (1, 3), (3, 3)}


def test_sigmoid_is_stable_and_exact():
    logits = np.array([-1000, -2, 0, 3, 1000], np.float32)
    expected = [0, 1 / (1 + np.exp(2)), 0.5, 1 / (1 + np.exp(-3)), 1]
    assert sigmoid(logits) == pytest.approx(expected, abs=1e-6)
    assert sigmoid(logits).dtype == np.float32


def span(first, last, score, label=0):
    return ScoredSpan(first, last, label, score)


def chosen(spans, *, nested=0.6, parents=NO_PARENTS, several=False):
    ordered = sorted(spans, key=lambda s: -s.score)
    found = select(ordered, nested_threshold=nested, parents=parents, several_labels=several)
    return [(s.first, s.last, s.label) for s in found]


def test_of_crossing_spans_the_better_stays():
    spans = [span(0, 2, 0.9), span(2, 4, 0.8), span(4, 5, 0.7)]
    assert chosen(spans) == [(0, 2, 0), (4, 5, 0)]
    assert chosen([span(0, 2, 0.8), span(2, 4, 0.9), span(4, 5, 0.7)]) == [(2, 4, 0)]


def test_crossing_excludes_whatever_the_labels():
    assert chosen([span(0, 2, 0.9), span(1, 3, 0.8, label=1)]) == [(0, 2, 0)]


def test_neighbours_do_not_exclude_each_other():
    assert chosen([span(0, 1, 0.9), span(2, 3, 0.8)]) == [(0, 1, 0), (2, 3, 0)]


@pytest.mark.parametrize(("score", "stays"), [(0.55, False), (0.6, True)])
def test_nested_span_of_the_same_label_must_score_more(score, stays):
    assert ((1, 1, 0) in chosen([span(0, 2, 0.9), span(1, 1, score)])) is stays
    assert ((0, 2, 0) in chosen([span(1, 1, 0.9), span(0, 2, score)])) is stays


def test_nested_span_of_another_label_stays():
    assert chosen([span(0, 2, 0.9), span(1, 1, 0.51, label=1)]) == [(0, 2, 0), (1, 1, 1)]


def test_one_span_keeps_its_best_label():
    assert chosen([span(0, 1, 0.9), span(0, 1, 0.8, label=1)]) == [(0, 1, 0)]


def test_more_specific_label_wins_from_half_the_score():
    parents = [frozenset(), frozenset({0}), frozenset({0, 1}), frozenset()]
    general = span(0, 1, 0.9)
    assert chosen([general, span(0, 1, 0.45, label=1)], parents=parents) == [(0, 1, 1)]
    assert chosen([general, span(0, 1, 0.44, label=1)], parents=parents) == [(0, 1, 0)]
    # Down the whole branch, and a specific label that leads is not displaced by its parent.
    steps = [general, span(0, 1, 0.7, label=1), span(0, 1, 0.5, label=2)]
    assert chosen(steps, parents=parents) == [(0, 1, 2)]
    assert chosen([span(0, 1, 0.9, 1), span(0, 1, 0.8, 0)], parents=parents) == [(0, 1, 1)]
    assert chosen([general, span(0, 1, 0.8, label=3)], parents=parents) == [(0, 1, 0)]


def test_several_labels_of_one_span_stay_where_asked():
    spans = [span(0, 1, 0.9), span(0, 1, 0.8, label=1), span(0, 3, 0.7, label=1)]
    assert chosen(spans, nested=1.0, several=True) == [(0, 1, 0), (0, 1, 1)]


FILM, BOOK, PERSON = range(3)
DIRECTED, WROTE = range(2)


def relations_of(*, directed, wrote):
    """Scores [head, tail, relation] between mention 0, a title, and mention 1, a person."""
    scores = np.zeros((2, 2, 2), np.float32)
    scores[0, 1] = directed, wrote
    admitted = np.zeros((3, 3, 2), bool)
    admitted[FILM, PERSON, DIRECTED] = admitted[BOOK, PERSON, WROTE] = True
    return scores, admitted


@pytest.mark.parametrize(
    ("directed", "wrote", "label"), [(0.9, 0.1, FILM), (0.1, 0.9, BOOK), (0.0, 0.0, BOOK)]
)
def test_a_relation_tells_what_a_title_names(directed, wrote, label):
    options = [span(0, 1, 0.6, BOOK), span(0, 1, 0.5, FILM), span(5, 5, 0.9, PERSON)]
    mentions = [options[0], options[2]]
    scores, admitted = relations_of(directed=directed, wrote=wrote)
    found = supported([*options, span(3, 3, 0.4, FILM)], mentions, scores, admitted, 1.0)
    assert {(s.first, s.last) for s in found} == {(0, 1), (5, 5)}, "other spans stay out"
    assert chosen(found) == [(0, 1, label), (5, 5, PERSON)]
    assert all(s.score <= 1 for s in found)


def test_no_support_changes_no_score():
    options = [span(5, 5, 0.9, PERSON), span(0, 1, 0.6, BOOK)]
    scores, admitted = relations_of(directed=0.9, wrote=0.9)
    assert supported(options, options[::-1], scores, admitted, 0.0) == options


def test_a_relation_gives_way_to_a_better_rival():
    scores = np.zeros((3, 3, 2), np.float32)
    scores[0, 1] = 0.9, 0.5  # the pair's best, and another relation
    scores[0, 2, 0] = 0.7  # the same head and relation
    scores[2, 1, 0] = 0.3  # the same tail and relation
    scores[1, 0, 0] = 0.6  # the other way round
    alone = outstanding(scores, (0.0, 0.0, 0.0))
    assert (alone == scores).all()
    pair = outstanding(scores, (0.0, 0.0, 0.6))
    assert pair[0, 1].tolist() == [np.float32(0.9), 0.0]
    assert pair[1, 0, 0] > 0 and outstanding(scores, (0.0, 0.0, 0.7))[1, 0, 0] == 0
    tails = outstanding(scores, (0.0, 0.8, 0.0))
    assert tails[0, 2, 0] == 0 and tails[0, 1, 0] > 0 and tails[2, 1, 0] > 0
    heads = outstanding(scores, (0.4, 0.0, 0.0))
    assert heads[2, 1, 0] == 0 and heads[0, 1, 0] > 0 and heads[0, 2, 0] > 0


SPANS = st.builds(
    lambda first, length, label, score: ScoredSpan(first, first + length, label, score),
    st.integers(0, 8),
    st.integers(0, 4),
    st.integers(0, 3),
    st.floats(0.5, 1),
)


@settings(max_examples=100, deadline=None)
@given(spans=st.lists(SPANS, max_size=15, unique_by=lambda s: (s.first, s.last, s.label)))
def test_selected_spans_go_together(spans):
    parents = [frozenset(), frozenset({0}), frozenset({0, 1}), frozenset()]
    ordered = sorted(spans, key=lambda s: -s.score)
    found = select(ordered, nested_threshold=0.7, parents=parents)
    assert set(found) <= set(spans)
    assert [(s.first, s.last) for s in found] == sorted({(s.first, s.last) for s in found})
    assert not any(a.crosses(b) for a, b in itertools.combinations(found, 2))
    best = ordered[0] if ordered else None
    assert best is None or any((s.first, s.last) == (best.first, best.last) for s in found)


def test_link_joins_each_mention_to_its_best_earlier_one():
    scores = {(0, 1): 0.9, (0, 2): 0.6, (1, 2): 0.55, (1, 3): 0.4, (2, 3): 0.3, (3, 4): 0.8}
    assert link(scores, 0.5) == [(0, 1, 2), (3, 4)]


def test_link_follows_chains_to_the_first_mention():
    assert link({(0, 1): 0.9, (1, 2): 0.9, (2, 5): 0.9, (3, 4): 0.5}, 0.5) == [(0, 1, 2, 5), (3, 4)]


def test_link_does_not_merge_two_entities_through_a_later_mention():
    assert link({(0, 1): 0.1, (0, 2): 0.9, (1, 2): 0.8}, 0.5) == [(0, 2)]


def test_link_below_the_threshold_makes_no_cluster():
    assert link({(0, 1): 0.49}, 0.5) == []
    assert link({}, 0.5) == []


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda p: p[0] < p[1]),
        st.floats(0, 1),
    )
)
def test_linked_clusters_are_disjoint_and_sorted(scores):
    clusters = link(scores, 0.5)
    members = [m for c in clusters for m in c]
    assert len(members) == len(set(members))
    assert all(len(c) > 1 and list(c) == sorted(c) for c in clusters)
    linked = {later for (_, later), score in scores.items() if score >= 0.5}
    assert linked <= set(members)
