"""The encoder as it is exported: the same numbers as BERT's, in fewer and larger steps.

The extractor reads texts one by one, so this one takes a single text, without a batch and without
padding; then no mask is needed and all shapes but the text's length are known. Query, key and value
come of one product, which quantises its input once, and the factor of attention is in the weights.
ONNX Runtime takes a quarter to a third less time for it than for the graph of
``transformers``' BERT.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor, nn
from transformers import BertModel

# What the parts of a layer are called here, and in `transformers`.
_PARTS = {
    "attended": "attention.output.dense",
    "first_norm": "attention.output.LayerNorm",
    "widen": "intermediate.dense",
    "narrow": "output.dense",
    "second_norm": "output.LayerNorm",
}
_PROJECTIONS = ("query", "key", "value")


class EncoderGraph(nn.Module):
    """A copy of ``encoder``. ``layers`` are numbered as its own."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        self.embeddings = encoder.embeddings
        heads = encoder.config.num_attention_heads
        self.layers = nn.ModuleList(_Layer(layer, heads) for layer in encoder.encoder.layer)

    def forward(self, input_ids: Tensor, token_type_ids: Tensor) -> Tensor:
        """[T], [T] -> [T, d]"""
        parts = self.embeddings
        places = torch.arange(input_ids.shape[0])
        hidden = parts.word_embeddings(input_ids) + parts.token_type_embeddings(token_type_ids)
        hidden = parts.LayerNorm(hidden + parts.position_embeddings(places))
        for layer in self.layers:
            hidden = layer(hidden)
        return hidden  # type: ignore[no-any-return]


class _Layer(nn.Module):
    attended: nn.Module
    first_norm: nn.Module
    widen: nn.Module
    narrow: nn.Module
    second_norm: nn.Module

    def __init__(self, layer: nn.Module, heads: int) -> None:
        super().__init__()
        parts = [getattr(layer.attention.self, name) for name in _PROJECTIONS]  # type: ignore[union-attr]
        size = parts[0].in_features
        self.heads, self.head_size = heads, size // heads
        self.projections = nn.Linear(size, 3 * size)
        self.projections.weight.data = torch.cat([part.weight.detach() for part in parts])
        self.projections.bias.data = torch.cat([part.bias.detach() for part in parts])
        with torch.no_grad():  # the factor of the scores of attention
            self.projections.weight[:size] *= self.head_size**-0.5
            self.projections.bias[:size] *= self.head_size**-0.5
        for name, path in _PARTS.items():
            setattr(self, name, layer.get_submodule(path))

    def forward(self, hidden: Tensor) -> Tensor:
        query, key, value = (
            part.view(-1, self.heads, self.head_size).transpose(0, 1)
            for part in self.projections(hidden).split(self.heads * self.head_size, -1)
        )
        attention = torch.softmax(query @ key.transpose(1, 2), -1)  # [heads, T, T]
        read = (attention @ value).transpose(0, 1).reshape(-1, self.heads * self.head_size)
        hidden = self.first_norm(self.attended(read) + hidden)
        return self.second_norm(self.narrow(F.gelu(self.widen(hidden))) + hidden)  # type: ignore[no-any-return]


def as_bert(state: dict[str, Tensor], heads: int) -> dict[str, Tensor]:
    """Weights of an `EncoderGraph` by the names that they have in a `BertModel`."""
    result: dict[str, Tensor] = {}
    for name, value in state.items():
        if not name.startswith("layers."):
            result[name] = value
            continue
        _, number, part, kind = name.split(".")
        layer = f"encoder.layer.{number}"
        if part != "projections":
            result[f"{layer}.{_PARTS[part]}.{kind}"] = value
            continue
        for projection, rows in zip(_PROJECTIONS, value.chunk(3), strict=True):
            if projection == "query":
                rows = rows * (value.shape[0] // 3 // heads) ** 0.5
            result[f"{layer}.attention.self.{projection}.{kind}"] = rows
    return result
