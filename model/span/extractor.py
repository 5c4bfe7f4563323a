"""The default extractor: the bundled span model on ONNX Runtime."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path

from threadpoolctl import ThreadpoolController

from ingest.language import detect
from ingest.sentences import sentences
from model.annotations import Annotation
from model.schema import Schema
from model.span.joining import Joining
from model.span.label_set import LabelSet
from model.span.reading import Found, Window
from model.span.runtime import GRAPHS, SpanRuntime
from model.span.settings import DECODING_FILE, DECODING_VERSION, Decoding
from model.span.tokenizer import FOLDING_FILE, TOKENIZER_FILE, Tokens
from model.span.windows import line_segments, windows
from model.span.words import dictionary_version

BUNDLED = Path(__file__).parent.parent / "bundled"
MODEL_FILES = (*GRAPHS, TOKENIZER_FILE, FOLDING_FILE, DECODING_FILE)
_SURROGATE = re.compile("[\ud800-\udfff]")


class SpanExtractor:
    """See ``model.extractor.Extractor``. Label vectors are cached by schema.

    Windows are read one by one, in ``threads`` threads (0: one a core), and never in batches, so
    that no annotation depends on its company (``SpanRuntime.hidden``). It costs nothing, for one
    window fills a core, and needs no padding.
    """

    def __init__(
        self,
        folder: Path,
        *,
        threads: int = 0,
        decoding: Decoding | None = None,
        pronouns: bool = False,
    ) -> None:
        missing = [name for name in MODEL_FILES if not (folder / name).exists()]
        if missing:
            raise FileNotFoundError(f"'{folder}' is no span model: it has no {missing[0]}")
        self.folder = folder
        self.runtime = SpanRuntime(folder)
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, "span")
        self.decoding = replace(
            decoding or Decoding.load(folder / DECODING_FILE), pronouns=pronouns
        )
        self._labels: dict[tuple[str, str], LabelSet] = {}
        # Windows are shared out among threads already; what NumPy's library adds of its own only
        # waits, and took two thirds of the processor's time.
        self._blas = ThreadpoolController()

    @classmethod
    def bundled(cls, *, threads: int = 0, pronouns: bool = False) -> SpanExtractor:
        """The model that comes with the package."""
        return cls(BUNDLED, threads=threads, pronouns=pronouns)

    @classmethod
    def load(cls, folder: Path, *, threads: int = 0, pronouns: bool = False) -> SpanExtractor:
        """The model in ``folder``, as ``model.span.export`` and ``model.span.tuning`` leave it."""
        return cls(folder, threads=threads, pronouns=pronouns)

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(f"span/{DECODING_VERSION}".encode())
        digest.update(json.dumps(asdict(self.decoding), sort_keys=True).encode())
        for path in sorted(self.folder.glob("*.onnx")) + sorted(self.folder.glob("*.json")):
            if path.name != DECODING_FILE:
                digest.update(hashlib.sha256(path.read_bytes()).digest())
        if self.runtime.tokenizer.words:
            digest.update(dictionary_version().encode())
        return f"span-{digest.hexdigest()[:16]}"

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return self.runtime.tokenizer.token_spans(_readable(text))

    def labels(self, schema: Schema, language: str) -> LabelSet:
        key = schema.fingerprint, language
        if key not in self._labels:
            self._labels[key] = LabelSet(schema, self.runtime, language)
        return self._labels[key]

    def extract(self, texts: Sequence[str], schema: Schema) -> list[Annotation]:
        labels = [self.labels(schema, _label_language(text)) for text in texts]
        encoded = self.runtime.tokenizer.encode([_readable(text) for text in texts])
        spans = [sentences(text) for text in texts]
        segments = [line_segments(*each) for each in zip(texts, encoded, spans, strict=True)]
        jobs = [
            (number, start, encoded[number].window(start, end))
            for number, text in enumerate(texts)
            for start, end in windows(
                text,
                encoded[number],
                self.decoding.window,
                self.decoding.overlap,
                spans[number],
            )
        ]

        def read(job: tuple[int, int, Tokens]) -> Found:
            number, start, tokens = job
            hidden = self.runtime.hidden(tokens)[1:-1]
            lines = segments[number][start : start + len(tokens)]
            window = Window(self.runtime, self.decoding, labels[number], tokens, lines, hidden)
            return window.found(start)

        found: list[list[Found]] = [[] for _ in texts]
        with self._blas.limit(limits=1, user_api="blas"):
            for (number, _, _), window in zip(jobs, self._pool.map(read, jobs), strict=True):
                found[number].append(window)
        return [
            Joining(tokens, parts, names, self.decoding).annotation()
            for tokens, parts, names in zip(encoded, found, labels, strict=True)
        ]


def _readable(text: str) -> str:
    """``text`` with lone surrogates, which the tokenizer refuses, replaced; same length."""
    return _SURROGATE.sub("\ufffd", text)


def _label_language(text: str) -> str:
    """Labels come in two languages; text in any other is read with the English ones."""
    return "zh" if detect(text) == "zh" else "en"
