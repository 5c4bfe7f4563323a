"""What the comparison of names needs to know of each, worked out once a name.

A profile is a pure function of a name's normalised form and the family of its type. So what is
decided on two names depends on nothing but the two.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from graph import names
from graph.names import Family
from graph.resolving import sounds
from graph.resolving.translating import NOTHING, Rendering, rendering

_SPELLINGS = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"isation\b", "ization"),
        (r"ise\b", "ize"),
        (r"(?<=\w{2})our\b", "or"),
        (r"(?<=\w{2}t)re\b", "er"),
        (r"ogue\b", "og"),
        (r"defence\b", "defense"),
        (r"programme\b", "program"),
        (r"\bst\b", "saint"),
        (r"\bmt\b", "mount"),
        (r"\bintl\b", "international"),
        (r"\buniv\b", "university"),
        (r"\bdept\b", "department"),
        (r"\bassoc\b", "association"),
        (r"\bnatl\b", "national"),
        (r"\bgovt\b", "government"),
        (r"\bbros\b", "brothers"),
        (r"\bcentre\b", "center"),
    )
)


def _numbered(words: str) -> dict[str, str]:
    return {word: str(number) for number, word in enumerate(words.split(), 1)}


_ROMAN = _numbered("i ii iii iv v vi vii viii ix x xi xii")
_NUMBERS = _numbered("one two three four five six seven eight nine ten eleven twelve")
_NUMBERS |= _numbered("first second third fourth fifth sixth seventh eighth ninth tenth")
_SPELLED = re.compile("|".join(pattern.pattern for pattern, _ in _SPELLINGS))
_HAN_NUMBERS = str.maketrans("一二三四五六七八九", "123456789")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_SMALL = frozenset(_numbered("of the and for in on at to de la du des der die das et und a an"))


class Profile(NamedTuple):
    """A name taken apart.

    ``plain`` is the form with one spelling for each word and the words sorted, of a person the
    first and the last name only; ``given``,
    ``surname``, ``middle`` and ``suffix`` are a person's, where the form has such parts.
    ``numbers`` are the digits in it, ``initials`` the first letters of its words; ``sound`` are
    the consonant classes of its words (see `sounds`), ``roman`` its Latin letters; ``english`` is
    what it is in English (see `translating`), where it is of no person.
    """

    form: str
    family: Family
    han: bool
    words: tuple[str, ...]
    plain: str
    given: str
    surname: str
    middle: str
    suffix: str
    numbers: str
    initials: str
    sound: str
    roman: str
    english: Rendering = NOTHING


def taken_apart(form: str, family: Family) -> Profile:
    """The profile of a form as `graph.names.normalise` gives it."""
    han = not form.isascii() and names.has_han(form)
    spelled = form
    if family != "person" and _SPELLED.search(form):
        for pattern, plain in _SPELLINGS:
            spelled = pattern.sub(plain, spelled)
    words = tuple(filter(None, spelled.replace("·", " ").split(" ")))
    numbers = ""
    if family != "person":
        words = tuple(map(_as_digits, words[:1])) + tuple(map(_as_digits, words[1:], words[:-1]))
        digits = " ".join(words).translate(_HAN_NUMBERS) if han else " ".join(words)
        numbers = " ".join(sorted(_NUMBER.findall(digits)))
    given = surname = middle = suffix = ""
    parts = words
    if family == "person":
        if parts and parts[-1] in ("jr", "sr", "ii", "iii", "iv") and len(parts) > 2:
            parts, suffix = parts[:-1], parts[-1]
        if len(parts) > 1:
            given, surname = parts[0], parts[-1]
            middle = " ".join(parts[1:-1])
    content = words if _SMALL.isdisjoint(words) else [w for w in words if w not in _SMALL]
    return Profile(
        form=form,
        family=family,
        han=han,
        words=words,
        plain=" ".join(sorted((given, surname) if surname else content or words)),
        given=given,
        surname=surname,
        middle=middle,
        suffix=suffix,
        numbers=numbers,
        initials="" if han or len(content) < 2 else "".join([w[0] for w in content]),
        sound="-".join(filter(None, map(sounds.consonants, parts))),
        roman=sounds.romanised(form) if han else form.replace(" ", ""),
        english=NOTHING if family == "person" else rendering(" ".join(words)),
    )


profile = lru_cache(maxsize=262144)(taken_apart)
"""As `taken_apart`, and remembered: for names that come again and again."""


def _as_digits(word: str, before: str = "") -> str:
    """Numbers in words as digits; Roman ones only behind another word (``Apollo XI``)."""
    return _NUMBERS.get(word) or (_ROMAN.get(word, word) if before else word)


@lru_cache(maxsize=1)
def _nicknames() -> Any:
    from nicknames import NickNamer  # its table is read on first use

    return NickNamer()


@lru_cache(maxsize=65536)
def full_names(given: str) -> frozenset[str]:
    """The given names that ``given`` is a usual short form of: ``bob`` -> ``robert``, ..."""
    return frozenset(_nicknames().canonicals_of(given)) - {given}


def is_nickname(one: str, two: str) -> bool:
    """Whether one of two given names is a usual short form of the other."""
    return two in full_names(one) or one in full_names(two)
