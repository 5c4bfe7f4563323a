"""Batches of texts of similar length."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch

from model.span.tokenizer import SpanTokenizer, Tokens


def length_batches(
    lengths: Sequence[int], batch_tokens: int, rng: random.Random
) -> list[list[int]]:
    """Groups indexes so that padded batches hold about ``batch_tokens`` tokens, shuffled.

    Lengths within a batch are alike; ties are broken at random, so each call gives new groups.
    """
    order = sorted(range(len(lengths)), key=lambda i: (lengths[i], rng.random()))
    batches: list[list[int]] = [[]]
    for index in order:
        if batches[-1] and (len(batches[-1]) + 1) * (lengths[index] + 2) > batch_tokens:
            batches.append([])
        batches[-1].append(index)
    rng.shuffle(batches)
    return batches


def pad_tokens(texts: Sequence[Tokens], tokenizer: SpanTokenizer) -> dict[str, torch.Tensor]:
    """What ``SpanTokenizer.padded`` gives, as tensors."""
    return {name: torch.from_numpy(values) for name, values in tokenizer.padded(texts).items()}
