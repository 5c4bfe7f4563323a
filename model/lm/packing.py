"""Batches of samples, the short ones sharing rows without seeing each other.

Positions start again at 0 with each sample. Where no attention mask is given, transformers reads
the borders from the positions and makes the mask block-diagonal (for FlashAttention: cumulated
lengths). The first token of a sample has no label, since nothing before it may predict it.
Packing happens inside a micro-batch, so that a step learns from the same samples as without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

IGNORED = -100
#: The number of tokens of a batch that are not padding; no argument of a model.
TOKENS = "tokens"

Layout = Literal["rows", "packed", "flat"]


@dataclass(frozen=True)
class Sample:
    """Tokens and, for each, whether it is learned. Both [T]."""

    tokens: NDArray[np.int64]
    learned: NDArray[np.bool_]


@dataclass(frozen=True)
class Collator:
    """Samples to the arguments of a causal LM.

    ``rows``: a sample a row. ``packed``: rows of at most ``max_length`` tokens, the longest sample
    first, each where it fits. ``flat``: one row for all, for FlashAttention, to which long rows
    cost no more.
    """

    pad: int
    max_length: int
    layout: Layout

    def __call__(self, samples: Sequence[Sample | None]) -> dict[str, Any]:
        """``input_ids``, ``labels``, ``position_ids`` [rows, longest]; ``tokens``: a number.

        None stands for a sample that has nothing to learn from.
        """
        kept = [s for s in samples if s is not None and len(s.tokens)]
        rows = self._rows([len(s.tokens) for s in kept]) or [[]]
        width = max(sum(len(kept[i].tokens) for i in row) for row in rows) or 2
        ids = torch.full((len(rows), width), self.pad)
        labels = torch.full((len(rows), width), IGNORED)
        positions = torch.zeros((len(rows), width), dtype=torch.long)
        for row, members in enumerate(rows):
            start = 0
            for i in members:
                tokens = torch.from_numpy(kept[i].tokens)
                end = start + len(tokens)
                ids[row, start:end] = tokens
                positions[row, start:end] = torch.arange(len(tokens))
                learned = torch.from_numpy(kept[i].learned).clone()
                learned[0] = False
                labels[row, start:end] = torch.where(learned, tokens, IGNORED)
                start = end
            # Padding is a sample of its own.
            positions[row, start:] = torch.arange(width - start)
        return {
            "input_ids": ids,
            "labels": labels,
            "position_ids": positions,
            TOKENS: sum(len(s.tokens) for s in kept),
        }

    def _rows(self, lengths: list[int]) -> list[list[int]]:
        if self.layout == "rows":
            return [[i] for i in range(len(lengths))]
        if self.layout == "flat":
            return [list(range(len(lengths)))]
        rows: list[list[int]] = []
        room: list[int] = []
        for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
            fits = (row for row, left in enumerate(room) if left >= lengths[i])
            row = next(fits, None)
            if row is None:
                rows.append([])
                room.append(self.max_length)
                row = len(rows) - 1
            rows[row].append(i)
            room[row] -= lengths[i]
        return rows


def layout_for(attention: str, packing: bool) -> Layout:
    """How rows are laid out for an attention implementation of transformers."""
    if not packing:
        return "rows"
    return "flat" if "flash" in attention else "packed"


@torch.no_grad()
def sees_neighbours(model: torch.nn.Module, vocabulary: int, layout: Layout) -> bool:
    """Whether a packed sample's logits depend on the sample before it, as they must not.

    Models whose code is not that of transformers may ignore the borders.
    """
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(0)
    draws = torch.randint(0, vocabulary, (3, 8), generator=generator)
    positions = torch.arange(8).repeat(2)[None].to(device)
    logits: list[Tensor] = []
    training = model.training
    model.eval()
    for first in (0, 1):
        ids = torch.cat([draws[first], draws[2]])[None].to(device)
        logits.append(model(input_ids=ids, position_ids=positions).logits[0, 8:].float())
    model.train(training)
    return not torch.allclose(logits[0], logits[1], rtol=1e-3, atol=1e-4)
