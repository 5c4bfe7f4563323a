"""Multi-task training of the span model.

A step takes one batch from one data set (or one domain of it), draws the labels on offer, and
learns spans and pairs together. Everything drawn depends on the seed and the step number alone,
so a run that is stopped goes on exactly where it was.

    python -m model.span.training configs/train/span.yaml --data ../shared/data --out runs/span
"""

from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor, nn
from transformers import BertModel

from model.checked import read_yaml
from model.schema_loader import available_schemas, load_schema
from model.span.batching import pad_tokens
from model.span.data import OPEN_LICENCES, load_passages, load_set
from model.span.examples import Example, Group, sample_labels
from model.span.labels import SPAN_KINDS, Kind, Label
from model.span.network import HeadConfig, SpanNetwork
from model.span.optimization import cosine_rate, fast_bfloat16, resume, save_checkpoint
from model.span.runs import FORBID, RecipeError, parsed, run_parser
from model.span.tokenizer import CLASSES, SpanTokenizer
from model.span.translations import Paraphrases, label_translations

logger = logging.getLogger(__name__)

PASSAGES = Path(__file__).parent.parent.parent / "configs" / "train"
SHORT_LABEL = 6  # tokens


@dataclass(frozen=True)
class TrainConfig:
    """A recipe. ``sets`` maps a data set to its share of the batches.

    ``passages`` does the same for folders of passages (see ``model.span.passages``), annotated by
    the ready schema of the folder's name or each file by a schema of its own; ``made`` for sets
    that a tool made (see ``model.span.definitions``). ``stop`` ends a run before its schedule of
    ``steps``.
    """

    __pydantic_config__ = FORBID

    sets: dict[str, float]
    passages: dict[str, float] = field(default_factory=dict)  # folder beside the recipe: share
    made: dict[str, float] = field(default_factory=dict)  # folder of what tools made: share
    steps: int = 4000
    stop: int | None = None
    warmup: int = 200
    batch_tokens: int = 1536
    max_tokens: int = 160
    labels: int = 20
    label_dropout: float = 0.1
    description_share: float = 0.4
    translation_share: float = 0.2
    paraphrase_share: float = 0.0
    licences: tuple[str, ...] = OPEN_LICENCES  # classes of data that may be learned from
    languages: tuple[str, ...] | None = None  # of the texts that may be learned from; None: all
    always_described: tuple[str, ...] = ()
    max_pairs: int = 300
    encoder_learning_rate: float = 1e-4
    head_learning_rate: float = 5e-4
    class_learning_rate: float = 2e-3
    weight_decay: float = 0.01
    dropout: float = 0.1
    checkpoint_every: int = 250
    seed: int = 13
    head: HeadConfig = field(default_factory=HeadConfig)

    @classmethod
    def load(cls, path: Path) -> TrainConfig:
        """The recipe in a YAML file. Raises RecipeError."""
        return read_yaml(path, cls, RecipeError)

    @property
    def learning_rates(self) -> tuple[float, float, float]:
        """Peaks for the encoder, the heads, and the classes of tokens, which begin from nothing."""
        return (self.encoder_learning_rate, self.head_learning_rate, self.class_learning_rate)


