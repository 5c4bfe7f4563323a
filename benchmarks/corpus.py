"""Speed and memory of the corpus tool, and of reading what it packed beside HF ``datasets``.

    python benchmarks/corpus.py pack [--text FILE.jsonl ...] [--tokenizer PATH] [--megabytes 20]
    python benchmarks/corpus.py memory [--allowance 256] [--megabytes 300]
    python benchmarks/corpus.py read [--samples 20000]

``pack`` measures the whole way from text to tokens with 1 and with 2 workers. ``memory`` packs a
corpus larger than an allowance that the operating system enforces on every process (RLIMIT_DATA),
and a quarter of it. ``read`` needs the package ``datasets``. Without ``--text``, texts are made
up: words of a Zipf distribution, with a share of duplicates. Without ``--tokenizer``, a byte-level
BPE of 8,000 tokens is trained on them. Each measurement is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import psutil
import yaml

MEBI = 1 << 20
_FREQUENT = ["the", "of", "and", "to", "in", "a", "is", "that", "was", "for", "with", "on", "as"]
_ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(_ROOT))


def synthetic(megabytes: float, seed: int = 0) -> Iterator[str]:
    """Documents of about 3,000 characters; one in ten is a copy of the one before it."""
    random = np.random.default_rng(seed)
    letters = np.array(list("etaoinshrdlucmfwyp"))
    words = ["".join(random.choice(letters, random.integers(2, 9))) for _ in range(30_000)]
    written, text = 0.0, ""
    while written < megabytes * MEBI:
        if not text or random.random() > 0.1:
            places = random.zipf(1.2, 700) % len(words)
            chosen = [words[place] for place in places]
            for place in range(0, len(chosen), 5):
                chosen[place] = _FREQUENT[int(random.integers(len(_FREQUENT)))]
            for place in range(0, len(chosen), 14):
                chosen[place] = chosen[place].capitalize()
                chosen[place - 1] += "."
            text = " ".join(chosen[:-1])
        written += len(text)
        yield text


def take(files: Iterable[Path], megabytes: float) -> Iterator[str]:
    """Texts of JSON lines, from each file the same share."""
    from model.corpus.shapes import Files, RawDocument, shape

    files = list(files)
    for file in files:
        left = megabytes * MEBI / len(files)
        for item in shape("web").read(Files([file])):
            if isinstance(item, RawDocument) and left > 0:
                left -= len(item.text.encode("utf-8", "replace"))
                yield item.text
            if left <= 0:
                break


def write_texts(texts: Iterable[str], path: Path) -> int:
    """JSON lines; returns the bytes of the texts."""
    size = 0
    with path.open("w", encoding="utf-8") as file:
        for text in texts:
            size += len(text.encode("utf-8", "replace"))
            file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
    return size


def make_tokenizer(texts: Iterable[str], folder: Path) -> Path:
    """A byte-level BPE of 8,000 tokens."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=8000,
        special_tokens=["</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    path = folder / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def write_recipe(folder: Path, tokenizer: Path, eos: str, texts: Path) -> Path:
    """A recipe for one file of JSON lines; all steps of the tool, any language."""
    path = folder / "recipe.yaml"
    recipe = {
        "tokenizer": str(tokenizer.resolve()),
        "eos_token": eos,
        "output": str(folder / "packed"),
        "sources": [{"name": "texts", "shape": "web", "paths": [str(texts)]}],
    }
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return path


def build_here(recipe: Path, workers: int, allowance: int | None) -> None:
    """In a process of its own: build, and print what it took as JSON."""
    if allowance is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (allowance, allowance))
    from model.corpus.building import build
    from model.corpus.recipe import load_recipe

    peak = _Peak()
    start = time.perf_counter()
    corpus, report = build(load_recipe(recipe), workers=workers, overwrite=True)
    seconds = time.perf_counter() - start
    print(
        json.dumps(
            {
                "seconds": seconds,
                "tokens": corpus.token_count,
                "documents": report.documents,
                "dropped": sum(report.dropped.values()),
                "peak_mib": peak.stop() / MEBI,
            }
        )
    )


def build_apart(recipe: Path, workers: int, allowance: int | None = None) -> dict[str, float]:
    """What ``build_here`` measured."""
    command = [sys.executable, __file__, "build", str(recipe), str(workers), str(allowance or 0)]
    # OpenBLAS sets memory aside for each of its threads, and waits for ever where it gets none.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


