"""How two names agree, as levels of a few comparisons.

Every comparison gives a pair one level (``given: nickname``). What a level is worth is learned
(`graph.resolving.scoring`), so a decision can be explained level by level, as in the model of
Fellegi and Sunter (1969). All pairs are compared at once, column by column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Indel, JaroWinkler
from rapidfuzz.process import cpdist

from graph.resolving.blocking import Pairs
from graph.resolving.profiles import Profile, is_nickname

Levels = npt.NDArray[np.int8]
"""Level numbers, shape (pairs, comparisons)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``levels`` are the names of its levels, by number.

    ``ranked`` levels, from best to worst, may only weigh less and less; others are free.
    """

    name: str
    levels: tuple[str, ...]
    ranked: tuple[int, ...] = ()


_LIKENESS = ("equal", "over 0.95", "over 0.9", "over 0.85", "over 0.75", "over 0.6", "unlike")
_BOUNDS = np.array([0.95, 0.9, 0.85, 0.75, 0.6])
_ALL = tuple(range(len(_LIKENESS)))

SPELLING = Comparison("spelling", _LIKENESS, _ALL)
WORDS = Comparison(
    "words", ("same", "one has more", "both have others", "none in common"), _ALL[:4]
)
NUMBERS = Comparison("numbers", ("none", "same", "one has more", "different"), (1, 0, 2, 3))
GIVEN = Comparison(
    "given name",
    ("none", "equal", "nickname", "initial", "alike", "different"),
    (1, 2, 3, 4, 5),
)
SURNAME = Comparison("surname", ("none", "equal", "alike", "different"), (1, 2, 3))
MIDDLE = Comparison(
    "middle names", ("none", "same", "initial", "one has more", "different"), (1, 2, 0, 3, 4)
)
ORDER = Comparison("order", ("same", "turned round"), (0, 1))
ACRONYM = Comparison("acronym", ("no", "short", "long"), (2, 1, 0))
SOUND = Comparison("sound", _LIKENESS, _ALL)
ROMAN = Comparison("romanised", _LIKENESS, _ALL)
PARTS = Comparison("parts", ("as many", "not as many"), (0, 1))
TRANSLATION = Comparison(
    "translation",
    ("unknown", "all words", "words and a long sound", "words and sound", "words", "other words"),
    (1, 2, 3, 4, 0, 5),
)
LENGTH = Comparison("length", ("under 4 sounds", "4 sounds", "5 sounds", "6 or more"), (3, 2, 1, 0))

OF_KIND: dict[str, tuple[Comparison, ...]] = {
    "person": (SURNAME, GIVEN, MIDDLE, ORDER, SPELLING),
    "organization": (SPELLING, WORDS, NUMBERS, ACRONYM),
    "place": (SPELLING, WORDS, NUMBERS),
    "other": (SPELLING, WORDS, NUMBERS),
    "across": (SOUND, ROMAN, PARTS, LENGTH, NUMBERS, TRANSLATION),
}
"""The comparisons for names of each family in one script, and for those in two."""


def kind_of(one: Profile, two: Profile) -> str:
    """Which comparisons fit a pair: those of its family, or those across scripts."""
    return "across" if one.han != two.han else one.family


_WORDS = 8
_CHUNK = 100_000


class Names:
    """Profiles as columns, for comparing many pairs."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self.profiles = profiles
        self.han = np.fromiter((p.han for p in profiles), bool, len(profiles))
        self._columns: dict[str, npt.NDArray[np.object_]] = {}
        self._codes: dict[str, npt.NDArray[np.int64]] = {}
        self._parts: dict[str, int] = {"": 0}

    def __len__(self) -> int:
        return len(self.profiles)

    def column(self, name: str) -> npt.NDArray[np.object_]:
        """A field of all profiles, as text."""
        if name not in self._columns:
            values = np.empty(len(self.profiles), object)
            values[:] = [getattr(p, name) for p in self.profiles]
            self._columns[name] = values
        return self._columns[name]

    def codes(self, name: str) -> npt.NDArray[np.int64]:
        """A number for each value of a field, equal for equal ones; 0 where it is empty.

        The parts of people's names are numbered together.
        """
        if name not in self._codes:
            shared = name in ("given", "surname", "middle", "suffix")
            known = self._parts if shared else {"": 0}
            self._codes[name] = np.fromiter(
                (known.setdefault(value, len(known)) for value in self.column(name)),
                np.int64,
                len(self),
            )
        return self._codes[name]

    @property
    def parts(self) -> list[str]:
        """The parts of people's names by number."""
        return list(self._parts)

    @cached_property
    def words(self) -> npt.NDArray[np.int32]:
        """Numbers of the first words of each name, shape (names, 8), 0 where there are fewer."""
        known: dict[str, int] = {}
        found = np.zeros((len(self), _WORDS), np.int32)
        for row, p in enumerate(self.profiles):
            for column, word in enumerate(p.words[:_WORDS]):
                found[row, column] = known.setdefault(word, len(known) + 1)
        return found


