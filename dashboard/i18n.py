"""The words of the interface: a catalogue for each language, in ``messages``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

LANGUAGES = {"en": "English", "zh": "中文"}
_PLACE = re.compile(r"\{(?P<name>\w+)(?::(?P<one>[^|{}]*)\|(?P<many>[^{}]*))?\}")
_FOLDER = Path(__file__).resolve().parent / "messages"


@cache
def catalogue(language: str) -> dict[str, str]:
    """All messages of a language by key."""
    found = yaml.safe_load((_FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
    return {str(key): str(text) for key, text in found.items()}


@dataclass(frozen=True)
class Messages:
    """The messages of one language: ``messages("found", count=3)``."""

    language: str

    def __call__(self, key: str, /, **values: object) -> str:
        """``{name}`` gives way to a value, ``{name:one|many}`` to one word or the other."""

        def fill(match: re.Match[str]) -> str:
            value = values[match["name"]]
            if match["one"] is None:
                return number(value)
            return match["one"] if value == 1 else match["many"]

        return _PLACE.sub(fill, self.template(key))

    def template(self, key: str) -> str:
        """A message whose places are still to be filled."""
        return catalogue(self.language)[key]


def number(value: object) -> str:
    """Integers with separators between thousands."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def language_of(wanted: str | None, locale: str | None) -> str:
    """The language asked for, else the browser's, else English."""
    for given in (wanted, locale):
        code = (given or "").partition("-")[0].lower()
        if code in LANGUAGES:
            return code
    return "en"
