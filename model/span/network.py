"""The span model: everything is a labelled span or a labelled pair of spans.

One encoder reads texts and labels alike (a bi-encoder, so labels are embedded once a schema):

* a *span label* (entity type, event trigger type, argument role) scores every token as start, end
  and inside of a span that carries it;
* a *pair label* (relation, argument role, coreference) scores an ordered pair of spans, seen
  through both span vectors and through the part of the text that both attend to (localized
  context pooling after Zhou et al. 2021, *Document-Level Relation Extraction with Adaptive
  Thresholding and Localized Context Pooling*, with learned instead of reused attention).

Shapes: B texts, T tokens, L labels, N spans, P pairs, d hidden size.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from model.span.labels import Kind
from model.span.runs import FORBID

PAIR_DISTANCES = (0, 1, 2, 4, 8, 16, 32, 64)  # tokens between two spans: bucket bounds


@dataclass(frozen=True)
class HeadConfig:
    """Sizes of the heads: of the vector of a pair, and of the attention between its spans."""

    __pydantic_config__ = FORBID

    pair_size: int = 384
    context_heads: int = 4


class LabelHead(nn.Module):
    """Label vectors [L, d] and kinds [L] to ``outputs`` scoring vectors each: [L, outputs, d + 1].

    The last column is a bias.
    """

    def __init__(self, size: int, target: int, outputs: int, bias: float) -> None:
        super().__init__()
        self.kind = nn.Embedding(len(Kind), size)
        self.mix = nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.Linear(size, size))
        self.norm = nn.LayerNorm(size)
        self.out = nn.Linear(size, outputs * (target + 1))
        self.outputs, self.target = outputs, target
        nn.init.normal_(self.kind.weight, std=0.02)
        with torch.no_grad():
            self.out.bias.view(outputs, target + 1)[:, -1] = bias

    def forward(self, labels: Tensor, kinds: Tensor) -> Tensor:
        x = labels + self.kind(kinds)
        x = self.norm(x + self.mix(x))
        return self.out(x).view(-1, self.outputs, self.target + 1)  # type: ignore[no-any-return]


class PairHead(nn.Module):
    """Vectors of ordered pairs of spans in one text."""

    def __init__(self, size: int, config: HeadConfig) -> None:
        super().__init__()
        pair, self.heads = config.pair_size, config.context_heads
        self.span = nn.Sequential(nn.Linear(3 * size, size), nn.GELU(), nn.LayerNorm(size))
        self.head = nn.Linear(size, pair)
        self.tail = nn.Linear(size, pair)
        self.product = nn.Linear(size, pair, bias=False)
        self.query = nn.Linear(size, size)
        self.key = nn.Linear(size, size)
        self.context = nn.Linear(size, pair, bias=False)
        self.distance = nn.Embedding(2 * len(PAIR_DISTANCES), pair)
        self.out = nn.Sequential(nn.LayerNorm(pair), nn.Linear(pair, pair), nn.GELU())
        self.register_buffer("bounds", torch.tensor(PAIR_DISTANCES[1:]), persistent=False)
        self.bounds: Tensor
        self.scale = (size // self.heads) ** -0.5

    def forward(self, hidden: Tensor, spans: Tensor, pairs: Tensor) -> Tensor:
        """hidden [T, d], spans [N, 2] (first and last token), pairs [P, 2] -> [P, pair size]."""
        first, last = spans[:, 0], spans[:, 1]
        total = torch.cumsum(hidden, 0)
        length = (last - first + 1).unsqueeze(-1).to(hidden.dtype)
        mean = (total[last] - total[first] + hidden[first]) / length
        m = self.span(torch.cat((hidden[first], hidden[last], mean), -1))  # [N, d]

        q = self.query(m).view(-1, self.heads, m.shape[-1] // self.heads).transpose(0, 1)
        k = self.key(hidden).view(-1, self.heads, m.shape[-1] // self.heads).transpose(0, 1)
        attention = torch.softmax(q @ k.transpose(1, 2) * self.scale, -1)  # [heads, N, T]
        i, j = pairs[:, 0], pairs[:, 1]
        shared = (attention[:, i] * attention[:, j]).sum(0)  # [P, T]
        shared = shared / (shared.sum(-1, keepdim=True) + 1e-9)
        gap = torch.maximum(first[j] - last[i], first[i] - last[j]).clamp(min=0)
        bucket = (gap.unsqueeze(-1) >= self.bounds).sum(-1)
        bucket = bucket + len(PAIR_DISTANCES) * (first[j] < first[i]).long()
        z = self.head(m)[i] + self.tail(m)[j] + self.product(m[i] * m[j])
        z = z + shared @ self.context(hidden) + self.distance(bucket)
        return self.out(z)  # type: ignore[no-any-return]


class SpanNetwork(nn.Module):
    """Encoder and heads."""

    def __init__(self, encoder: BertModel, config: HeadConfig) -> None:
        super().__init__()
        size = encoder.config.hidden_size
        self.config = config
        self.encoder = encoder
        self.span_labels = LabelHead(size, size, 3, bias=-4.0)
        self.pair_labels = LabelHead(size, config.pair_size, 1, bias=-4.0)
        self.pairs = PairHead(size, config)

    def hidden(self, batch: dict[str, Tensor]) -> Tensor:
        """[B, T, d]"""
        return self.encoder(**batch).last_hidden_state  # type: ignore[no-any-return]

    def label_vectors(self, batch: dict[str, Tensor]) -> Tensor:
        """[L, T] label texts -> [L, d], the mean over all tokens."""
        mask = batch["attention_mask"].unsqueeze(-1)
        hidden = self.hidden(batch).float()
        return (hidden * mask).sum(1) / mask.sum(1)

    def widen_classes(self, count: int) -> None:
        """Room for ``count`` classes of tokens; new ones begin as class 0."""
        rows = self.encoder.embeddings.token_type_embeddings.weight.detach()
        if len(rows) < count:
            wider = nn.Embedding(count, rows.shape[1])
            wider.weight.data = torch.cat((rows, rows[:1].repeat(count - len(rows), 1)))
            self.encoder.embeddings.token_type_embeddings = wider
            self.encoder.config.type_vocab_size = count

    @staticmethod
    def score(vectors: Tensor, labels: Tensor) -> Tensor:
        """vectors [..., d], labels [L, outputs, d + 1] -> logits [..., L, outputs]."""
        flat = labels.flatten(0, 1)
        logits = vectors @ flat[:, :-1].T * vectors.shape[-1] ** -0.5 + flat[:, -1]
        return logits.unflatten(-1, labels.shape[:2])  # type: ignore[no-any-return]

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        state = {name: value.contiguous() for name, value in self.state_dict().items()}
        save_file(state, folder / "model.safetensors")
        (folder / "encoder.json").write_text(self.encoder.config.to_json_string(), "utf-8")
        (folder / "heads.json").write_text(json.dumps(asdict(self.config)), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> SpanNetwork:
        encoder = BertModel(
            BertConfig.from_json_file(folder / "encoder.json"), add_pooling_layer=False
        )
        config = HeadConfig(**json.loads((folder / "heads.json").read_text("utf-8")))
        network = cls(encoder, config)
        network.load_state_dict(load_file(folder / "model.safetensors"))
        return network