def compare(names: Names, pairs: Pairs, kind: str) -> Levels:
    """The levels of each pair under the comparisons of ``kind``, shape (pairs, comparisons)."""
    columns = [_COMPARE[comparison.name](names, pairs) for comparison in OF_KIND[kind]]
    return np.stack(columns, 1) if len(pairs) else np.zeros((0, len(columns)), np.int8)


def conflict(one: Profile, two: Profile) -> bool:
    """Whether two names of one family and script tell different things apart, as ``World War I``
    and ``World War II`` or ``George W. Bush`` and ``George H. W. Bush`` do.

    No likeness makes up for it, and no chain of likenesses joins the two.
    """
    if one.han != two.han:
        return False
    if one.family != "person":
        return one.numbers != two.numbers
    if one.han:  # Chinese names have one spelling, those that are transcribed have many
        return one.form != two.form and not ("·" in one.form or "·" in two.form)
    if one.suffix != two.suffix:
        return True
    return bool(one.middle and two.middle) and _middle_level(one.middle, two.middle) == 4


def conflicts(names: Names, pairs: Pairs) -> npt.NDArray[np.bool_]:
    """`conflict` of many pairs of names of one family."""
    left, right = pairs[:, 0], pairs[:, 1]
    if not len(pairs):
        return np.zeros(0, bool)
    if names.profiles[0].family == "person":
        form = names.column("form")
        native = np.array(["·" not in p.form for p in names.profiles], bool)
        native = names.han & native
        found = np.where(
            names.han[left],
            native[left] & native[right] & (form[left] != form[right]),
            _middle(names, pairs) == 4,
        )
    else:
        numbers = names.codes("numbers")
        found = numbers[left] != numbers[right]
    return cast(npt.NDArray[np.bool_], found & (names.han[left] == names.han[right]))


def _likeness(
    names: Names, pairs: Pairs, field: str, scorer: Any = Indel.normalized_similarity
) -> Levels:
    values = names.column(field)
    codes = names.codes(field)
    level = np.zeros(len(pairs), np.int8)
    differ = np.flatnonzero(codes[pairs[:, 0]] != codes[pairs[:, 1]])
    if len(differ):
        left, right = values[pairs[differ, 0]], values[pairs[differ, 1]]
        score = cpdist(
            left.tolist(),
            right.tolist(),
            scorer=scorer,
            dtype=np.float32,
            workers=_workers(len(differ)),
        )
        level[differ] = 1 + np.sum(score[:, None] < _BOUNDS[None, :], 1)
    return level


def _workers(count: int) -> int:
    return -1 if count > 100_000 else 1


def _spelling(names: Names, pairs: Pairs) -> Levels:
    return _likeness(names, pairs, "plain")


def _sound(names: Names, pairs: Pairs) -> Levels:
    return _likeness(names, pairs, "sound")


def _roman(names: Names, pairs: Pairs) -> Levels:
    return _likeness(names, pairs, "roman", JaroWinkler.normalized_similarity)


def _words(names: Names, pairs: Pairs) -> Levels:
    codes = names.codes("plain")
    level = np.zeros(len(pairs), np.int8)
    differ = np.flatnonzero(codes[pairs[:, 0]] != codes[pairs[:, 1]])
    words = names.words
    for start in range(0, len(differ), _CHUNK):
        rows = differ[start : start + _CHUNK]
        one, two = words[pairs[rows, 0]], words[pairs[rows, 1]]
        common = np.sum(np.any(one[:, :, None] == two[:, None, :], 2) & (one > 0), 1)
        least = np.minimum(np.sum(one > 0, 1), np.sum(two > 0, 1))
        level[rows] = _cases(common >= least, common > 0) + 1
    return level


def _numbers(names: Names, pairs: Pairs) -> Levels:
    codes = names.codes("numbers")
    one, two = codes[pairs[:, 0]], codes[pairs[:, 1]]
    return _cases((one == 0) & (two == 0), one == two, (one == 0) | (two == 0))


def _given(names: Names, pairs: Pairs) -> Levels:
    turned = _turned(names, pairs)
    given, surname = names.codes("given"), names.codes("surname")
    one = given[pairs[:, 0]]
    two = np.where(turned, surname[pairs[:, 1]], given[pairs[:, 1]])
    level = _cases((one == 0) | (two == 0), one == two)
    rows = np.flatnonzero(level == 2)
    level[rows] = _of_distinct(one[rows], two[rows], names.parts, _given_level)
    return level


