"""The language of a text, told by its script."""

from __future__ import annotations

import re

from ingest.text import word_set

_SAMPLE = 20_000
_SCRIPTS = {
    "latin": re.compile("[A-Za-z\u00aa-\u024f\u1e00-\u1eff]+"),
    "han": re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
    "kana": re.compile("[\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff]"),
    "hangul": re.compile("[\uac00-\ud7af\u1100-\u11ff]+"),
    "cyrillic": re.compile("[\u0400-\u04ff]+"),
    "greek": re.compile("[\u0370-\u03ff]+"),
    "arabic": re.compile("[\u0600-\u06ff\u0750-\u077f]+"),
    "hebrew": re.compile("[\u0590-\u05ff]+"),
    "devanagari": re.compile("[\u0900-\u097f]+"),
    "thai": re.compile("[\u0e00-\u0e7f]+"),
}
# Scripts used by many languages (Cyrillic, Arabic) do not tell which one it is.
_LANGUAGE_OF_SCRIPT = {
    "hangul": "ko", "greek": "el", "hebrew": "he", "devanagari": "hi", "thai": "th",
}  # fmt: skip
# Words that fill a quarter of any English prose and are rare in other languages' prose.
_ENGLISH = word_set(
    """
    the of and to is was for with that by from are this which has have were it he she his her
    they their on at be or not but been its had will would can
    """
)


def detect(text: str) -> str:
    """Language code of ``text``: ``zh``, ``en``, another code where its script tells, or ``und``.

    Units are compared that weigh about the same in either script: one Latin (or other spaced)
    word, and one and a half Chinese characters. So a Chinese text full of English names stays
    Chinese. Long texts are sampled at their start, middle and end.
    """
    counts = {script: len(pattern.findall(sample)) for sample in (_sample(text),)
              for script, pattern in _SCRIPTS.items()}  # fmt: skip
    weights: dict[str, float] = dict(counts)
    weights["han"] = (counts["han"] + counts["kana"]) / 1.5
    weights["kana"] = 0.0
    script = max(weights, key=lambda name: weights[name])
    if not weights[script]:
        return "und"
    if script == "han":
        return "ja" if counts["kana"] > 0.1 * (counts["han"] + counts["kana"]) else "zh"
    if script == "latin":
        return "en" if _looks_english(_sample(text)) else "und"
    return _LANGUAGE_OF_SCRIPT.get(script, "und")


def _sample(text: str) -> str:
    if len(text) <= 3 * _SAMPLE:
        return text
    middle = len(text) // 2
    return " ".join((text[:_SAMPLE], text[middle : middle + _SAMPLE], text[-_SAMPLE:]))


def _looks_english(text: str) -> bool:
    words = _SCRIPTS["latin"].findall(text)
    if len(words) < 30:  # too few to tell: names, titles, table cells
        return True
    return sum(word.lower() in _ENGLISH for word in words) >= 0.05 * len(words)
