"""Sentence boundaries of English, Chinese and mixed text, by rules.

Two kinds of boundary: layout (blank lines, list items, lines that are not mere wrapping) and
full stops. A full stop is doubtful only if it is a period or an ellipsis; then the word before it
(abbreviation, initial, list number) and what follows it (case, common first words) decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ingest.text import CJK, lines_of, word_set

_CLOSERS = "\"'”’»）)\\]】」』〉》＂＇"
_QUOTES = "\"'“‘「『（(\\[【《«"

# A candidate ends with: a Chinese full stop, wherever it stands; a Western one before blank
# space, the end or a Chinese character. Closing marks belong to the sentence, also where a
# tokenizer has set them off by a space, and so do footnote references ("end.[12]").
_STOPS = "。！？｡；．.!?…⁉⁈‼"
_CANDIDATE = re.compile(
    rf"(?<![{_STOPS}])(?P<stop>[{_STOPS}]++)(?:(?<=[。！？｡；…])|(?=[{_CLOSERS}\s\[{CJK}]|\Z))"
    rf"(?P<closers>[{_CLOSERS}]*(?: ?\[\d{{1,3}}\])*[{_CLOSERS}]*(?: [”’»」』）)\]](?=\s|\Z))*)"
    r"(?P<space>\s*)"
)
_BLANK_LINES = re.compile(
    r"(?>\r\n|\n|\r)[^\S\r\n]*+(?:(?>\r\n|\n|\r)[^\S\r\n]*+)+|[\f\v\u2028\u2029]+"
)
_LIST_ITEM = re.compile(
    r"\s*(?:[-*+•·▪◦‣–—●○■□◆※]\s|\(?\d{1,3}[.)、]\s?(?!\d)|[（(][\d一二三四五六七八九十]{1,3}[)）]|"
    r"[一二三四五六七八九十]{1,3}、|第[\d一二三四五六七八九十百]{1,4}[章节条款回]|[a-zA-Z][.)]\s|#+\s|>|\|)"
)
_FIELD = re.compile(r"[^\s:：][^:：\n]{0,40}[:：](?:\s|$)")
_TABLE_ROW = re.compile(r"\s\|\s|\t")
_WORD_BEFORE = re.compile(r"[^\s(（\[“\"'‘/]+$")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]$")
_ENUMERATOR = re.compile(r"[(（]?(?:\d{1,3}(?:\.\d{1,3})*|[a-z]|[ivxlc]{1,5}|[IVXLC]{2,5})$")
_NEXT_WORD = re.compile(rf"[{_QUOTES}\s]*([^\W\d_]+)")
_NEXT_SIGN = re.compile(rf"[{_QUOTES}]*(\S)")
_FIRST_WORD_LENGTH = re.compile(rf"\s*(?:[{CJK}]|[^\s{CJK}]+)")
_HAS_CJK = re.compile(f"[{CJK}]")
# "……”他说", "“好！”外交部发言人毛宁说": speech goes on with who spoke.
_SPEAKER = re.compile(r"\s?[^\s，。！？；：,.!?“”]{1,12}(?:说|道|问|答|喊|叫|表示|指出|称)")
_LIMIT_BACK = 40
_QUOTE_LIMIT_BACK = 1_000

# Titles and the like: what follows belongs to the sentence, capital or not.
_NEVER_LAST = word_set(
    """
    mr mrs ms mx messrs mme mlle dr prof gen sen rep gov capt lt col sgt maj cmdr adm rev hon
    pres supt insp det fr st ste mt ft vs v e.g i.e eg ie cf viz approx ca c al fig figs eq
    eqs sec sect ch chap vol vols pp ed eds trans art arts op cit ref refs tab resp incl excl
    dept univ assn assoc asst bros est ave blvd rd hwy
    """
)
# These may end a sentence as well as stand inside one.
_SOMETIMES_LAST = word_set(
    """
    inc corp ltd co llc plc jr sr esq ph.d phd m.d md b.a m.a b.sc m.sc d.phil etc a.m p.m am
    pm u.s u.k u.n e.u d.c n.y l.a u.s.a u.s.s.r b.c a.d bc ad jan feb mar apr jun jul aug sep
    sept oct nov dec mon tue tues wed thu thur thurs fri sat sun no nos p para vol art dept
    """
)
_NUMBERED = word_set(
    """
    no nos p para art vol pp fig figs eq sec ch op nr
    """
)
# Words that begin sentences and do not follow an abbreviation as part of a name.
_STARTERS = word_set(
    """
    the a an in on at he she it they we you i this that these those there then when while
    after before since although but and however if as for from his her its their our my with
    by what who where why how during according both some many most all another each several
    under once until today yesterday later meanwhile moreover also not to no yes so such
    """
)


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences of ``text``, in order, without the blank space around them.

    Every character that is not blank space lies in exactly one of them. Time is linear in the
    length of the text.
    """
    spans: list[tuple[int, int]] = []
    for start, end in _paragraphs(text):
        spans.extend(_split_paragraph(text, start, end))
    return spans


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Stretches that no sentence runs over: set off by blank lines or unwrapped line ends."""
    position = 0
    for match in _BLANK_LINES.finditer(text):
        yield from _unwrapped(text, position, match.start())
        position = match.end()
    yield from _unwrapped(text, position, len(text))


def _unwrapped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    block = text[start:end]
    if "\n" not in block and "\r" not in block:
        yield start, end
        return
    lines = list(lines_of(block))
    width = _wrap_width(block, lines)
    begin = lines[0][0]
    for (line_start, line_end), (next_start, next_end) in pairwise(lines):
        line, following = block[line_start:line_end], block[next_start:next_end]
        if not _goes_on(line, following, width):
            yield start + begin, start + line_end
            begin = next_start
    yield start + begin, end


def _wrap_width(block: str, lines: list[tuple[int, int]]) -> int:
    """The column at which lines were wrapped, or 0 where they do not look wrapped at all.

    Lines were wrapped if the first word of each would not have fitted on the line before it (with
    some tolerance for ragged setting).
    """
    width = max(end - start for start, end in lines)
    cjk = _HAS_CJK.search(block) is not None
    if not (18 if cjk else 40) <= width <= (80 if cjk else 130):
        return 0
    tolerance = 3 if cjk else 12
    short = sum(
        _filled(block, *line, *following) < width - tolerance for line, following in pairwise(lines)
    )
    return width if short <= 0.2 * (len(lines) - 1) else 0


def _filled(block: str, start: int, end: int, next_start: int, next_end: int) -> int:
    """Length that a line would have with the next line's first word on it."""
    word = _FIRST_WORD_LENGTH.match(block, next_start, next_end)
    return end - start + 1 + (word.end() - next_start if word else 0)