class Mixture:
    """Draws batches: a data set by its share, then texts of similar length."""

    def __init__(self, groups: list[Group], config: TrainConfig) -> None:
        self.groups = groups
        self.config = config
        total: dict[str, int] = {}
        for group in groups:
            group.examples.sort(key=lambda e: len(e.tokens))
            name = group.name.partition("/")[0]
            total[name] = total.get(name, 0) + group.tokens
        shares = config.sets | config.passages | config.made
        self.shares = [
            shares[g.name.partition("/")[0]] * g.tokens / total[g.name.partition("/")[0]]
            for g in groups
        ]

    def batch(self, step: int) -> tuple[Group, list[Example], random.Random]:
        rng = random.Random(f"{self.config.seed}/{step}")
        (group,) = rng.choices(self.groups, self.shares)
        examples = group.examples
        centre = rng.randrange(len(examples))
        length = len(examples[centre].tokens) + 2
        size = max(1, self.config.batch_tokens // length)
        nearby = range(max(0, centre - 4 * size), min(len(examples), centre + 4 * size))
        chosen = [examples[i] for i in rng.sample(nearby, min(size, len(nearby)))]
        while len(chosen) > 1 and self._padded(chosen) > 1.2 * self.config.batch_tokens:
            chosen.pop()
        return group, chosen, rng

    @staticmethod
    def _padded(examples: list[Example]) -> int:
        return len(examples) * (max(len(e.tokens) for e in examples) + 2)


class Losses:
    """Span and pair losses of one batch."""

    def __init__(
        self,
        network: SpanNetwork,
        tokenizer: SpanTokenizer,
        config: TrainConfig,
        translations: dict[str, str],
        paraphrases: Paraphrases | None = None,
    ) -> None:
        self.network = network
        self.tokenizer = tokenizer
        self.config = config
        self.translations = translations
        self.paraphrases = paraphrases or Paraphrases({})

    def _text(self, group: Group, label: Label, rng: random.Random) -> str:
        """The label as written, described, or in the other language."""
        if group.name.partition("/")[0] in self.config.always_described:
            return group.texts[label]
        if rng.random() < self.config.paraphrase_share and (
            other := self.paraphrases.draw(label.kind, label.name, rng)
        ):
            return other
        chance = rng.random()
        if chance < self.config.translation_share:
            translated = group.translations.get(label.name)
            return translated or self.translations.get(label.name.lower(), label.name)
        if chance < self.config.translation_share + self.config.description_share:
            return group.texts[label]
        return label.name

    def __call__(
        self, group: Group, examples: list[Example], rng: random.Random
    ) -> tuple[Tensor, Tensor]:
        config = self.config
        labels = sample_labels(group, examples, config.labels, rng, config.label_dropout)
        if not labels:  # all dropped
            return torch.zeros(()), torch.zeros(())
        texts = [self._text(group, label, rng) for label in labels]
        vectors = self._label_vectors(texts)
        kinds = torch.tensor([int(label.kind) for label in labels])
        hidden = self.network.hidden(pad_tokens([e.tokens for e in examples], self.tokenizer))[
            :, 1:-1
        ].float()

        spans = [i for i, label in enumerate(labels) if label.kind in SPAN_KINDS]
        pairs = [i for i, label in enumerate(labels) if label.kind not in SPAN_KINDS]
        span_loss = pair_loss = hidden.new_zeros(())
        if spans:
            heads = self.network.span_labels(vectors[spans], kinds[spans])
            span_loss = self._spans(examples, hidden, heads, [labels[i] for i in spans])
        if pairs:
            heads = self.network.pair_labels(vectors[pairs], kinds[pairs])
            pair_loss = self._pairs(examples, hidden, heads, [labels[i] for i in pairs], rng)
        return span_loss, pair_loss

    def _label_vectors(self, texts: list[str]) -> Tensor:
        """[L, d]. Short and long texts go apart, to save padding: labels cost as much as text."""
        unique = list(dict.fromkeys(texts))
        encoded = self.tokenizer.encode(unique)
        order: list[int] = []
        vectors = []
        for long in (False, True):
            part = [i for i, tokens in enumerate(encoded) if (len(tokens) > SHORT_LABEL) == long]
            if part:
                batch = pad_tokens([encoded[i] for i in part], self.tokenizer)
                vectors.append(self.network.label_vectors(batch))
                order += part
        row = {unique[i]: place for place, i in enumerate(order)}
        return torch.cat(vectors)[[row[text] for text in texts]]

    def _spans(
        self, examples: list[Example], hidden: Tensor, heads: Tensor, labels: list[Label]
    ) -> Tensor:
        logits = self.network.score(hidden, heads).float()  # [B, T, L, 3]
        target = torch.zeros_like(logits)
        weight = torch.zeros(logits.shape[:3])
        column = {label: i for i, label in enumerate(labels)}
        kinds = [int(label.kind) for label in labels]
        positives = 0
        for row, example in enumerate(examples):
            length = len(example.tokens)
            weight[row, :length] = torch.from_numpy(example.weights[kinds].T)
            for (first, last), found in example.spans.items():
                for label in found:
                    if (i := column.get(label)) is not None:
                        target[row, first, i, 0] = 1
                        target[row, last, i, 1] = 1
                        target[row, first : last + 1, i, 2] = 1
                        positives += 1
        loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(-1)
        tokens = sum(len(e.tokens) for e in examples)
        return (loss * weight).sum() / (3 * positives + 0.05 * tokens)

    def _pairs(
        self,
        examples: list[Example],
        hidden: Tensor,
        heads: Tensor,
        labels: list[Label],
        rng: random.Random,
    ) -> Tensor:
        column = {label: i for i, label in enumerate(labels)}
        kind_of = torch.tensor([int(label.kind) for label in labels])
        found_vectors, targets, masks = [], [], []
        for row, example in enumerate(examples):
            items = list(example.pairs().items())
            true = [item for item in items if any(item[1].values())]
            false = [item for item in items if not any(item[1].values())]
            room = max(0, self.config.max_pairs - len(true))
            chosen = true[: self.config.max_pairs] + rng.sample(false, min(room, len(false)))
            if not chosen:
                continue
            spans = sorted({span for pair, _ in chosen for span in pair})
            where = {span: i for i, span in enumerate(spans)}
            pairs = torch.tensor([[where[a], where[b]] for (a, b), _ in chosen])
            length = len(example.tokens)
            found_vectors.append(
                self.network.pairs(hidden[row, :length], torch.tensor(spans), pairs)
            )
            target = torch.zeros(len(chosen), len(labels))
            mask = torch.zeros(len(chosen), len(labels))
            annotated = torch.tensor(
                [
                    example.relations is None
                    or label.kind is not Kind.RELATION
                    or label.name in example.relations
                    for label in labels
                ]
            )
            for i, (_, kinds) in enumerate(chosen):
                for kind, true_labels in kinds.items():
                    # Where one relation is stated, the others that could be are not.
                    known = annotated | bool(true_labels)
                    mask[i, (kind_of == int(kind)) & known] = 1
                    for label in true_labels:
                        if label in column:
                            target[i, column[label]] = mask[i, column[label]] = 1
            targets.append(target)
            masks.append(mask)
        if not found_vectors:
            return hidden.new_zeros(())
        logits = self.network.score(torch.cat(found_vectors), heads).squeeze(-1).float()
        target, mask = torch.cat(targets), torch.cat(masks)
        loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
        return (loss * mask).sum() / (target.sum() + 0.1 * len(target))


def optimizer_for(network: SpanNetwork, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW with a learning rate for the encoder, the heads and the classes of tokens each."""
    classes = network.encoder.embeddings.token_type_embeddings.weight
    encoder = [p for p in network.encoder.parameters() if p.requires_grad and p is not classes]
    known = {id(p) for p in network.encoder.parameters()}
    heads = [p for p in network.parameters() if id(p) not in known]
    groups = zip((encoder, heads, [classes]), config.learning_rates, strict=True)
    return torch.optim.AdamW(
        [{"params": parameters, "lr": rate} for parameters, rate in groups],
        weight_decay=config.weight_decay,
        fused=True,
    )


def train(
    config: TrainConfig,
    data: Path,
    initial: Path,
    out: Path,
    network_folder: Path | None = None,
    made: Path | None = None,
) -> None:
    """Trains from the encoder in ``initial`` (or the last checkpoint in ``out``) to ``out``.

    ``network_folder`` holds a trained network to start from, heads and all; ``made`` the sets that
    tools made.
    """
    torch.manual_seed(config.seed)
    tokenizer = SpanTokenizer.load(initial)
    groups: list[Group] = []
    for name in config.sets:
        folder = data / "ie" / name
        groups += load_set(
            folder, "train", tokenizer, config.max_tokens, config.licences, config.languages
        )
    groups += passage_groups(config, tokenizer)
    for name in config.made:
        if made is None:
            raise ValueError(f"the recipe uses the made set '{name}'; say where it is")
        groups += load_set(
            made / name, "train", tokenizer, config.max_tokens, languages=config.languages
        )
    network = _network(config, initial, network_folder)
    translations = label_translations(data / "lex" / "labels.jsonl.xz")
    fit(network, tokenizer, groups, config, translations, out)


def passage_groups(config: TrainConfig, tokenizer: SpanTokenizer) -> list[Group]:
    """The passages that the recipe names."""
    groups: list[Group] = []
    for name in config.passages:
        schema = load_schema(name) if name in available_schemas() else None
        groups += load_passages(
            PASSAGES / name, schema, tokenizer, config.max_tokens, config.languages
        )
    return groups


def fit(
    network: SpanNetwork,
    tokenizer: SpanTokenizer,
    groups: list[Group],
    config: TrainConfig,
    translations: dict[str, str],
    out: Path,
) -> None:
    """Trains ``network`` on ``groups``, on from the last checkpoint in ``out`` if there is one."""
    logger.info("%d groups, %d tokens", len(groups), sum(g.tokens for g in groups))
    _prepare(network, config)
    if tokenizer.words:
        network.widen_classes(CLASSES)
    optimizer = optimizer_for(network, config)
    step = resume(out, network, optimizer)
    mixture = Mixture(groups, config)
    losses = Losses(network, tokenizer, config, translations, Paraphrases.load())
    autocast = fast_bfloat16()
    network.train()
    tokenizer.save(out)
    started, tokens, mean = time.monotonic(), 0, [0.0, 0.0]
    last = min(config.steps, config.stop or config.steps)
    while step < last:
        group, examples, rng = mixture.batch(step)
        torch.manual_seed(config.seed * 1_000_003 + step)  # dropout, too, depends on the step
        for part, base in zip(optimizer.param_groups, config.learning_rates, strict=True):
            part["lr"] = base * cosine_rate(step, config.warmup, config.steps)
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            parts = losses(group, examples, rng)
        loss = parts[0] + parts[1]
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
        tokens += sum(len(e.tokens) for e in examples)
        mean = [0.98 * m + 0.02 * p.item() for m, p in zip(mean, parts, strict=True)]
        step += 1
        if step % 50 == 0:
            rate = tokens / (time.monotonic() - started)
            logger.info("step %d span %.4f pair %.4f %.0f tokens/s", step, mean[0], mean[1], rate)
        if step % config.checkpoint_every == 0 or step == last:
            network.save(out)
            save_checkpoint(out, network, optimizer, step)


def _network(config: TrainConfig, initial: Path, network_folder: Path | None) -> SpanNetwork:
    if network_folder is not None:
        return SpanNetwork.load(network_folder)
    encoder = BertModel.from_pretrained(initial, add_pooling_layer=False)
    return SpanNetwork(encoder, config.head)


def _prepare(network: SpanNetwork, config: TrainConfig) -> None:
    for name, module in network.encoder.named_modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0 if name.endswith("attention.self.dropout") else config.dropout
    # On a CPU, for short texts, faster than the fused kernel.
    network.encoder.set_attn_implementation("eager")
    # 13 million weights that a step hardly touches, and whose dense gradient costs a third of it.
    network.encoder.embeddings.word_embeddings.weight.requires_grad_(False)


def main() -> None:
    parser = run_parser(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--made", type=Path, help="folder of the sets that tools made")
    arguments = parsed(parser)
    train(
        TrainConfig.load(arguments.config),
        arguments.data,
        arguments.initial,
        arguments.out,
        arguments.network,
        arguments.made,
    )


if __name__ == "__main__":
    main()
