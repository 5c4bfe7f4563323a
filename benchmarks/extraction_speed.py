"""Words a second of the bundled model, beside what users would run instead, in one process.

    python benchmarks/extraction_speed.py --data ../shared/data --threads 1

- *span, all layers*: entities, relations, events and coreference by the schema ``general``;
- *span, entities only*: the same model with a schema of the same entity types alone;
- *int8 encoder alone*: the forward pass, without heads and decoding;
- *spaCy CNN NER*: the architecture of spaCy's small English pipelines (HashEmbedCNN of width 96 and
  depth 4, and the transition parser), with random weights: speed does not depend on them;
- *GLiNER-small-sized*: DeBERTa-v3-small's architecture with random weights, which reads each text
  with the same entity labels in front, as GLiNER does, in batches of 8; its heads are left out.

Texts are English dev records, one by one in the order of the sets; words are split at white space.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from model.schema_loader import load_schema
from model.span.devsets import dev_part
from model.span.extractor import SpanExtractor
from model.span.windows import windows

SETS = ("conll04", "redocred", "scierc", "phee", "wnut17")
BATCH = 8


def texts_of(data: Path, records: int) -> list[str]:
    return [r.text for name in SETS for r in dev_part(data, name, records)[1]]


def span(threads: int, whole: bool) -> Callable[[list[str]], None]:
    extractor = SpanExtractor.bundled(threads=threads)
    schema = load_schema("general")
    if not whole:
        schema = replace(schema, name="entities", relations=(), events=())
    extractor.extract(["Warm up in Oslo."], schema)

    def run(texts: list[str]) -> None:
        extractor.extract(texts, schema)

    return run


def encoder_alone(threads: int) -> Callable[[list[str]], None]:
    from concurrent.futures import ThreadPoolExecutor

    extractor = SpanExtractor.bundled(threads=threads)
    pool = ThreadPoolExecutor(threads)

    def run(texts: list[str]) -> None:
        encoded = extractor.runtime.tokenizer.encode(texts)
        size, overlap = extractor.decoding.window, extractor.decoding.overlap
        parts = [
            tokens.window(a, b)
            for text, tokens in zip(texts, encoded, strict=True)
            for a, b in windows(text, tokens, size, overlap)
        ]
        list(pool.map(extractor.runtime.hidden, parts))

    return run


def spacy_ner(threads: int) -> Callable[[list[str]], None]:
    import spacy
    from spacy.training import Example

    del threads  # spaCy's CNN runs in one thread
    nlp = spacy.blank("en")
    ner = nlp.add_pipe("ner")
    labels = [entity.name for entity in load_schema("general").entities]
    for label in labels:
        ner.add_label(label)  # type: ignore[attr-defined]
    document = nlp.make_doc("Ann lives in Oslo.")
    nlp.initialize(lambda: [Example.from_dict(document, {"entities": [(0, 3, labels[0])]})])

    def run(texts: list[str]) -> None:
        for _ in nlp.pipe(texts, batch_size=128):
            pass

    return run


def gliner_sized(threads: int) -> Callable[[list[str]], None]:
    import torch
    from transformers import DebertaV2Config, DebertaV2Model

    torch.set_num_threads(threads)
    config = DebertaV2Config(
        vocab_size=128_100,
        hidden_size=768,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=3072,
        max_position_embeddings=512,
        type_vocab_size=0,
        relative_attention=True,
        position_buckets=256,
        norm_rel_ebd="layer_norm",
        share_att_key=True,
        pos_att_type=["p2c", "c2p"],
        position_biased_input=False,
        max_relative_positions=-1,
    )
    model = DebertaV2Model(config).eval()
    tokenizer = SpanExtractor.bundled(threads=1).runtime.tokenizer
    labels = [entity.name for entity in load_schema("general").entities]
    prompt = sum(len(t) + 1 for t in tokenizer.encode(labels)) + 1  # a marker for each, and one

    def batches(texts: list[str]) -> Iterator[list[int]]:
        lengths = [min(512, prompt + len(t)) for t in tokenizer.encode(texts)]
        for start in range(0, len(lengths), BATCH):
            yield lengths[start : start + BATCH]

    def run(texts: list[str]) -> None:
        with torch.inference_mode():
            for lengths in batches(texts):
                mask = torch.zeros(len(lengths), max(lengths), dtype=torch.long)
                for row, length in enumerate(lengths):
                    mask[row, :length] = 1
                model(input_ids=mask * 7, attention_mask=mask)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--records", type=int, default=40, help="of each set")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    texts = texts_of(arguments.data, arguments.records)
    words = sum(len(text.split()) for text in texts)
    subjects = {
        "int8 encoder alone": (encoder_alone(arguments.threads), texts),
        "span, all layers": (span(arguments.threads, True), texts),
        "span, entities only": (span(arguments.threads, False), texts),
        "spaCy CNN NER": (spacy_ner(arguments.threads), texts),
        # A tenth of the texts: it is slow.
        "GLiNER-small-sized": (gliner_sized(arguments.threads), texts[::10]),
    }
    best: dict[str, float] = {}
    for _ in range(arguments.rounds):  # in turns, since a machine's speed drifts
        for name, (run, given) in subjects.items():
            started = perf_counter()
            run(given)
            rate = sum(len(t.split()) for t in given) / (perf_counter() - started)
            best[name] = max(best.get(name, 0.0), rate)
    print(f"{len(texts)} texts, {words} words, {arguments.threads} thread(s); best of the rounds\n")
    print("| | words/s | of all layers |\n|---|---|---|")
    for name, rate in best.items():
        print(f"| {name} | {rate:,.0f} | {rate / best['span, all layers']:.2f} |")


if __name__ == "__main__":
    main()
