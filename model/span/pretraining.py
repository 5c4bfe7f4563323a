"""Continues the pretraining of the encoder: masked words (Devlin et al. 2019) of both languages.

    python -m model.span.pretraining configs/train/encoder.yaml --corpus runs/packed \
        --tokenizer runs/tokenizer --initial runs/aligned --out runs/encoder

Texts come from a packed corpus of ``kgbuilder train corpus``, made with any tokenizer that gives
back its texts: the span model's own loses case and traditional characters. *Whole words* are
masked: all pieces of an English word, or a run of Chinese characters, which have no word
boundaries (spans of random length after Joshi et al. 2020, *SpanBERT*). What a step reads and masks
depends on the seed and its number alone, so a run that is stopped goes on exactly where it was.

``--network`` goes on from a trained span model instead and keeps its heads.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor, nn
from transformers import BertModel

from model.checked import read_yaml
from model.corpus.mixture import Mixture
from model.corpus.packed import PackedCorpus
from model.span.batching import pad_tokens
from model.span.network import SpanNetwork
from model.span.optimization import cosine_rate, fast_bfloat16, resume, save_checkpoint
from model.span.runs import FORBID, RecipeError, parsed, run_parser
from model.span.tokenizer import SpanTokenizer, Tokens

logger = logging.getLogger(__name__)

_IGNORED = -100  # of the loss


@dataclass(frozen=True)
class PretrainConfig:
    """A recipe. ``sources`` maps a source of the corpus to its share of the samples."""

    __pydantic_config__ = FORBID

    sources: dict[str, float]
    steps: int = 1000
    warmup: int = 100
    batch_tokens: int = 3072
    max_tokens: int = 160
    masked_share: float = 0.15
    longest_run: int = 4  # Chinese characters masked together
    learning_rate: float = 1e-4
    embedding_learning_rate: float = 5e-4
    weight_decay: float = 0.01
    checkpoint_every: int = 100
    seed: int = 19

    @classmethod
    def load(cls, path: Path) -> PretrainConfig:
        """The recipe in a YAML file. Raises RecipeError."""
        return read_yaml(path, cls, RecipeError)


class Texts:
    """The texts of packed samples, as the span model reads them, by step."""

    def __init__(
        self, corpus: Path, tokenizer_folder: Path, tokenizer: SpanTokenizer, config: PretrainConfig
    ) -> None:
        from tokenizers import Tokenizer

        corpora = [PackedCorpus(corpus, source) for source in config.sources]
        self._mixture = Mixture(corpora, list(config.sources.values()), config.seed)
        self._packed = Tokenizer.from_file(str(tokenizer_folder / "tokenizer.json"))
        self._tokenizer = tokenizer
        self._config = config

    def batch(self, step: int) -> list[Tokens]:
        """As many samples as fit ``batch_tokens``, each cut to a window of ``max_tokens``."""
        config, found, size = self._config, [], 0
        rng = np.random.default_rng([config.seed, step])
        # No step needs more samples than this, and so no two steps have one in common.
        most = max(1, config.batch_tokens // 32)
        for corpus, sample in islice(self._mixture.order(step * most), most):
            text = self._packed.decode(self._mixture.corpora[corpus][sample].tolist())
            (tokens,) = self._tokenizer.encode([text])
            if len(tokens) < 8:
                continue
            start = int(rng.integers(max(1, len(tokens) - config.max_tokens + 1)))
            found.append(tokens.window(start, start + config.max_tokens))
            size += len(found[-1])
            if size >= config.batch_tokens:
                break
        return found


def masked(
    tokens: Tokens, rng: np.random.Generator, share: float, longest_run: int
) -> npt.NDArray[np.bool_]:
    """Which tokens to guess, [T]: whole words and runs of single characters, ``share`` of all."""
    starts = np.flatnonzero(np.diff(tokens.words, prepend=tokens.words[0] - 1))
    ends = np.append(starts[1:], len(tokens))
    single = tokens.ends[ends - 1] - tokens.starts[starts] == 1
    chosen = np.zeros(len(tokens), dtype=bool)
    wanted = max(1, round(share * len(tokens)))
    for word in rng.permutation(len(starts)):
        last = word
        for _ in range(int(rng.integers(longest_run)) if single[word] else 0):
            if last + 1 < len(starts) and single[last + 1]:
                last += 1
        chosen[starts[word] : ends[last]] = True
        if chosen.sum() >= wanted:
            break
    return chosen


class MaskedWords(nn.Module):
    """An encoder and the head that guesses words, whose output weights are the embeddings."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        size = encoder.config.hidden_size
        self.encoder = encoder
        self.transform = nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.LayerNorm(size))
        self.bias = nn.Parameter(torch.zeros(encoder.config.vocab_size))

    def forward(self, batch: dict[str, Tensor], wanted: Tensor) -> Tensor:
        """Logits [masked, vocabulary] of the places that ``wanted`` [B, T] marks."""
        hidden = self.encoder(**batch).last_hidden_state[wanted]
        weight = self.encoder.embeddings.word_embeddings.weight
        return self.transform(hidden) @ weight.T + self.bias  # type: ignore[no-any-return]


