"""Aligns the Chinese side of the encoder with its English side.

Distillation of sentence vectors (Reimers and Gurevych 2020, *Making Monolingual Sentence
Embeddings Multilingual using Knowledge Distillation*): the mean-pooled vector of a Chinese text
is drawn to the vector that the untouched English model gives its translation. Dictionary entries
and names count as very short translations. English text with its case classes is kept where it
was, in the same batches.
"""

from __future__ import annotations

import argparse
import logging
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from transformers import AutoTokenizer, BertModel

from model.span.batching import length_batches, pad_tokens
from model.span.optimization import fast_bfloat16
from model.span.tokenizer import SpanTokenizer, Tokens
from model.span.vocabulary import extend, read_jsonl

logger = logging.getLogger(__name__)

MINIMUM_COUNT = 25  # of a Chinese character in the corpus, to get a token
PARALLEL_SHARES = {"law_taiwan_moj": 0.2, "bible": 0.1}
HELD_OUT = frozenset({"ntrex", "tico19"})  # translation test sets: never trained on
_PARENTHESES = re.compile(r"\s*[(\[（][^)\]）]*[)\]）]")


@dataclass(frozen=True)
class AlignConfig:
    """How the encoder is aligned: pairs of translations, tokens of a text and of a batch, rates."""

    pairs: int = 90_000
    max_tokens: int = 64
    batch_tokens: int = 4096
    learning_rate: float = 1e-4
    embedding_learning_rate: float = 1e-3
    english_share: float = 0.25
    seed: int = 13


def translations(data: Path, seed: int) -> list[tuple[str, str]]:
    """(English, Chinese) pairs from sentence pairs, dictionary, WordNet, names and labels."""
    rng = random.Random(seed)
    pairs: list[tuple[str, str]] = []
    for row in read_jsonl(data / "parallel/zh_en.jsonl.xz"):
        share = 0.0 if row["source"] in HELD_OUT else PARALLEL_SHARES.get(row["source"], 0.6)
        if rng.random() < share:
            pairs.append((row["en"], row["zh"]))
    for row in read_jsonl(data / "lex/cedict.jsonl.xz"):
        gloss = _PARENTHESES.sub("", row["en"][0]).strip()
        if gloss and not gloss.startswith(("variant of", "surname", "see ")) and rng.random() < 0.5:
            pairs.append((gloss, row["simplified"]))
    for row in read_jsonl(data / "lex/wordnet.jsonl.xz"):
        if row["zh"] and rng.random() < 0.5:
            pairs.append((row["en"][0].replace("_", " "), rng.choice(row["zh"])))
    for row in read_jsonl(data / "lex/gazetteer.jsonl.xz"):
        if row["en"] and row["zh"] and rng.random() < 0.3:
            pairs.append((f"{row['en']}, {row['type_en']}", f"{row['zh']}，{row['type_zh']}"))
    for row in read_jsonl(data / "lex/labels.jsonl.xz"):
        if row.get("zh") and row.get("en"):
            pairs.append((row["en"]["label"], row["zh"]["label"]))
    rng.shuffle(pairs)
    return pairs


def mean_pool(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """[B, T, d], [B, T] -> [B, d]"""
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)


