"""Which names are worth comparing.

`blocks` gives every name a few blocking keys; two names are compared if they have one in common.
The keys are made so that few names share one however many there are: all parts of a name go
into each. That makes them fit for the store, where a look-up a key finds the candidates among
all names of the graph, whatever came when.

`candidate_pairs` does it for whole tables at once, and takes wider keys as well (a surname with
an initial, an acronym, the two rarest words): these are for lists that people look through.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from graph.resolving.profiles import Profile, full_names
from graph.resolving.sounds import romanised
from model.arrays import distinct

Pairs = npt.NDArray[np.int64]
"""Pairs of row numbers, shape (n, 2), the smaller first."""

MAX_BLOCK = 60
"""Wider blocks with more names than this are left out of `candidate_pairs`."""
_DIGITS = re.compile(r"\d+(?:\.\d+)*")


def blocks(name: Profile) -> list[str]:
    """The blocking keys under which a name is looked up when links are decided.

    Digits go into the keys of people's names and of sounds, which leave out words or letters:
    else ``Thing 1 of All``, ``Thing 2 of All`` ... would all meet under one key.
    """
    found: list[str] = []
    numbers = _DIGITS.findall(name.form)
    digits = " ".join(sorted(numbers)) if numbers else ""
    if name.family == "person":
        if name.surname and not name.han and len(name.given) > 1:
            found.append("p:" + _with(name.plain, digits))
            for given in _few(full_names(name.given)):
                found.append("p:" + _with(" ".join(sorted((given, name.surname))), digits))
    elif not name.han and len(name.words) > 1:
        found.append("w:" + name.plain.replace(" ", ""))
    if "-" in name.sound and len(name.sound) > 5 and name.family in ("person", "place"):
        found.append("s:" + _with(name.sound, digits))
        if not name.han and name.numbers not in ("", digits):  # in words or Roman: those as well
            found.append("s:" + _with(name.sound, name.numbers))
    return found


def blocks_across(name: Profile) -> list[str]:
    """Further such keys, which bring names in Chinese and in English together."""
    if name.family == "person":
        return _chinese_person(name) if name.han else []
    found: list[str] = []
    if name.family in ("place", "organization") and (name.han or len(name.words) == 1):
        found.append("w:" + name.roman)
    english = name.english
    if " " in english.words and english.words != name.plain:
        found.append("w:" + english.words.replace(" ", ""))
    if len(english.sound) > 1:
        found.append(f"x:{english.known}#{english.sound}")
    return found


def _chinese_person(name: Profile) -> list[str]:
    """A Chinese name of three characters or more under what it is in Latin letters."""
    if "·" in name.form or not 2 < len(name.form) < 5:
        return []
    surname = 2 if len(name.form) == 4 else 1
    parts = romanised(name.form[:surname]), romanised(name.form[surname:])
    return ["p:" + " ".join(sorted(parts))]


def _with(key: str, digits: str) -> str:
    return f"{key}#{digits}" if digits else key


def _few(given: frozenset[str]) -> Iterable[str]:
    return sorted(given) if 0 < len(given) <= 3 else ()


def wide_blocks(name: Profile) -> list[str]:
    """Further keys, under which very many names may meet."""
    found: list[str] = []
    if name.han:
        if len(name.form) > 3:
            found += ["h:" + name.form[:3], "h:" + name.form[-3:]]
        if name.sound:
            found.append("c:" + name.sound.replace("-", "")[:6])
        found.append("r:" + name.roman)
        return found
    if name.family == "person" and name.surname:
        found += [f"i:{name.given[0]} {name.surname}", f"i:{name.surname[0]} {name.given}"]
        found += [f"n:{name.surname}", f"g:{name.given}"]
        found.append("s:" + name.sound)
    if name.initials:
        found.append("a:" + name.initials)
    elif 2 <= len(name.form) <= 6:
        found.append("a:" + name.form)
    squashed = name.plain.replace(" ", "")
    found.append("t:" + squashed[:6])
    found.append("e:" + squashed[-6:])
    if name.sound:
        found.append("c:" + name.sound.replace("-", "")[:6])
    found.append("r:" + name.roman)
    return found


def word_pairs(names: Sequence[Profile]) -> list[list[str]]:
    """For each name its two rarest words together, and its rarest alone."""
    counts = Counter(word for name in names for word in set(name.words))
    found: list[list[str]] = []
    for name in names:
        rare = sorted(set(name.words), key=lambda word: (counts[word], word))[:3]
        keys = [f"2:{' '.join(sorted(pair))}" for pair in pairwise(rare)]
        if rare and counts[rare[0]] > 1:
            keys.append("1:" + rare[0])
        found.append(keys)
    return found


def pairs_of_blocks(keys: Iterable[Sequence[str]], max_block: int = MAX_BLOCK) -> Pairs:
    """All pairs of rows that share a key, each once; keys of more than ``max_block`` rows drop.

    Time is that of sorting the keys, plus the pairs. Of the keys only hashes are held.
    """
    lengths, hashes = array("q"), array("q")
    for row in keys:
        lengths.append(len(row))
        hashes.extend(map(hash, row))
    rows = np.repeat(np.arange(len(lengths)), lengths)
    return pairs_of_codes(rows, np.frombuffer(hashes, np.int64), max_block)


def pairs_of_codes(
    rows: npt.NDArray[np.int64], codes: npt.NDArray[np.int64], max_block: int = MAX_BLOCK
) -> Pairs:
    """As `pairs_of_blocks`, from parallel arrays of rows and hashed keys."""
    order = np.lexsort((rows, codes))
    rows, codes = rows[order], codes[order]
    keep = np.ones(len(rows), bool)
    keep[1:] = (codes[1:] != codes[:-1]) | (rows[1:] != rows[:-1])
    rows, codes = rows[keep], codes[keep]
    starts = (
        np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]]) if len(codes) else np.zeros(0, int)
    )
    sizes = np.diff(np.r_[starts, len(codes)])
    found: list[Pairs] = []
    for size in distinct(sizes[(sizes > 1) & (sizes <= max_block)]):
        here = starts[sizes == size]
        one, two = np.triu_indices(size, 1)
        left = rows[here[:, None] + one].ravel()
        right = rows[here[:, None] + two].ravel()
        found.append(np.stack((left, right), 1))
    if not found:
        return np.zeros((0, 2), np.int64)
    every = np.concatenate(found)
    span = int(rows.max()) + 1
    merged = distinct(every[:, 0] * span + every[:, 1])
    return np.stack((merged // span, merged % span), 1)


def candidate_pairs(
    names: Sequence[Profile],
    max_block: int = MAX_BLOCK,
    *,
    wide: bool = True,
    across: bool = True,
) -> Pairs:
    """The pairs of ``names`` (rows) that are worth comparing; ``wide`` adds less likely ones,
    ``across`` those of two scripts that share no sound."""
    further = blocks_across if across else lambda _: ()
    if not wide:
        keys = ([*blocks(name), *further(name), *_usual(name)] for name in names)
        return pairs_of_blocks(keys, max_block)
    keys = (
        [*blocks(name), *further(name), *wide_blocks(name), *words]
        for name, words in zip(names, word_pairs(names), strict=True)
    )
    return pairs_of_blocks(keys, max_block)


def _usual(name: Profile) -> list[str]:
    """The wider keys that a table of names is resolved by."""
    found = ["t:" + name.plain.replace(" ", "")[:8], "r:" + name.roman]
    if name.family == "person" and name.surname:
        found.append(f"i:{name.given[0]} {name.surname}")
        found.append(f"y:{name.given} {name.surname[:4]}")
    elif name.initials:
        found.append("a:" + name.initials)
    return found
