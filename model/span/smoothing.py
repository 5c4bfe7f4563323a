"""Makes the encoder quantise well: scale moves from activations to weights.

Dynamic int8 scales a whole activation tensor by its largest value, and a few channels of a
transformer are an order of magnitude larger than the rest. Dividing each input channel of a linear
layer by a factor and multiplying its weights by the same changes nothing in exact arithmetic, and
evens the channels out (Xiao et al. 2023, *SmoothQuant*).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn

from model.span.batching import pad_tokens
from model.span.encoder_graph import EncoderGraph
from model.span.tokenizer import SpanTokenizer, Tokens
from model.span.vocabulary import read_jsonl

STRENGTH = 0.85  # share of the range that moves to the weights; 0.5 to 1 were tried
CALIBRATION_SETS = ("conll04", "redocred", "scierc", "uner_zh", "fewfc")
TEXTS_PER_SET = 20


class SmoothLinear(nn.Module):
    """A linear layer whose input channels are divided by ``factors`` [in] first."""

    def __init__(self, linear: nn.Linear, factors: Tensor) -> None:
        super().__init__()
        self.inverse = nn.Parameter(1 / factors)
        self.linear = nn.Linear(linear.in_features, linear.out_features)
        self.linear.weight.data = linear.weight.data * factors
        self.linear.bias.data = linear.bias.data

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x * self.inverse)  # type: ignore[no-any-return]


def calibration_texts(data: Path, tokenizer: SpanTokenizer, max_tokens: int = 160) -> list[Tokens]:
    """The first texts of some train parts, in both languages."""
    texts = [
        record["text"]
        for name in CALIBRATION_SETS
        for record in islice(read_jsonl(data / "ie" / name / "train.jsonl.xz"), TEXTS_PER_SET)
    ]
    return [tokens.window(0, max_tokens) for tokens in tokenizer.encode(texts)]


@torch.no_grad()
def smooth(encoder: EncoderGraph, texts: Iterable[Tokens], tokenizer: SpanTokenizer) -> None:
    """Replaces the linear layers, in place."""
    layers = {n: m for n, m in encoder.named_modules() if isinstance(m, nn.Linear)}
    largest = {name: torch.zeros(layer.in_features) for name, layer in layers.items()}
    hooks = []
    for name, layer in layers.items():

        def note(_: nn.Module, inputs: tuple[Tensor, ...], name: str = name) -> None:
            seen = inputs[0].abs().amax(0)
            largest[name] = torch.maximum(largest[name], seen)

        hooks.append(layer.register_forward_pre_hook(note))
    for tokens in texts:
        batch = pad_tokens([tokens], tokenizer)
        encoder(batch["input_ids"][0], batch["token_type_ids"][0])
    for hook in hooks:
        hook.remove()
    for name, layer in layers.items():
        weights = layer.weight.abs().amax(0).clamp(min=1e-3)
        factors = largest[name].clamp(min=1e-3) ** STRENGTH / weights ** (1 - STRENGTH)
        parent, _, attribute = name.rpartition(".")
        smoothed = SmoothLinear(layer, factors / factors.mean())
        setattr(encoder.get_submodule(parent), attribute, smoothed)
