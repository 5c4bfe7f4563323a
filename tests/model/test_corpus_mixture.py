from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from corpora import pack_samples
from hypothesis import given, settings
from hypothesis import strategies as st

from model.corpus.errors import CorpusError
from model.corpus.mixture import BLOCK, Mixture
from model.corpus.packed import PackedCorpus


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> list[PackedCorpus]:
    folder = tmp_path_factory.mktemp("corpora")
    return [
        pack_samples(folder / str(size), {"a": ([number % 1000] for number in range(size))})
        for size in (300, 7, 5000)
    ]


def test_every_sample_comes_once_before_any_comes_again(corpora: list[PackedCorpus]) -> None:
    mixture = Mixture(corpora, seed=1)
    order = list(islice(mixture.order(), 2 * mixture.size))
    everything = {(number, i) for number, corpus in enumerate(corpora) for i in range(len(corpus))}
    assert mixture.size == 5307
    assert set(order[:5307]) == everything
    assert set(order[5307:]) == everything
    assert order[:5307] != order[5307:]
    assert order[:5307] != sorted(order[:5307])


def test_weights_give_shares(corpora: list[PackedCorpus]) -> None:
    mixture = Mixture(corpora, weights=[2, 1, 5], seed=1)
    counts = Counter(number for number, _ in islice(mixture.order(), 4 * BLOCK))
    for number, share in enumerate((0.25, 0.125, 0.625)):
        assert abs(counts[number] - share * 4 * BLOCK) <= 4
    # and not only over whole blocks
    counts = Counter(number for number, _ in islice(mixture.order(1000), 4000))
    for number, share in enumerate((0.25, 0.125, 0.625)):
        assert counts[number] / 4000 == pytest.approx(share, abs=0.04)


def test_no_sample_of_a_corpus_comes_twice_before_its_others(corpora: list[PackedCorpus]) -> None:
    drawn: list[list[int]] = [[], [], []]
    for number, sample in islice(Mixture(corpora, [1, 1, 1], seed=5).order(), 3 * BLOCK):
        drawn[number].append(sample)
    for samples, corpus in zip(drawn, corpora, strict=True):
        size = len(corpus)
        for start in range(0, len(samples) - size, size):
            assert len(set(samples[start : start + size])) == size


@settings(max_examples=25, deadline=None)
@given(start=st.integers(0, 5 * BLOCK), weighted=st.booleans(), seed=st.integers(0, 1 << 70))
def test_training_goes_on_from_any_sample(
    corpora: list[PackedCorpus], start: int, weighted: bool, seed: int
) -> None:
    weights = [1, 2.5, 3] if weighted else None
    whole = list(islice(Mixture(corpora, weights, seed).order(), start, start + 50))
    again = Mixture(corpora, weights, seed)
    assert list(islice(again.order(start), 50)) == whole
    assert [again.locate(place) for place in range(start, start + 50)] == whole


def test_orders_of_different_seeds_differ(corpora: list[PackedCorpus]) -> None:
    orders = [tuple(islice(Mixture(corpora, None, seed).order(), 100)) for seed in range(5)]
    assert len(set(orders)) == 5


def test_order_never_changes(corpora: list[PackedCorpus]) -> None:
    # Checkpoints of others depend on it: a change here needs another name, not another test.
    assert list(islice(Mixture(corpora, None, 42).order(10_000), 5)) == FIXED[0]
    assert list(islice(Mixture(corpora, [1, 1, 2], 42).order(100_000), 5)) == FIXED[1]


def test_far_positions_are_found_at_once(corpora: list[PackedCorpus]) -> None:
    number, sample = Mixture(corpora, [1, 1, 2], 0).locate(10**9)
    assert 0 <= sample < len(corpora[number])


def test_shuffling_is_even(corpora: list[PackedCorpus]) -> None:
    # Each tenth of the order holds about a tenth of each tenth of the corpus.
    order = [sample for _, sample in islice(Mixture(corpora[2:], seed=3).order(), 5000)]
    table = Counter((place // 500, sample // 500) for place, sample in enumerate(order))
    chi = sum((table[row, column] - 50) ** 2 / 50 for row in range(10) for column in range(10))
    assert chi < 150  # 81 degrees of freedom: one in 100,000 is above


def test_mixtures_that_cannot_be_are_refused(corpora: list[PackedCorpus], tmp_path: Path) -> None:
    other = pack_samples(tmp_path / "other", {"a": [[1]]}, 5)
    empty = pack_samples(tmp_path / "empty", {"a": []})
    for bad, weights in (
        ([], None), ([*corpora, other], None), ([empty], None), (corpora, [1, 2]),
        (corpora, [1, 0, 1]), (corpora, [1, float("nan"), 1]),
    ):  # fmt: skip
        with pytest.raises(CorpusError):
            Mixture(bad, weights)


FIXED: tuple[list[tuple[int, int]], list[tuple[int, int]]] = (
    [(2, 167), (2, 1616), (2, 1289), (2, 3134), (2, 661)],
    [(0, 229), (2, 1555), (2, 3260), (2, 4866), (2, 3543)],
)
