"""Word classes of Chinese characters: where a word begins and ends, and what part of speech it is.

Chinese is written without blanks, and an encoder as small as ours has read too little of it to know
its words: alone, it cuts names a character too early or too late. A dictionary of 350,000 words,
with a hidden Markov model for names that are not in it (jieba's, by the library ``rjieba``), knows
them, and a class of each character tells the encoder. Lexical features of this kind help small
models of Chinese most, see Zhang and Yang 2018, *Chinese NER Using Lattice LSTM*, and Ma et al.
2020, *Simplify the Usage of Lexicon in Chinese NER*.

A class is one of ``GROUPS`` of the words' tags (those of ICTCLAS), at one of four places: the first
character of a word, one inside, its last one, or the only one.
"""

from __future__ import annotations

import re
from importlib.metadata import version

import numpy as np
import numpy.typing as npt

#: Beginnings of tags; the first group that fits a tag is the word's. The last one fits every tag.
GROUPS: tuple[tuple[str, ...], ...] = (
    ("nr",),  # names of people, and transliterated names
    ("ns",),  # names of places
    ("nt",),  # names of organisations
    ("nz",),  # other names
    ("j",),  # abbreviations
    ("vn",),  # verbal nouns
    ("n", "s"),  # nouns, places
    ("t",),  # times
    ("m", "q"),  # numerals, measure words
    ("v",),
    ("a", "b", "z"),  # adjectives
    ("i", "l"),  # idioms and set phrases
    ("p", "c", "u", "d", "f", "r", "k", "h", "y", "e", "o"),  # function words
    ("",),
)
FIRST, INSIDE, LAST, ONLY = range(4)  # places in a word
PLACES = 4
WORD_CLASSES = PLACES * len(GROUPS)
_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")

Ints = npt.NDArray[np.int64]


def dictionary_version() -> str:
    """Of the dictionary that a model's word classes come from."""
    return f"rjieba {version('rjieba')}"


def word_classes(text: str) -> Ints | None:
    """[characters], from 0 to ``WORD_CLASSES``, or -1 for what is no Chinese character.

    None where there is no such character at all.
    """
    if not _CHINESE.search(text):
        return None
    import rjieba  # reads its dictionary: 0.4 s and 30 MB that English alone never needs

    classes = np.full(len(text), -1, dtype=np.int64)
    end = 0
    for word, tag in rjieba.tag(text):
        start, end = end, end + len(word)
        if not _CHINESE.match(word):
            continue
        group = PLACES * _group(tag)
        if end - start == 1:
            classes[start] = group + ONLY
        else:
            classes[start:end] = group + INSIDE
            classes[start] = group + FIRST
            classes[end - 1] = group + LAST
    return classes


def _group(tag: str) -> int:
    return next(i for i, beginnings in enumerate(GROUPS) if tag.startswith(beginnings))