def _of_distinct(
    one: npt.NDArray[np.int64],
    two: npt.NDArray[np.int64],
    values: Sequence[str],
    level: Callable[[str, str], int],
) -> Levels:
    """``level`` of pairs of coded values, worked out once for each two that occur."""
    found, at = np.unique(one * len(values) + two, return_inverse=True)
    levels = [level(values[code // len(values)], values[code % len(values)]) for code in found]
    return np.array(levels, np.int8)[at] if len(found) else np.zeros(0, np.int8)


def _given_level(left: str, right: str) -> int:
    if len(left) == 1 or len(right) == 1:
        return 3 if left[0] == right[0] else 5
    if is_nickname(left, right):
        return 2
    return 4 if JaroWinkler.normalized_similarity(left, right) > 0.88 else 5


def _turned(names: Names, pairs: Pairs) -> npt.NDArray[np.bool_]:
    """Whether the given name of one is the surname of the other, and that alone."""
    given, surname = names.codes("given"), names.codes("surname")
    left, right = pairs[:, 0], pairs[:, 1]
    found = (given[left] > 0) & (given[left] == surname[right])
    straight = (surname[left] == surname[right]) | (given[left] == given[right])
    return cast(npt.NDArray[np.bool_], found & ~straight & (given[right] > 0))


def _surname(names: Names, pairs: Pairs) -> Levels:
    turned = _turned(names, pairs)
    given, surname = names.codes("given"), names.codes("surname")
    one = surname[pairs[:, 0]]
    two = np.where(turned, given[pairs[:, 1]], surname[pairs[:, 1]])
    level = _cases((one == 0) | (two == 0), one == two)
    level[level == 2] = 3
    rows = np.flatnonzero(level == 3)
    parts = names.parts
    score = cpdist(
        [parts[code] for code in one[rows].tolist()],
        [parts[code] for code in two[rows].tolist()],
        scorer=JaroWinkler.normalized_similarity,
        dtype=np.float32,
        workers=_workers(len(rows)),
    )
    level[rows[score > 0.92]] = 2
    return level


def _middle(names: Names, pairs: Pairs) -> Levels:
    codes = names.codes("middle")
    one, two = codes[pairs[:, 0]], codes[pairs[:, 1]]
    level = _cases((one == 0) & (two == 0), one == two)
    level[level == 2] = 4
    level[((one == 0) | (two == 0)) & (level == 4)] = 3
    rows = np.flatnonzero(level == 4)
    level[rows] = _of_distinct(one[rows], two[rows], names.parts, _middle_level)
    suffix = names.codes("suffix")
    one, two = suffix[pairs[:, 0]], suffix[pairs[:, 1]]
    level[one != two] = 4
    return level


def _middle_level(left: str, right: str) -> int:
    one, two = left.split(), right.split()
    fit = len(one) == len(two) and all(
        a == b or (a[0] == b[0] and 1 in (len(a), len(b))) for a, b in zip(one, two, strict=True)
    )
    if fit:
        return 1 if left == right else 2
    return 4


def _order(names: Names, pairs: Pairs) -> Levels:
    return _turned(names, pairs).astype(np.int8)


def _acronym(names: Names, pairs: Pairs) -> Levels:
    forms, initials = names.column("form"), names.column("initials")
    left, right = pairs[:, 0], pairs[:, 1]
    found = ((forms[left] == initials[right]) & (initials[right] != "")) | (
        (forms[right] == initials[left]) & (initials[left] != "")
    )
    level: Levels = found.astype(np.int8)
    for row in np.flatnonzero(found).tolist():
        if min(len(forms[left[row]]), len(forms[right[row]])) > 3:
            level[row] = 2
    return level


def _parts(names: Names, pairs: Pairs) -> Levels:
    count = np.fromiter((len(p.words) for p in names.profiles), np.int64, len(names))
    return cast(Levels, (count[pairs[:, 0]] != count[pairs[:, 1]]).astype(np.int8))


def _length(names: Names, pairs: Pairs) -> Levels:
    count = np.fromiter(
        (len(p.sound.replace("-", "")) for p in names.profiles), np.int64, len(names)
    )
    least = np.minimum(count[pairs[:, 0]], count[pairs[:, 1]])
    return cast(Levels, np.clip(least - 3, 0, 3).astype(np.int8))


def _translation(names: Names, pairs: Pairs) -> Levels:
    level = np.zeros(len(pairs), np.int8)
    for row, (left, right) in enumerate(pairs.tolist()):
        one, two = names.profiles[left].english, names.profiles[right].english
        if not (one.known and two.known):
            continue
        if one.words.replace(" ", "") == two.words.replace(" ", ""):
            level[row] = 1
        elif one.known != two.known:
            level[row] = 5
        elif one.sound and one.sound == two.sound:
            level[row] = 2 if len(one.sound) > 3 else 3
        else:
            level[row] = 4
    return level


def _cases(*conditions: npt.NDArray[np.bool_]) -> Levels:
    """The number of the first condition that holds, else that of the last and one more."""
    return cast(
        Levels, np.select(conditions, range(len(conditions)), len(conditions)).astype(np.int8)
    )


_COMPARE: dict[str, Callable[[Names, Pairs], Levels]] = {
    "spelling": _spelling,
    "words": _words,
    "numbers": _numbers,
    "given name": _given,
    "surname": _surname,
    "middle names": _middle,
    "order": _order,
    "acronym": _acronym,
    "sound": _sound,
    "romanised": _roman,
    "parts": _parts,
    "length": _length,
    "translation": _translation,
}