def _goes_on(line: str, following: str, width: int) -> bool:
    if _LIST_ITEM.match(following) or (_TABLE_ROW.search(line) and _TABLE_ROW.search(following)):
        return False
    if _FIELD.match(line) and _FIELD.match(following):
        return False
    if width and len(line) >= width / 2:
        return True
    # No wrapping to be seen, but a line that begins in lower case goes on with the last one.
    return line[-1:].isalnum() and following[:1].islower() and len(line) >= 20


def _split_paragraph(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    begin = start
    if begin >= end:
        return
    for match in _CANDIDATE.finditer(text, start, end):
        if match.end() >= end:
            break
        boundary = _boundary(text, begin, end, match)
        if boundary > begin:
            yield begin, boundary
            begin = boundary
            while text[begin].isspace():
                begin += 1
    yield begin, end


def _boundary(text: str, begin: int, end: int, match: re.Match[str]) -> int:
    """Where the sentence that starts at ``begin`` ends with this candidate; 0 if it goes on."""
    stop, closers = match["stop"], match["closers"]
    spaced = bool(match["space"])
    close = match.end("closers")
    if closers and not spaced and closers[-1] in "\"'＂＇":
        # A straight quote may open the next sentence: it does if none is open here.
        quote = closers[-1]
        if text.count(quote, max(begin, close - _QUOTE_LIMIT_BACK), close) % 2 == 1:
            closers, close = closers[:-1], close - 1
    following = match.end() if close == match.end("closers") else close
    if (
        spaced
        and text.startswith('"', following)
        and text[following + 1 : following + 2].isspace()
        and text.count('"', max(begin, close - _QUOTE_LIMIT_BACK), close) % 2 == 1
    ):
        close = following + 1  # so may one between blanks
        following += 2
    last = stop[-1]
    if last in "。！？｡；":
        if closers and last != "；" and _SPEAKER.match(text, following, min(end, following + 16)):
            return 0
        return close
    sign = _NEXT_SIGN.match(text, following, end)
    next_sign = sign[1] if sign else ""
    chinese = _HAS_CJK.match(next_sign) is not None
    if last == "…":
        return close if (chinese and len(stop) > 1) or (spaced and next_sign.isupper()) else 0
    if last in "!?⁉⁈‼":
        if chinese or not (next_sign.islower() or next_sign in ",;:)"):
            return close if spaced or chinese or closers else 0
        return 0
    if not spaced and not chinese:
        return 0
    if not _period_ends(text, begin, match, following, end, next_sign, chinese):
        return 0
    return close


def _period_ends(
    text: str,
    begin: int,
    match: re.Match[str],
    following: int,
    end: int,
    next_sign: str,
    chinese: bool,
) -> bool:
    """Whether a period (or several) that blank space or Chinese follows ends the sentence."""
    if next_sign.islower() or next_sign in ",;:)]!?%&=，；：、）":
        return False
    if len(match["stop"]) > 1:
        return next_sign.isupper() or chinese
    stop = match.start("stop")
    found = _WORD_BEFORE.search(text[max(begin, stop - _LIMIT_BACK) : stop])
    if found is None:
        return True
    word = found[0]
    if stop - len(word) <= begin and _ENUMERATOR.match(word):
        return False
    key = word.lower()
    if key in ("no", "nos") and not next_sign.isdigit():
        return True  # an answer
    if key in _NUMBERED and (next_sign.isdigit() or key not in _SOMETIMES_LAST):
        return False
    if match["closers"]:
        return True
    next_word = _NEXT_WORD.match(text, following, min(end, following + _LIMIT_BACK))
    starter = next_word is not None and next_word[1].lower() in _STARTERS
    if key in _NEVER_LAST:
        return key in ("st", "al", "ave", "blvd", "rd") and starter
    if key in ("sat", "sun", "am", "mar", "art", "ad", "p") and key == word:
        return True  # plain words unless capitalised or numbered
    if key in _SOMETIMES_LAST:
        return starter or chinese
    if _INITIALS.match(word) and (word.isupper() or "." in word) and not _HAS_CJK.match(word):
        return starter or chinese
    return True
