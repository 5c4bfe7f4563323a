"""Countries under one name, whether written in English or Chinese, in short or in full."""

from __future__ import annotations

import re
from functools import lru_cache

_FULL_EN = re.compile(
    r"(?:[a-z]+ )*(?:republic|kingdom|commonwealth|principality|federation|sultanate|state) of (.+)"
)
_FULL_ZH = re.compile(r"(?:共和国|合众国|王国|联邦|公国|酋长国|苏丹国)$")
_ASIDE = re.compile(r" *[（(].*[)）]|^中[国國](?=.)|特别行政区|特別行政區| SAR China|^the ")
_SEVERAL = frozenset(["korea", "congo", "刚果", "micronesia", "samoa", "georgia", "格鲁吉亚"])
"""Names that mean several countries, or a country and another place."""


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Folded English and Chinese names to folded English ones (Unicode CLDR)."""
    from country_list import countries_for_language  # read on first use

    from graph.names import fold

    english = {code: fold(_ASIDE.sub("", name)) for code, name in countries_for_language("en")}
    found = {name: name for name in english.values()}
    for language in ("zh_CN", "zh_TW"):
        for code, name in countries_for_language(language):
            found.setdefault(fold(_ASIDE.sub("", name)), english.get(code, ""))
    return {name: value for name, value in found.items() if value and name not in _SEVERAL}


@lru_cache(maxsize=65536)
def country(form: str) -> str:
    """The folded English name of the country with the folded name ``form``; empty if it is none.

    ``country("德国") == country("federal republic of germany") == "germany"``.
    """
    names = _names()
    if form in names:
        return names[form]
    match = _FULL_EN.fullmatch(form)
    if match and match[1] in names and match[1] != "china":  # the Republic of China is another
        return names[match[1]]
    if _FULL_ZH.search(form):
        for end in range(2, len(form) - 1):
            if form[:end] in names:
                return names[form[:end]]
    return ""
