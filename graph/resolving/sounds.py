"""How names sound, coarsely enough to be comparable between English and Chinese.

A foreign name is written in Chinese with characters whose readings follow its sound:
``艾伦·图灵`` (ai lun, tu ling) for Alan Turing. `consonants` gives both as classes of
consonants; vowels and what Chinese syllables cannot end in do not count. The idea is Soundex's
(Russell 1918), the classes are those that transcription into Chinese confuses.
"""

from __future__ import annotations

import re
from functools import lru_cache

from graph.names import has_han

_INITIALS = (
    ("zh", "S"), ("ch", "S"), ("sh", "S"), ("b", "P"), ("p", "P"), ("f", "F"), ("w", "F"),
    ("m", "M"), ("d", "T"), ("t", "T"), ("n", "N"), ("l", "L"), ("r", "L"), ("g", "K"),
    ("k", "K"), ("h", "K"), ("j", "S"), ("q", "S"), ("x", "S"), ("z", "S"), ("c", "S"),
    ("s", "S"),
)  # fmt: skip
_SPELLINGS = (
    ("tch|sch|ch|sh|ts|tz", "S"),
    ("ph", "F"),
    ("th", "T"),
    ("ck|qu", "K"),
    ("gh|h(?![aeiouy])", ""),
    ("kn|ng|gn", "N"),
    ("x", "KS"),
    ("c(?=[eiy])|g(?=[eiy])|[jsz]", "S"),
    ("[ckgqh]", "K"),
    ("[bp]", "P"),
    ("[fv]|w(?=[aeiouy])", "F"),
    ("m(?=[aeiouy])", "M"),
    ("[mn]", "N"),
    ("[dt]", "T"),
    ("[lr](?=[aeiouyhlr])", "L"),
    (".", ""),
)
_SPELLED = re.compile("|".join(f"({pattern})" for pattern, _ in _SPELLINGS))
_CODES = ("", *(code for _, code in _SPELLINGS))
_REPEATED = re.compile(r"(.)\1+")


@lru_cache(maxsize=65536)
def reading(char: str) -> str:
    """The commonest Mandarin reading of a Chinese character, without its tone."""
    from pypinyin import lazy_pinyin  # tables are read on first use

    return str(lazy_pinyin(char)[0])


def romanised(text: str) -> str:
    """``text`` in Latin letters, Chinese characters by their readings, without spaces."""
    return "".join(reading(c) if has_han(c) else c for c in text if c.isalnum())


@lru_cache(maxsize=65536)
def _syllable(char: str) -> str:
    if not has_han(char):
        return consonants(char)
    read = reading(char)
    if read == "er":
        return ""
    code = ""
    for initial, found in _INITIALS:
        if read.startswith(initial):
            code, read = found, read[len(initial) :]
            break
    return code + ("N" if read.endswith(("n", "ng")) else "")


@lru_cache(maxsize=65536)
def consonants(token: str) -> str:
    """The consonant classes of a folded word or of Chinese characters, repeats as one."""
    if not token.isascii() and has_han(token):
        return _REPEATED.sub(r"\1", "".join(map(_syllable, token)))
    codes = "".join([_CODES[match.lastindex or 0] for match in _SPELLED.finditer(token)])
    return _REPEATED.sub(r"\1", codes)
