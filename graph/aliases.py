"""Other names that a text states beside a name: ``World Health Organization (WHO)``,
``图灵（Alan Turing）``, ``北京大学，简称“北大”``, ``Mark Twain, also known as ...``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from graph import names


@dataclass(frozen=True, slots=True)
class Alias:
    """``text[start:end]`` is the other name; offsets into the text that was searched."""

    start: int
    end: int
    name: str


_LANGUAGES = (
    r"(?:simplified |traditional )?(?:Chinese|English|French|German|Italian|Spanish|Russian|"
    r"Japanese|Korean|Latin|Greek|Arabic|Portuguese|Dutch|Polish|Mandarin|Hebrew)"
)
_CUE_EN = (
    r"(?:also |better |commonly |formerly |previously |popularly |widely |sometimes |often |"
    r"professionally )?(?:known|called|referred to) (?:simply )?as|also called|formerly called|"
    r"a\.?k\.?a\.?|abbreviated(?: as| to)?|abbr\.?|short for|hereinafter(?: referred to as)?"
)
_CUE_IN_BRACKETS_EN = rf"{_CUE_EN}|formerly|previously|née|né|nee|born|or|{_LANGUAGES}:"
_CUE_ZH = (
    r"(?:以?下(?:文)?)?(?:简称|又称|又名|亦称|亦作|也称|也叫|也作|俗称|别称|别名|原名|本名|真名|全名|全称|"
    r"英文名称|英文名|英文全称|英文缩写|英文简称|中文名称|中文名|缩写|曾用名|旧称|旧名|艺名|笔名|统称|下称|"
    r"外文名|译名|昵称|绰号)"
)
_CUE_IN_BRACKETS_ZH = (
    rf"{_CUE_ZH}|(?:英文|英语|中文|法语|德语|拉丁语|俄语|日语|意大利语|西班牙语|即)"
)

_BRACKETS = re.compile(r"\s?[(（]([^()（）\n]{1,160})[)）]")
_SEGMENTS = re.compile(r"[^,，;；、]+")
_IN_BRACKETS = re.compile(
    rf"\s*(?P<cue>(?:{_CUE_IN_BRACKETS_ZH})[为是作]?[:：]?|"
    rf"(?:{_CUE_IN_BRACKETS_EN})(?!\w))?\s*(?:the\s+)?"
)
_QUOTES = "“”\"‘’'「」『』《》"
_LATIN_NAME = (
    r"[A-Z0-9][\w.'’&-]*"
    r"(?: (?:(?:of|the|de|von|van|der|and|for|in|du|la|&) ){0,2}[A-Z0-9][\w.'’&-]*)*"
)
_AFTER_EN = re.compile(
    rf",? (?:{_CUE_EN})(?: the)? "
    rf"(?:[“\"'](?P<quoted>[^”\"']{{2,60}})[”\"']|(?P<plain>{_LATIN_NAME}))"
)
_AFTER_ZH = re.compile(
    rf"[，,]?(?:{_CUE_ZH})[为是作叫]?[:：]?(?:[“\"「《](?P<quoted>[^”\"」》]{{2,40}})[”\"」》]|"
    rf"(?P<plain>{_LATIN_NAME}|[\u4e00-\u9fff·]{{2,15}})(?=[，。,；;、)）（(\s]))"
)
_WHOLE = re.compile(r"(?P<name>[^()（）]+?)\s?[(（](?P<rest>[^()（）]+)[)）]")
_WITHIN = re.compile(r"(?P<name>[^()（）]+?)\s?[(（](?P<rest>[^()（）]+)[)）]\s?[,，]")
_NO_NAMES = frozenset(
    (
        "ceo",
        "cfo",
        "cto",
        "coo",
        "mvp",
        "phd",
        "md",
        "mba",
        "tv",
        "pm",
        "am",
        "ad",
        "bc",
        "usd",
        "rmb",
    )
)
_FUNCTION_WORDS_ZH = re.compile(r"[的了是在于和与等及或]")


def split_brackets(text: str) -> tuple[str, str | None]:
    """A mention's own name and what it holds in final brackets, if it holds any.

    ``split_brackets("图灵（Alan Turing）") == ("图灵", "Alan Turing")``.
    """
    match = _WHOLE.fullmatch(text.strip()) or _WITHIN.match(text.strip())
    return (match["name"], match["rest"]) if match else (text, None)


def stated_aliases(text: str, start: int, end: int, family: names.Family) -> list[Alias]:
    """The other names that ``text`` gives, in or right after it, to the name at ``start:end``."""
    own = text[start:end]
    inner = _WHOLE.fullmatch(own)
    if inner:
        found = _in_brackets(text, start + inner.start("rest"), start + inner.end("rest"))
        own = inner["name"]
    else:
        found = []
    after = _BRACKETS.match(text, end)
    if after:
        found += _in_brackets(text, after.start(1), after.end(1))
        end = after.end()
    for pattern in (_AFTER_EN, _AFTER_ZH):
        match = pattern.match(text, end)
        if match:
            group = "quoted" if match["quoted"] else "plain"
            found.append((match.start(group), match.end(group), True))
    aliases = []
    for first, last, cued in found:
        name = names.clean(text[first:last])
        if _plausible(names.clean(own), name, family, cued):
            aliases.append(Alias(first, last, name))
    return aliases


def _in_brackets(text: str, start: int, end: int) -> list[tuple[int, int, bool]]:
    """Candidate names in a bracket: its first part, and every part that a cue announces."""
    found = []
    for number, segment in enumerate(_SEGMENTS.finditer(text, start, end)):
        cue = _IN_BRACKETS.match(text, segment.start(), segment.end())
        first = cue.end() if cue else segment.start()
        cued = bool(cue and cue["cue"])
        last = segment.end()
        while first < last and (text[first] in _QUOTES or text[first].isspace()):
            first += 1
        while first < last and (text[last - 1] in _QUOTES or text[last - 1].isspace()):
            last -= 1
        if first < last and (cued or number == 0):
            found.append((first, last, cued))
    return found


def _plausible(own: str, alias: str, family: names.Family, cued: bool) -> bool:
    if not 2 <= len(alias) <= 80 or alias == own or re.search(r"[:：/=%]|^\W|^\d[\d\W]*", alias):
        return False
    if names.has_han(alias):
        if len(alias) > 15 or _FUNCTION_WORDS_ZH.search(alias) or re.search(r"\d", alias):
            return False
        return cued or not names.has_han(own)
    words = alias.split()
    if len(words) > 8 or not any(c.isupper() for c in alias) or alias.casefold() in _NO_NAMES:
        return False
    if not re.fullmatch(_LATIN_NAME, alias) or re.search(r"\b\d{4}\b", alias):
        return False
    if names.has_han(own):
        return not (family == "person" and len(words) == 1 and alias.isupper())
    return cued or names.acronym_of(alias, own) or names.acronym_of(own, alias)
