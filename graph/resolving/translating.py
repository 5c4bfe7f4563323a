"""Names of organizations, places and works in Chinese, put into English as far as they are made of
known words: ``四川大学`` is ``sichuan university``, ``扬帕河`` a ``river`` that sounds ``NP``.

Names of people are transcribed, not translated; see `graph.resolving.sounds` for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import yaml

from graph.countries import country
from graph.names import has_han
from graph.resolving.sounds import consonants, romanised

_FILE = Path(__file__).parents[2] / "configs" / "resolution" / "words.yaml"
_LONGEST = 10
_ADJECTIVES = {
    "american": "united states", "british": "united kingdom", "english": "england",
    "scottish": "scotland", "welsh": "wales", "irish": "ireland", "french": "france",
    "german": "germany", "italian": "italy", "spanish": "spain", "portuguese": "portugal",
    "dutch": "netherlands", "belgian": "belgium", "swiss": "switzerland", "austrian": "austria",
    "danish": "denmark", "swedish": "sweden", "norwegian": "norway", "finnish": "finland",
    "polish": "poland", "czech": "czechia", "slovak": "slovakia", "hungarian": "hungary",
    "romanian": "romania", "bulgarian": "bulgaria", "greek": "greece", "turkish": "turkey",
    "russian": "russia", "ukrainian": "ukraine", "croatian": "croatia", "serbian": "serbia",
    "slovenian": "slovenia", "albanian": "albania", "estonian": "estonia", "latvian": "latvia",
    "lithuanian": "lithuania", "chinese": "china", "japanese": "japan", "korean": "south korea",
    "vietnamese": "vietnam", "thai": "thailand", "malaysian": "malaysia", "indian": "india",
    "indonesian": "indonesia", "iranian": "iran", "iraqi": "iraq", "israeli": "israel",
    "egyptian": "egypt", "mexican": "mexico", "brazilian": "brazil", "argentine": "argentina",
    "chilean": "chile", "canadian": "canada", "australian": "australia", "european": "europe",
    "asian": "asia", "african": "africa",
}  # fmt: skip
_SMALL = frozenset({"of", "the", "and", "for", "in", "on", "at", "to", "de", "la"})


@dataclass(frozen=True, slots=True)
class Rendering:
    """``words`` is the English of a name, its words sorted; ``known`` those of them that were
    translated, ``sound`` how the rest sounds (`graph.resolving.sounds`)."""

    words: str
    known: str
    sound: str


NOTHING = Rendering("", "", "")


@lru_cache(maxsize=1)
def _words() -> Mapping[str, str]:
    found: Mapping[str, str] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=1)
def _english() -> frozenset[str]:
    """All words that translations are made of."""
    texts = (*_words().values(), *_ADJECTIVES.values())
    return frozenset(word for text in texts for word in text.split()) - _SMALL


def rendering(form: str) -> Rendering:
    """What a folded name is in English, if it is Chinese; which of its words are known, if not."""
    if not has_han(form):
        return _of_english(form)
    known: list[str] = []
    rest: list[str] = []
    for piece, english in _pieces(form):
        if english:
            known += (word for word in english.split() if word not in _SMALL)
        else:
            rest.append(piece)
    if all(word.isdigit() for word in known):
        return NOTHING
    words = sorted((*known, *map(romanised, rest)))
    return Rendering(" ".join(words), " ".join(sorted(known)), _sounds(rest))


def _of_english(form: str) -> Rendering:
    words = [word for word in form.split() if word not in _SMALL]
    known: list[str] = []
    rest: list[str] = []
    for word in words:
        plain = _ADJECTIVES.get(word) or (word if word in _english() else country(word))
        if plain:
            known += plain.split()
        else:
            rest.append(word)
    if all(word.isdigit() for word in known):
        return NOTHING
    return Rendering(" ".join(sorted((*known, *rest))), " ".join(sorted(known)), _sounds(rest))


def _sounds(rest: list[str]) -> str:
    return "".join(map(consonants, rest))


def _pieces(form: str) -> Iterator[tuple[str, str]]:
    """A Chinese name cut into words with their English, and what is between them with none."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(form):
        for end in range(min(len(form), at + _LONGEST), at, -1):
            piece = form[at:end]
            english = _words().get(piece) or (country(piece) if end - at > 1 else "")
            # Single characters mean such a thing only where a name begins or ends with them.
            if english and (end - at > 1 or end == len(form) > 2 or (at == 0 and len(form) > 3)):
                found.append((piece, english))
                break
        else:
            end = at + 1
            found.append((form[at:end], ""))
        at = end
    for english, pieces in groupby(found, key=lambda item: item[1]):
        joined = "".join(piece for piece, _ in pieces)
        yield joined, english