class _Peak:
    """Highest private memory of this process and its children, looked at ten times a second."""

    def __init__(self) -> None:
        self._peak = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Bytes of the largest of the processes."""
        self._done.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        own = psutil.Process()
        while not self._done.wait(0.1):
            for process in (own, *own.children()):
                try:
                    memory = process.memory_info()
                except psutil.NoSuchProcess:
                    continue
                self._peak = max(self._peak, memory.rss - memory.shared)


def pack(options: argparse.Namespace, folder: Path) -> None:
    """Throughput with 1 and 2 workers."""
    texts = folder / "texts.jsonl"
    source = take(options.text, options.megabytes) if options.text else synthetic(options.megabytes)
    size = write_texts(source, texts)
    tokenizer = options.tokenizer or make_tokenizer(_texts(texts, 2000), folder)
    recipe = write_recipe(folder, tokenizer, options.eos, texts)
    for workers in (1, 2):
        found = build_apart(recipe, workers)
        print(
            f"{workers} workers: {size / MEBI:.1f} MiB in {found['seconds']:.1f} s,"
            f" {size / MEBI / found['seconds']:.2f} MiB/s,"
            f" {found['tokens'] / found['seconds']:,.0f} tokens/s,"
            f" {found['documents'] / found['seconds']:,.0f} documents/s"
            f" ({found['dropped']:,.0f} of {found['documents']:,.0f} left out),"
            f" peak {found['peak_mib']:.0f} MiB a process"
        )


def memory(options: argparse.Namespace, folder: Path) -> None:
    """Peak memory on a corpus larger than what each process is allowed, and on a quarter."""
    allowance = options.allowance * MEBI
    for megabytes in (options.megabytes / 4, options.megabytes):
        texts = folder / "texts.jsonl"
        size = write_texts(synthetic(megabytes), texts)
        tokenizer = options.tokenizer or make_tokenizer(_texts(texts, 2000), folder)
        recipe = write_recipe(folder, tokenizer, options.eos, texts)
        found = build_apart(recipe, 2, allowance)
        print(
            f"{size / MEBI:.0f} MiB of text, {options.allowance} MiB allowed:"
            f" peak {found['peak_mib']:.0f} MiB a process, {found['seconds']:.0f} s,"
            f" {found['documents']:,.0f} documents, {found['tokens']:,.0f} tokens",
            flush=True,
        )


def read(options: argparse.Namespace, folder: Path) -> None:
    """Samples a second in random order and in order, beside HF ``datasets``."""
    import datasets

    from model.corpus.mixture import Mixture
    from model.corpus.packed import PackedCorpus

    texts = folder / "texts.jsonl"
    write_texts(synthetic(options.megabytes), texts)
    tokenizer = make_tokenizer(_texts(texts, 2000), folder)
    recipe = write_recipe(folder, tokenizer, options.eos, texts)
    build_apart(recipe, 2)
    corpus = PackedCorpus(folder / "packed")
    # The tool's samples, so that both read the same; 32 bits is what datasets gives a model.
    features = datasets.Features({"input_ids": datasets.Sequence(datasets.Value("uint16"))})
    table = datasets.Dataset.from_generator(
        lambda: ({"input_ids": sample} for sample in corpus),
        features=features,
        cache_dir=str(folder / "cache"),
    ).with_format("numpy")
    places = np.random.default_rng(0).integers(0, len(corpus), options.samples).tolist()
    print(f"{len(corpus):,} samples, {corpus.token_count:,} tokens")
    mixture = Mixture([corpus], [1.0], seed=0)

    def ours(order: list[int]) -> int:
        return sum(int(corpus[place][-1]) for place in order)

    def theirs(order: list[int]) -> int:
        return sum(int(table[place]["input_ids"][-1]) for place in order)

    assert ours(places[:100]) == theirs(places[:100])
    in_order = [place % len(corpus) for place in range(options.samples)]
    for name, order in (("random", places), ("in order", in_order)):
        for reader, function in (("packed corpus", ours), ("datasets", theirs)):
            start = time.perf_counter()
            function(order)
            rate = len(order) / (time.perf_counter() - start)
            print(f"{name:>8}, {reader:<13}: {rate:>12,.0f} samples/s")
    start = time.perf_counter()
    for number, place in islice(mixture.order(), options.samples):
        mixture.corpora[number][place][-1]
    rate = options.samples / (time.perf_counter() - start)
    print(f"shuffled, mixture      : {rate:>12,.0f} samples/s")


def _texts(path: Path, count: int) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        for line in islice(file, count):
            yield json.loads(line)["text"]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("pack", "memory", "read"))
    parser.add_argument("--text", type=Path, nargs="*", help="JSON lines, maybe packed")
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--eos", default="</s>")
    parser.add_argument("--megabytes", type=float)
    parser.add_argument("--allowance", type=int, default=256, help="MiB for each process")
    parser.add_argument("--samples", type=int, default=20_000)
    options = parser.parse_args()
    if options.megabytes is None:
        options.megabytes = {"pack": 20, "memory": 300, "read": 20}[options.part]
    with tempfile.TemporaryDirectory() as folder:
        {"pack": pack, "memory": memory, "read": read}[options.part](options, Path(folder))


if __name__ == "__main__":
    if sys.argv[1:2] == ["build"]:
        build_here(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]) or None)
    else:
        main()
