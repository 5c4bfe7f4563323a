"""A span model small enough to train in a test: its tokenizer, its encoder, its data.

Words of the given texts are tokens; any other is read letter by letter.
"""

from __future__ import annotations

import json
import lzma
import string
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from model.span.tokenizer import CLASSES, SpanTokenizer

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
FOLDING = {ord("漢"): ord("汉"), ord("國"): ord("国"), ord("電"): ord("电"), 0x3000: 0x20} | {
    code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)
}
_CHINESE = "汉国电他在北京创立了公司年收购李明张伟人物组织，。"


def tiny_tokenizer(texts: Iterable[str] = ()) -> SpanTokenizer:
    """BERT's normaliser and WordPiece over the words of ``texts`` and single letters."""
    letters = string.ascii_lowercase + string.digits + "ßøłαβγжия"
    tokens = [*SPECIAL, *letters, *(f"##{c}" for c in letters), *string.punctuation, *_CHINESE]
    splitter = pre_tokenizers.BertPreTokenizer()
    normalizer = normalizers.BertNormalizer()
    for text in texts:
        words = splitter.pre_tokenize_str(normalizer.normalize_str(text))
        tokens += [word for word, _ in words]
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = splitter
    tokenizer.add_special_tokens(list(SPECIAL))
    return SpanTokenizer(tokenizer, FOLDING)


def write_encoder(folder: Path, texts: Iterable[str], *, size: int = 32, seed: int = 0) -> None:
    """A random two-layer encoder and its tokenizer, as ``model.span.training`` expects them."""
    import torch
    from transformers import BertConfig, BertModel

    tiny_tokenizer(texts).save(folder)
    words = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=size,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=2 * size,
        max_position_embeddings=192,
        type_vocab_size=CLASSES,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)


def write_set(folder: Path, schema: dict[str, object], records: list[dict[str, object]]) -> None:
    """A data set (see `model.span.data.load_set`) whose only part is ``train``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schema.json").write_text(json.dumps(schema), "utf-8")
    with lzma.open(folder / "train.jsonl.xz", "wt", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record) + "\n")


def write_label_names(data: Path) -> None:
    """``lex/labels``, from which training takes names of labels in the other language."""
    path = data / "lex" / "labels.jsonl.xz"
    path.parent.mkdir(parents=True, exist_ok=True)
    row = {"kind": "property", "en": {"label": "employer"}, "zh": {"label": "雇主"}}
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
