"""Packed samples: what they share, and what they must not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_causal import make_model

from model.lm.packing import IGNORED, TOKENS, Collator, Sample, layout_for, sees_neighbours

VOCABULARY = 320


def sample(length: int, seed: int) -> Sample:
    tokens = np.random.default_rng(seed).integers(2, VOCABULARY, length)
    return Sample(tokens, np.ones(length, dtype=np.bool_))


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@torch.no_grad()
def test_logits_of_a_packed_sample_are_those_of_the_sample_alone(attention: str) -> None:
    model = make_model(VOCABULARY)
    model.set_attn_implementation(attention)
    samples = [sample(9, 1), sample(5, 2), sample(14, 3), sample(7, 4)]
    batch = Collator(pad=1, max_length=20, layout="packed")(samples)
    assert batch["input_ids"].shape == (2, 19)  # 14 + 5 and 9 + 7
    packed = model(input_ids=batch["input_ids"], position_ids=batch["position_ids"]).logits

    for row, start, alone in ((0, 0, samples[2]), (0, 14, samples[1]), (1, 9, samples[3])):
        length = len(alone.tokens)
        expected = model(input_ids=torch.from_numpy(alone.tokens)[None]).logits[0]
        found = packed[row, start : start + length]
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_the_loss_of_packed_samples_is_that_of_padded_ones() -> None:
    model = make_model(VOCABULARY)
    samples = [sample(9, 1), sample(5, 2), sample(14, 3), sample(7, 4)]
    losses = []
    for layout in ("rows", "packed", "flat"):
        batch: dict[str, Any] = Collator(pad=1, max_length=20, layout=layout)(samples)  # type: ignore[arg-type]
        assert batch.pop(TOKENS) == 35
        losses.append(model(**batch).loss.item())
    assert losses == pytest.approx([losses[0]] * 3, abs=1e-5)


def test_a_model_that_ignores_positions_is_found_out() -> None:
    model = make_model(VOCABULARY)

    class Careless(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, input_ids: Any, position_ids: Any) -> Any:
            return self.inner(input_ids=input_ids)

    assert not sees_neighbours(model, VOCABULARY, "packed")
    assert sees_neighbours(Careless(), VOCABULARY, "packed")


def test_what_is_not_learned_and_each_first_token_have_no_label() -> None:
    learned = np.array([False, False, True, True])
    first, second = Sample(np.arange(10, 14), learned), Sample(np.arange(20, 23), learned[1:])
    batch = Collator(pad=1, max_length=8, layout="packed")([first, None, second])
    assert batch["labels"].tolist() == [[IGNORED, IGNORED, 12, 13, IGNORED, 21, 22]]
    assert batch["position_ids"].tolist() == [[0, 1, 2, 3, 0, 1, 2]]


def test_a_micro_batch_without_any_sample_teaches_nothing() -> None:
    batch = Collator(pad=1, max_length=8, layout="packed")([None, None])
    assert batch["labels"].unique().tolist() == [IGNORED]
    assert batch[TOKENS] == 0


@given(st.lists(st.integers(1, 30), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_every_token_is_in_one_row_and_no_row_is_too_long(lengths: list[int]) -> None:
    samples = [sample(length, i) for i, length in enumerate(lengths)]
    batch = Collator(pad=0, max_length=30, layout="packed")(samples)
    assert batch["input_ids"].shape[1] <= 30
    found = batch["input_ids"][batch["input_ids"] > 0].tolist()
    assert sorted(found) == sorted(t for s in samples for t in s.tokens.tolist())
    assert len(batch["input_ids"]) <= len(samples)


def test_flash_attention_gets_one_row() -> None:
    assert layout_for("flash_attention_2", True) == "flat"
    assert layout_for("sdpa", True) == "packed"
    assert layout_for("flash_attention_2", False) == "rows"
