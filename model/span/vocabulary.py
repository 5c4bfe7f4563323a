"""Makes the initial encoder: an English MiniLM whose vocabulary is extended to Chinese.

Every frequent Chinese character gets a token. Its embedding starts as the mean of the English
word-piece embeddings of what it means in CC-CEDICT, so that Chinese text lands near the English
words it translates to before any training ("embedding initialisation by dictionary", after
Tran 2020, *From English to Foreign Languages*).
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import BertModel

from model.chinese import simplified_characters
from model.compressed import open_bytes
from model.span.tokenizer import CLASSES, SpanTokenizer

_NOISE = re.compile(r"\([^)]*\)|\[[^\]]*\]|^(surname|variant of|see|abbr\. for|CL:).*", re.I)
_STOP = frozenset(["a", "an", "the", "to", "of", "in", "on", "at", "by", "for", "and", "or"])


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of JSON lines, compressed or not, one at a time."""
    with open_bytes(path) as lines:
        for line in lines:
            yield json.loads(line)


def folding_table() -> dict[int, int]:
    """One-to-one character folds: traditional to simplified, full width to half width."""
    table = {old: ord(new) for old, new in simplified_characters().items()}
    table |= {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    table[0x3000] = 0x20
    return table


def chinese_characters(corpus: Path, folding: dict[int, int], minimum: int) -> list[str]:
    """Characters of CJK blocks that occur at least ``minimum`` times, most frequent first."""
    counts: Counter[str] = Counter()
    for article in read_jsonl(corpus):
        counts.update((article["title"] + article["text"]).translate(folding))
    return [
        char
        for char, count in counts.most_common()
        if count >= minimum and ("\u3001" <= char <= "\u303f" or "\u4e00" <= char <= "\u9fff")
    ]


def glosses(cedict: Path) -> dict[str, list[str]]:
    """English words for each simplified character; those of the character itself come thrice."""
    words: dict[str, list[str]] = defaultdict(list)
    for entry in read_jsonl(cedict):
        term, found = entry["simplified"], []
        for gloss in entry["en"]:
            found += [w for w in re.findall(r"[a-z]+", _NOISE.sub("", gloss)) if w not in _STOP]
        if len(term) == 1:
            words[term] += found * 3
        elif len(term) == 2:
            for char in term:
                words[char] += found
    return words


def extend(base: Path, corpus: Path, cedict: Path, minimum: int, out: Path) -> None:
    """Writes encoder and tokenizer to ``out``.

    Tokens of the base that this model never sees (unused slots, continuations of Chinese
    characters) are dropped, so that the vocabulary grows little.
    """
    folding = folding_table()
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    vocab: dict[str, int] = tokenizer.get_vocab()
    kept = [
        token
        for token, _ in sorted(vocab.items(), key=lambda item: item[1])
        if not token.startswith("[unused") and not re.fullmatch(r"##[\u4e00-\u9fff]", token)
    ]
    added = [c for c in chinese_characters(corpus, folding, minimum) if c not in vocab]

    model = BertModel.from_pretrained(base, add_pooling_layer=False)
    old = model.embeddings.word_embeddings.weight.detach()
    meaning = glosses(cedict)
    rows = [old[vocab[token]] for token in kept]
    norm = old.norm(dim=1).mean()
    for char in added:
        pieces = tokenizer.encode(" ".join(meaning.get(char, [])), add_special_tokens=False).ids
        row = old[pieces].mean(0) if pieces else old.mean(0)
        rows.append(row * norm / row.norm().clamp(min=1e-6))
    # A character of the base vocabulary has an embedding that English text hardly trained.
    for index, token in enumerate(kept):
        if re.fullmatch("[\u4e00-\u9fff]", token) and token in meaning:
            pieces = tokenizer.encode(" ".join(meaning[token]), add_special_tokens=False).ids
            row = old[pieces].mean(0)
            rows[index] = row * norm / row.norm().clamp(min=1e-6)

    model.resize_token_embeddings(len(rows), mean_resizing=False)
    model.embeddings.word_embeddings.weight.data = torch.stack(rows)
    lower = model.embeddings.token_type_embeddings.weight.detach()[:1]
    model.embeddings.token_type_embeddings = torch.nn.Embedding(CLASSES, lower.shape[1])
    model.embeddings.token_type_embeddings.weight.data = lower.repeat(CLASSES, 1)
    model.config.type_vocab_size = CLASSES
    model.config.vocab_size = len(rows)
    model.save_pretrained(out)

    state = json.loads(tokenizer.to_str())
    state["model"]["vocab"] = {token: index for index, token in enumerate(kept + added)}
    special = {t: i for i, t in enumerate(kept) if t.startswith("[") and t.endswith("]")}
    for token in state["added_tokens"]:
        token["id"] = special[token["content"]]
    for name, entry in state["post_processor"].get("special_tokens", {}).items():
        entry["ids"] = [special[name]]
    SpanTokenizer(Tokenizer.from_str(json.dumps(state)), folding).save(out)
