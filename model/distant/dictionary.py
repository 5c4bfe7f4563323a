"""Finds the names of a dictionary in a text: all of them in one pass (Aho and Corasick 1975)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import ahocorasick  # type: ignore[import-not-found]  # compiled, without stubs

from ingest.text import CJK, word_set
from model.distant.folding import is_cjk_name

_WORD = re.compile(rf"[^\W{CJK}]")
_LETTER = re.compile(r"[^\W\d_]")

# What a name must not be part of. English: "New [York] Times", "[Paris] Peace Accords",
# "University of [Paris]". Lower-case neighbours ("[Paris]-born", "American [Tom]") are fine.
_BEFORE = re.compile(r"(?:(?P<word>[A-Z]\.|[A-Z][\w'-]*)|[A-Z]\w+ (?:of|for)(?: the)?|\d\w*) $")
_AFTER = re.compile(
    r"(?:'s)?(?: (?:[A-Z]\w|[IVX]+\b|\d{1,3}\b)| (?:of|for) (?:the )?[A-Z]|[-'’&/][A-Z]|[-/]\d|"
    r" and [A-Z]\w+ (?:University|County|Company|Council))"
)
# Words that may stand before a name and are no part of it.
_TITLES = word_set(
    """
    Mr Mrs Ms Dr Sir Dame Lord Lady King Queen Emperor Empress Prince Princess President Premier
    Minister Chancellor Senator Governor General Marshal Admiral Colonel Captain Professor Pope
    Saint Judge Secretary Congressman Representative Mayor Ambassador Director Chairman In At On
    From The By With After Before When While And But For As To Of During Since Although Like
    """
)
# Chinese: what follows a name and makes another of it ("[北京]大学", "[法国]人", "[英]语").
_JOINED = re.compile(
    r"(?:大学|学院|中学|小学|高中|师范|理工|科技|医院|银行|公司|集团|日报|时报|晚报|新闻|电视|广播|电台|"
    r"机场|车站|火车|铁路|地铁|港|站|路|街|大道|大桥|桥|河|山|湖|岛|海|湾|半岛|队|国家|足球|篮球|俱乐部|"
    r"联赛|杯|奖|语|文|字|人|族|裔|籍|史|号|型|级|系|党|王朝|王国|帝国|共和|联邦|大公|公爵|伯爵|亲王|国王|"
    r"皇帝|女王|总统|总理|首相|战争|战役|之战|条约|协会|委员|议会|国会|政府|军|部队|交易所|歌剧|博物|图书|"
    r"美术|出版|唱片|娱乐|影业|电影|音乐|艺术|博览|奥运|国际|中心|广场|公园|体育|新区|开发区|工业|工程|式|菜|裔|"
    r"系统|级别|索道|隧道|存储|研究所|研究院|图书馆|附属|校区|行政楼|办公|教堂|奖学金|纪念|主义|州|郡|县|区|镇|乡|村|省|市(?![中内区郊民场立])|府(?!邸)|[^\W\d_a-zA-Z·]·|·)"
)
_JOINED_BEFORE = re.compile(r"(?:·|・)$")


@dataclass(frozen=True, slots=True)
class Match:
    """A name found; ``name`` is its folded form."""

    start: int
    end: int
    name: str


class Dictionary:
    """An automaton over folded names. Making it takes about a second for 100,000 names."""

    def __init__(self, names: Iterable[str], minimum: int = 2) -> None:
        automaton = ahocorasick.Automaton()
        for name in names:
            # A digit or a sign alone names nothing that a text would not use otherwise.
            if len(name) >= minimum and _LETTER.search(name):
                automaton.add_word(name, name)
        self._automaton = automaton
        self._size = len(automaton)
        if self._size:
            automaton.make_automaton()

    def __len__(self) -> int:
        return self._size

    def find(self, folded: str) -> list[Match]:
        """The names in a folded text: of those that overlap the leftmost, then the longest.

        Names in scripts with spaces are found as whole words. A name that is visibly a part of
        a longer one takes its place (so that nothing inside it is found) but is not returned.
        """
        if not self._size:
            return []
        found = [
            Match(end + 1 - len(name), end + 1, name)
            for end, name in self._automaton.iter(folded)
            if _is_whole(folded, end + 1 - len(name), end + 1)
        ]
        found.sort(key=lambda match: (match.start, -match.end))
        return [match for match in _apart(found) if not is_partial(folded, match)]


def _apart(matches: Iterable[Match]) -> Iterator[Match]:
    covered = 0
    for match in matches:
        if match.start >= covered:
            yield match
            covered = match.end


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit of a script with spaces is cut off."""
    if start and _WORD.match(text[start]) and _WORD.match(text[start - 1]):
        return False
    return not (end < len(text) and _WORD.match(text[end - 1]) and _WORD.match(text[end]))


def is_partial(text: str, match: Match) -> bool:
    """Whether the name is visibly a part of a longer one (in a folded text)."""
    if is_cjk_name(match.name):
        return (
            _JOINED.match(text, match.end) is not None
            or _JOINED_BEFORE.search(text, 0, match.start) is not None
        )
    before = _BEFORE.search(text, max(0, match.start - 40), match.start)
    if before is not None and before["word"] not in _TITLES and not _begins(text, before.start()):
        return True
    return _AFTER.match(text, match.end) is not None


def _begins(text: str, position: int) -> bool:
    """Whether a sentence begins here, so that a capital means nothing."""
    return position == 0 or text[:position].rstrip()[-1:] in set(".!?\n") or not position