@torch.no_grad()
def teacher_vectors(base: Path, texts: list[str], max_tokens: int) -> torch.Tensor:
    """Unit vectors [texts, d] of the untouched English model."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = BertModel.from_pretrained(base, add_pooling_layer=False).eval()  # type: ignore[no-untyped-call]
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    vectors = torch.zeros(len(texts), model.config.hidden_size)
    for start in range(0, len(order), 128):
        part = order[start : start + 128]
        batch = tokenizer(
            [texts[i] for i in part],
            padding=True,
            truncation=True,
            max_length=max_tokens,
            return_tensors="pt",
        )
        with torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16()):
            hidden = model(**batch).last_hidden_state
        vectors[part] = F.normalize(mean_pool(hidden.float(), batch["attention_mask"]), dim=-1)
    return vectors


def align(base: Path, initial: Path, data: Path, out: Path, config: AlignConfig) -> None:
    """Trains the encoder in ``initial`` to give a Chinese text the vector that ``base`` gives its
    English translation, and writes it to ``out``."""
    torch.manual_seed(config.seed)
    rng = random.Random(config.seed)
    pairs = translations(data, config.seed)[: config.pairs]
    logger.info("%d pairs", len(pairs))
    held = pairs[:1000]
    targets = teacher_vectors(base, [english for english, _ in pairs], config.max_tokens)
    tokenizer = SpanTokenizer.load(initial)
    model = BertModel.from_pretrained(initial, add_pooling_layer=False)

    examples: list[tuple[Tokens, int]] = []
    chinese = tokenizer.encode([zh for _, zh in pairs])
    examples += [(t.window(0, config.max_tokens), i) for i, t in enumerate(chinese) if i >= 1000]
    kept = [i for i in range(1000, len(pairs)) if rng.random() < config.english_share]
    english = tokenizer.encode([pairs[i][0] for i in kept])
    examples += [(t.window(0, config.max_tokens), i) for i, t in zip(kept, english, strict=True)]
    batches = length_batches([len(t) for t, _ in examples], config.batch_tokens, rng)
    logger.info("%d examples, %d batches", len(examples), len(batches))

    embeddings = [model.embeddings.word_embeddings.weight]
    rest = [p for p in model.parameters() if p is not embeddings[0]]
    optimizer = torch.optim.AdamW(
        [
            {"params": embeddings, "lr": config.embedding_learning_rate, "weight_decay": 0.0},
            {"params": rest, "lr": config.learning_rate},
        ],
        weight_decay=0.01,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _warmup_linear(100, len(batches)))
    started, tokens, running = time.monotonic(), 0, 0.0
    autocast = fast_bfloat16()
    for step, batch in enumerate(batches):
        padded = pad_tokens([examples[i][0] for i in batch], tokenizer)
        goal = targets[[examples[i][1] for i in batch]]
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            hidden = model(**padded).last_hidden_state
        vectors = F.normalize(mean_pool(hidden.float(), padded["attention_mask"]), dim=-1)
        loss = (1 - (vectors * goal).sum(-1)).mean() + contrast(vectors, goal)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        tokens += int(padded["attention_mask"].sum())
        running = loss.item() if not step else 0.98 * running + 0.02 * loss.item()
        if step % 100 == 0:
            rate = tokens / (time.monotonic() - started)
            logger.info("%d/%d loss %.4f %.0f tokens/s", step, len(batches), running, rate)
    model.save_pretrained(out)
    tokenizer.save(out)
    logger.info(
        "held-out retrieval zh->en: %.3f", retrieval(model, tokenizer, held, targets[:1000])
    )


def contrast(vectors: torch.Tensor, goal: torch.Tensor, temperature: float = 0.05) -> torch.Tensor:
    """In-batch cross entropy: a vector is nearest to its own goal (0.1 of the loss)."""
    logits = vectors @ goal.T / temperature
    return 0.1 * F.cross_entropy(logits, torch.arange(len(vectors)))


@torch.no_grad()
def retrieval(
    model: BertModel,
    tokenizer: SpanTokenizer,
    pairs: list[tuple[str, str]],
    targets: torch.Tensor,
) -> float:
    """Share of Chinese texts whose nearest English vector is that of their translation."""
    model.eval()  # type: ignore[no-untyped-call]
    vectors = []
    tokens = tokenizer.encode([zh for _, zh in pairs])
    for start in range(0, len(tokens), 100):
        padded = pad_tokens([t.window(0, 64) for t in tokens[start : start + 100]], tokenizer)
        hidden = model(**padded).last_hidden_state
        vectors.append(F.normalize(mean_pool(hidden, padded["attention_mask"]), dim=-1))
    nearest = (torch.cat(vectors) @ targets.T).argmax(1)
    return float((nearest == torch.arange(len(nearest))).float().mean())


def _warmup_linear(warmup: int, total: int) -> Callable[[int], float]:
    return lambda step: min(1.0, (step + 1) / warmup) * max(0.0, 1 - step / total)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="folder of the English MiniLM")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    data, out = arguments.data, arguments.out
    initial = out / "initial"
    corpus, cedict = data / "text/zh_wikipedia.jsonl.xz", data / "lex/cedict.jsonl.xz"
    extend(arguments.base, corpus, cedict, MINIMUM_COUNT, initial)
    align(arguments.base, initial, data, out, AlignConfig())


if __name__ == "__main__":
    main()
