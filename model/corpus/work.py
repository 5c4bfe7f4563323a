"""What is done to each document, by one process or by several."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.language import detect
from model.corpus.duplicates import digest, signature
from model.corpus.overlap import Overlap
from model.corpus.recipe import Recipe
from model.corpus.rules import Text, Verdict, judge, load_rules, strip_lines
from model.corpus.shapes import RawDocument, shape
from model.corpus.tokens import Sampler, Tokenizer


@dataclass(slots=True)
class Done:
    """A document after the work: its samples, or why it is left out."""

    id: str
    start: str
    """How its text begins, for people."""
    verdict: Verdict | None = None
    language: str = ""
    characters: int = 0
    digest: bytes = b""
    signature: NDArray[np.uint32] | None = None
    tokens: NDArray[Any] | None = None
    """Of all samples, of shape (sum of lengths,)."""
    lengths: list[int] = field(default_factory=list)
    lines: Counter[str] = field(default_factory=Counter)
    """Lines that rules took out."""


class Worker:
    """Cleans, judges, compares and tokenizes documents as a recipe says."""

    def __init__(self, recipe: Recipe, overlap: Path | None) -> None:
        self._recipe = recipe
        self._rules = load_rules(recipe.rules)
        self._overlap = Overlap.load(overlap) if overlap else None
        tokenizer = Tokenizer(recipe.tokenizer, recipe.eos_token, recipe.bos_token)
        self._sampler = Sampler(tokenizer, recipe.max_tokens, recipe.drop_tokens)
        self._sources = {source.name: source for source in recipe.sources}

    def work(self, source: str, batch: Sequence[RawDocument]) -> list[Done]:
        """One result for each document, in order."""
        return [self._document(source, raw) for raw in batch]

    def _document(self, source: str, raw: RawDocument) -> Done:
        found = self._sources[source]
        kind = shape(found.shape)
        text = kind.clean(raw)
        done = Done(raw.id, " ".join((text or raw.text)[:400].split())[:160])
        if not text:
            done.verdict = Verdict("empty", "nothing is left after cleaning")
            return done
        done.language = detect(text)
        stripped = strip_lines(text, self._rules.lines, done.language, kind.code)
        text, done.lines = stripped.text, stripped.lines
        measured = Text(text, done.language)
        if self._overlap is not None:
            left, lines = self._overlap.remove(text, measured.units, measured.codes)
            if lines:
                done.lines["evaluation-overlap"] += lines
                if 2 * len(left) < len(text):
                    done.verdict = Verdict("evaluation overlap", f"{lines} lines")
                    return done
                text, measured = left, Text(left, done.language)
        wanted = found.languages or self._recipe.languages
        done.verdict = judge(measured, self._rules, kind.code, wanted)
        if done.verdict is not None:
            return done
        done.characters = len(text)
        duplicates = self._recipe.duplicates
        if duplicates.exact:
            done.digest = digest(text)
        if duplicates.near:
            done.signature = signature(measured.codes)
        samples = self._sampler.samples(text, kind.code)
        if not samples:
            done.verdict = Verdict("too few tokens", f"{self._recipe.drop_tokens} or fewer")
            return done
        done.tokens = np.concatenate(samples)
        done.lengths = [len(sample) for sample in samples]
        return done


_worker: Worker | None = None


def start(recipe: Recipe, overlap: Path | None) -> None:
    """Make this process ready for ``run``; it ends with its parent, however that ends."""
    global _worker
    Thread(target=_end_with_parent, daemon=True).start()
    _worker = Worker(recipe, overlap)


def _end_with_parent() -> None:
    # A parent that is killed cannot tell its workers, which would wait for work for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def run(source: str, batch: Sequence[RawDocument]) -> list[Done]:
    """``Worker.work`` in a process that ``start`` made ready."""
    assert _worker is not None
    return _worker.work(source, batch)