class Corruption:
    """Of the masked tokens 80% become [MASK], 10% another token, and 10% stay."""

    def __init__(self, tokenizer: SpanTokenizer, vocabulary: int, config: PretrainConfig) -> None:
        self._tokenizer, self._vocabulary, self._config = tokenizer, vocabulary, config

    def __call__(self, texts: list[Tokens], step: int) -> tuple[dict[str, Tensor], Tensor]:
        """What the encoder reads, and the true ids [B, T + 2], ``_IGNORED`` where not masked."""
        rng = np.random.default_rng([self._config.seed, step, 1])
        batch = pad_tokens(texts, self._tokenizer)
        goal = torch.full_like(batch["input_ids"], _IGNORED)
        for row, tokens in enumerate(texts):
            chosen = masked(tokens, rng, self._config.masked_share, self._config.longest_run)
            places = torch.from_numpy(np.flatnonzero(chosen) + 1)  # behind [CLS]
            goal[row, places] = batch["input_ids"][row, places]
            fate = torch.from_numpy(rng.random(len(places)))
            other = torch.from_numpy(rng.integers(self._vocabulary, size=len(places)))
            ids = batch["input_ids"][row, places]
            ids = torch.where(fate < 0.8, self._tokenizer.mask_id, ids)
            batch["input_ids"][row, places] = torch.where(fate >= 0.9, other, ids)
        return batch, goal


def pretrain(
    config: PretrainConfig,
    corpus: Path,
    corpus_tokenizer: Path,
    initial: Path,
    out: Path,
    network_folder: Path | None = None,
) -> None:
    """From the encoder in ``initial`` (or of the network, or the last checkpoint) to ``out``."""
    torch.manual_seed(config.seed)
    tokenizer = SpanTokenizer.load(initial)
    network = SpanNetwork.load(network_folder) if network_folder else None
    encoder = (
        network.encoder if network else BertModel.from_pretrained(initial, add_pooling_layer=False)
    )
    for module in encoder.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0  # masks are noise enough for one pass over a large corpus
    encoder.set_attn_implementation("eager")  # on a CPU, for short texts, the faster one
    model = MaskedWords(encoder)
    embeddings = [encoder.embeddings.word_embeddings.weight]
    rest = [p for p in model.parameters() if p is not embeddings[0]]
    optimizer = torch.optim.AdamW(
        [
            {"params": embeddings, "lr": config.embedding_learning_rate, "weight_decay": 0.0},
            {"params": rest, "lr": config.learning_rate, "weight_decay": config.weight_decay},
        ],
        fused=True,
    )
    out.mkdir(parents=True, exist_ok=True)
    step = resume(out, model, optimizer)
    texts = Texts(corpus, corpus_tokenizer, tokenizer, config)
    corrupted = Corruption(tokenizer, encoder.config.vocab_size, config)
    autocast = fast_bfloat16()
    started, seen, mean = time.monotonic(), 0, 0.0
    model.train()
    while step < config.steps:
        batch, goal = corrupted(texts.batch(step), step)
        for part, base in zip(
            optimizer.param_groups,
            (config.embedding_learning_rate, config.learning_rate),
            strict=True,
        ):
            part["lr"] = base * cosine_rate(step, config.warmup, config.steps)
        wanted = goal != _IGNORED
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            loss = F.cross_entropy(model(batch, wanted).float(), goal[wanted])
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        seen += int(batch["attention_mask"].sum())
        mean = loss.item() if not mean else 0.98 * mean + 0.02 * loss.item()
        step += 1
        if step % 20 == 0:
            rate = seen / (time.monotonic() - started)
            logger.info("step %d loss %.4f %.0f tokens/s", step, mean, rate)
        if step % config.checkpoint_every == 0 or step == config.steps:
            if network is not None:
                network.save(out)
            else:
                encoder.save_pretrained(out)
            tokenizer.save(out)
            save_checkpoint(out, model, optimizer, step)


def main() -> None:
    parser = run_parser(__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="a packed corpus")
    parser.add_argument("--tokenizer", type=Path, required=True, help="folder of the corpus's")
    arguments = parsed(parser)
    pretrain(
        PretrainConfig.load(arguments.config),
        arguments.corpus,
        arguments.tokenizer,
        arguments.initial,
        arguments.out,
        arguments.network,
    )


if __name__ == "__main__":
    main()
