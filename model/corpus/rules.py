"""Rules in a YAML file: which lines go out of texts, and which documents out of the corpus.

The file explains itself: see ``configs/corpus/rules.yaml``, which holds unless another is named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ingest.text import word_set
from model.checked import read_yaml
from model.corpus.errors import CorpusError
from model.corpus.units import IDEOGRAPH, hashes, ngram_hashes, units

DEFAULT_RULES = Path(__file__).resolve().parents[2] / "configs" / "corpus" / "rules.yaml"

_STOP_WORDS = word_set(
    "the be to of and that have with is was are were in for a an as at by from his her its it on or"
)
_MARK = re.compile(r"#|…|\.\.\.")
_USUAL = re.compile(
    r"[\w\s.,;:!?'\"()\[\]{}<>/%&+=*$€£¥#@°–—…‘’“”«»·•\\|~^`-]|[\u3000-\u303f\uff00-\uffef]"
)
_BULLET = re.compile(r"\s*(?:[•●◦▪‣·*\-–—]|\d{1,3}[.)])\s")
_ELLIPSIS = re.compile(r"(?:…|\.\.\.)\s*$")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\u4e00-\u9fff，。；）]+")
_UNKNOWN = re.compile("[\ufffd\ue000-\uf8ff]")
_LETTER = re.compile(r"[^\W\d_]")
_LONG_RUN = 10
_REPEATED = 4


class Text:
    """A text and what several measures need of it, each computed when first asked for."""

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self.language = language

    @cached_property
    def lines(self) -> list[str]:
        """Those that are not blank."""
        return [line for line in self.text.split("\n") if line.strip()]

    @cached_property
    def units(self) -> list[str]:
        """See ``model.corpus.units``."""
        return units(self.text)

    @cached_property
    def codes(self) -> Any:
        """Hashes of the units, of shape (units,)."""
        return hashes(self.units)


Measure = Callable[[Text], float]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _mean_word_length(text: Text) -> float:
    lengths = [len(unit) for unit in text.units if not IDEOGRAPH.match(unit)]
    return _share(sum(lengths), len(lengths))


def _symbol_share(text: Text) -> float:
    return _share(len(text.text) - len(_USUAL.findall(text.text)), len(text.text))


def _duplicate_line_share(text: Text) -> float:
    seen: set[str] = set()
    again = 0
    for line in map(str.strip, text.lines):
        if line in seen:
            again += len(line)
        seen.add(line)
    return _share(again, sum(len(line.strip()) for line in text.lines))


def _top_run_share(text: Text) -> float:
    found = text.units
    length = 4 if 2 * len(IDEOGRAPH.findall(text.text)) > len(found) else 2
    runs = Counter(zip(*(found[place:] for place in range(length)), strict=False))
    if not runs:
        return 0.0
    run, count = runs.most_common(1)[0]
    if count < _REPEATED:
        return 0.0  # of a short text, a name that comes two or three times is a large part
    return _share(sum(map(len, run)) * count, sum(map(len, found)))


def _repeated_run_share(text: Text) -> float:
    runs = ngram_hashes(text.codes, _LONG_RUN)
    if not len(runs):
        return 0.0
    first = np.zeros(len(runs), dtype=bool)
    first[np.unique(runs, return_index=True)[1]] = True
    starts = np.flatnonzero(~first)
    edges = np.zeros(len(text.units) + 1, dtype=np.int64)
    np.add.at(edges, starts, 1)
    np.add.at(edges, starts + _LONG_RUN, -1)
    return float(np.mean(np.cumsum(edges[:-1]) > 0))


MEASURES: Mapping[str, Measure] = {
    "units": lambda text: len(text.units),
    "mean_word_length": _mean_word_length,
    "letter_share": lambda text: _share(
        sum(1 for unit in text.units if _LETTER.search(unit)), len(text.units)
    ),
    "mark_share": lambda text: _share(len(_MARK.findall(text.text)), len(text.units)),
    "symbol_share": _symbol_share,
    "bullet_line_share": lambda text: _share(
        sum(1 for line in text.lines if _BULLET.match(line)), len(text.lines)
    ),
    "ellipsis_line_share": lambda text: _share(
        sum(1 for line in text.lines if _ELLIPSIS.search(line)), len(text.lines)
    ),
    "duplicate_line_share": _duplicate_line_share,
    "top_run_share": _top_run_share,
    "repeated_run_share": _repeated_run_share,
    "url_share": lambda text: _share(sum(map(len, _URL.findall(text.text))), len(text.text)),
    "stop_words": lambda text: len(_STOP_WORDS.intersection(text.units)),
    "unknown_share": lambda text: _share(len(_UNKNOWN.findall(text.text)), len(text.text)),
    "longest_line": lambda text: max(map(len, text.lines), default=0),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    code: bool = False
    """Whether the rule holds for code too."""
    languages: tuple[str, ...] = ()
    """Of the texts for which it holds; empty: all."""

    def holds_for(self, language: str, code: bool) -> bool:
        return (self.code or not code) and (not self.languages or language in self.languages)


class LineRule(_Strict):
    """Takes out lines."""

    pattern: re.Pattern[str]
    max_length: int = Field(200, gt=0)


class QualityRule(_Strict):
    """Leaves out documents by a measure."""

    measure: str
    min: float | None = None
    max: float | None = None

    @field_validator("measure")
    @classmethod
    def _known(cls, measure: str) -> str:
        if measure not in MEASURES:
            raise ValueError(f"there is no measure {measure!r}; there are {', '.join(MEASURES)}")
        return measure

    @model_validator(mode="after")
    def _bounded(self) -> QualityRule:
        if self.min is None and self.max is None:
            raise ValueError("the rule needs min or max")
        return self


class HarmRule(_Strict):
    """Leaves out documents by the words in them."""

    min_different: int = Field(1, ge=1)
    per_thousand: float = Field(gt=0)
    patterns: tuple[str, ...] = Field(min_length=1)

    @field_validator("patterns")
    @classmethod
    def _valid(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        return patterns

    @cached_property
    def compiled(self) -> list[re.Pattern[str]]:
        """The patterns."""
        return [re.compile(pattern, re.IGNORECASE) for pattern in self.patterns]

    def density(self, text: Text) -> float:
        """Matches in a thousand units; 0 where too few of them differ."""
        found = Counter(
            match[0].lower() for pattern in self.compiled for match in pattern.finditer(text.text)
        )
        if len(found) < self.min_different:
            return 0.0
        return _share(1000 * sum(found.values()), len(text.units))


class Rules(BaseModel):
    """All rules of a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=1, le=1)
    lines: tuple[LineRule, ...] = ()
    quality: tuple[QualityRule, ...] = ()
    harmful: tuple[HarmRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a document is left out: the rule's kind and name, and what was found."""

    reason: str
    detail: str = ""


@dataclass(slots=True)
class Stripped:
    """A text without the lines that rules take out, and how many each took."""

    text: str
    lines: Counter[str] = field(default_factory=Counter)


def load_rules(path: Path | None = None) -> Rules:
    """The rules in a file, or the usual ones. Raises CorpusError, which names the key."""
    return read_yaml(path or DEFAULT_RULES, Rules, CorpusError)


def strip_lines(text: str, rules: Sequence[LineRule], language: str, code: bool) -> Stripped:
    """``text`` without boilerplate."""
    active = [rule for rule in rules if rule.holds_for(language, code)]
    longest = max((rule.max_length for rule in active), default=0)
    kept: list[str] = []
    counts: Counter[str] = Counter()
    for line in text.split("\n"):
        if 0 < len(line) <= longest:
            for rule in active:
                if len(line) <= rule.max_length and rule.pattern.match(line):
                    counts[rule.name] += 1
                    break
            else:
                kept.append(line)
        else:
            kept.append(line)
    if not counts:
        return Stripped(text)
    return Stripped(re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n"), counts)


def judge(text: Text, rules: Rules, code: bool, languages: Collection[str] = ()) -> Verdict | None:
    """Why the document is left out, or None if it stays."""
    if languages and text.language not in languages and not code:
        return Verdict("language", text.language)
    for rule in rules.quality:
        if rule.holds_for(text.language, code):
            value = MEASURES[rule.measure](text)
            if (rule.min is not None and value < rule.min) or (
                rule.max is not None and value > rule.max
            ):
                return Verdict(f"quality: {rule.name}", f"{rule.measure} {value:.4g}")
    for harm in rules.harmful:
        if harm.holds_for(text.language, code):
            density = harm.density(text)
            if density >= harm.per_thousand:
                return Verdict(f"harmful: {harm.name}", f"{density:.3g} per thousand")
    return None
