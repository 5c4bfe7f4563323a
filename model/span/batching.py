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
    """``input_ids``, ``attention_mask``, ``token_type_ids`` (classes), all [B, T + 2]."""
    width = max(map(len, texts)) + 2
    ids = torch.full((len(texts), width), tokenizer.pad_id)
    mask = torch.zeros((len(texts), width), dtype=torch.long)
    classes = torch.zeros((len(texts), width), dtype=torch.long)
    for row, tokens in enumerate(texts):
        end = len(tokens) + 1
        ids[row, 0] = tokenizer.cls_id
        ids[row, 1:end] = torch.from_numpy(tokens.ids)
        ids[row, end] = tokenizer.sep_id
        mask[row, : end + 1] = 1
        classes[row, 1:end] = torch.from_numpy(tokens.classes)
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": classes}
