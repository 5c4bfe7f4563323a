"""The one protocol of all language models, whatever runs them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol


class EngineError(RuntimeError):
    """A model that cannot be loaded or does not answer; the message says what to do."""


@dataclass(frozen=True)
class Prompt:
    """What a model is asked. ``json_schema`` describes the answer, for servers that obey it."""

    user: str
    system: str = ""
    json_schema: Mapping[str, Any] | None = None

    @property
    def messages(self) -> list[dict[str, str]]:
        turns = [{"role": "system", "content": self.system}] if self.system else []
        return [*turns, {"role": "user", "content": self.user}]

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of everything in it."""
        content = json.dumps([self.user, self.system, self.json_schema], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote. ``complete`` is False if it was cut off at its limit of tokens."""

    text: str
    complete: bool = True
    prompt_tokens: int = 0
    answer_tokens: int = 0
    cached: bool = False


@dataclass(slots=True)
class Usage:
    """What an engine has done so far. Tokens are those of answers not taken from a cache."""

    answers: int = 0
    cached: int = 0
    cut_off: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    prices: tuple[float, float] | None = field(default=None)
    """Of a million prompt tokens, and of a million answer tokens."""

    def count(self, answer: Answer) -> None:
        self.answers += 1
        self.cut_off += not answer.complete
        if answer.cached:
            self.cached += 1
        else:
            self.prompt_tokens += answer.prompt_tokens
            self.answer_tokens += answer.answer_tokens

    @property
    def cost(self) -> float | None:
        """In the currency of the prices; None without prices."""
        if self.prices is None:
            return None
        return (
            self.prompt_tokens * self.prices[0] + self.answer_tokens * self.prices[1]
        ) / 1_000_000

    def __str__(self) -> str:
        cost = "" if self.cost is None else f", cost {self.cost:.4f}"
        return (
            f"{self.answers:,} answers ({self.cached:,} cached, {self.cut_off:,} cut off),"
            f" {self.prompt_tokens:,} + {self.answer_tokens:,} tokens{cost}"
        )


class Engine(Protocol):
    """Answers prompts. Deterministic as far as the model behind it is."""

    usage: Usage

    @property
    def fingerprint(self) -> str:
        """Changes with the model and whatever else decides on an answer beside the prompt."""
        ...

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Character offsets of the model's tokens in ``text``, or of units no larger."""
        ...

    def generate(self, prompts: Sequence[Prompt]) -> list[Answer]:
        """One answer a prompt, in order. Raises EngineError."""
        ...
