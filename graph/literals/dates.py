"""Dates and spans of time, English and Chinese, in ISO 8601 with the extensions of EDTF.

===========================  =================  ==================================================
text                         value              rule
===========================  =================  ==================================================
10 December 1815             ``1815-12-10``     ISO 8601
December 1815, 1815年12月    ``1815-12``
in 1815, 44 BC               ``1815``, ``-0043``  astronomical year, as ISO 8601 has it
1940s, 20世纪40年代          ``194X``           EDTF: unspecified digit
19th century, 十九世纪       ``18XX``           EDTF; by the usual reading
10 December                  ``XXXX-12-10``     EDTF: the year is not stated
1939-1945                    ``1939/1945``      ISO 8601 interval
since 1990                   ``1990/..``        EDTF: open interval
circa 1818, 约1818年         ``1818~``          EDTF: approximate
spring 2001                  ``2001-21``        EDTF: 21 spring, 22 summer, 23 autumn, 24 winter
Q1 2024, 2024年第一季度      ``2024-33``        EDTF: 33 to 36, the quarters
first half of 2024           ``2024-40``        EDTF: 40 and 41, the halves
3:30 pm, 10 May 2024         ``2024-05-10T15:30``
===========================  =================  ==================================================

None where the date is relative (``yesterday``, ``上世纪80年代``), vague (``early 1990s``),
ambiguous (``10/12/1815``) or impossible (``30 February 2020``).
"""

from __future__ import annotations

import calendar
import re

from graph.literals.numbers import parse_number, plain

_MONTHS = {
    name: number
    for number, spelled in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul",
            "august aug", "september sept sep", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in spelled.split()
}  # fmt: skip
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len)[::-1])})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_WEEKDAY = (
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?(?:the\s+)?"
)
_SEASONS = {"spring": 21, "summer": 22, "autumn": 23, "fall": 23, "winter": 24,
            "春": 21, "夏": 22, "秋": 23, "冬": 24}  # fmt: skip
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3,
             "4th": 4,
             "一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}  # fmt: skip
_CENTURIES = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13,
    "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18,
    "nineteenth": 19, "twentieth": 20, "twenty-first": 21,
}  # fmt: skip

_RELATIVE = re.compile(
    r"\b(?:yesterday|today|tomorrow|tonight|now|recently|currently|ago|earlier|later|previously|"
    r"(?:last|next|this|past|previous|following|same|that|early|mid|late|every|each|coming)[ -]"
    r"(?:the )?(?:\d+ |few |two |three )?(?:night|morning|evening|afternoon|day|week|weekend|month|"
    r"quarter|year|decade|century|spring|summer|autumn|fall|winter|monday|tuesday|wednesday|"
    r"thursday|friday|saturday|sunday|january|february|march|april|may|june|july|august|september|"
    r"october|november|december|\d{4}s?|(?:\d0s))s?|monday|tuesday|wednesday|thursday|friday|"
    r"saturday|sunday|morning|noon|midnight|a\.m\.|p\.m\.)\b"
    r"|昨[天日晚]|今[天日晚年早]|明[天日年晚]|前[天日年]|后[天年]|去年|上[个周半]?[周月年旬世]|下[个周半]?[周月年旬]|"
    r"本[周月年日]|当[天日年月晚时]|同[年月日]|次[年月日]|翌[年日]|近日|日前|目前|近年|星期[一二三四五六日天]|"
    r"周[一二三四五六日]|礼拜|凌晨|上午|下午|中午|傍晚|[年月日]前|[年月日]后|\d{1,2}[月日号]|\d{2,4}年|年代",
    re.IGNORECASE,
)


_LEAD = re.compile(
    r"^(?:(?:in|on|at|by|during|of|for|dated?)\s+|于|在)?"
    r"(?:the\s+)?(?:(?:year|month of)\s+)?(?=\S)",
    re.IGNORECASE,
)


def is_relative_date(text: str) -> bool:
    """Whether a short ``text`` speaks of a time, perhaps one that its context must tell."""
    shown = plain(text)
    return (len(shown.split()) <= 6 and len(shown) <= 40) and bool(_RELATIVE.search(shown))


def normalise_date(text: str) -> str | None:
    """The date or span of time that ``text`` as a whole states; see the module's table."""
    if re.fullmatch(r"\s*\d{4}\s?[–—]\s?\d{2}\s*", text):  # 2003–04 is no month, unlike 2003-04
        return _short_range(plain(text))
    shown = plain(text).strip(" ,.;:，。、")
    if not shown or len(shown) > 80:
        return None
    shown = re.sub(r"\s?\((?:星期|周|礼拜)[一二三四五六日天]\)", "", shown)
    shown = _LEAD.sub("", shown)
    since = re.fullmatch(r"(?:ever )?since\s(.+)", shown, re.IGNORECASE) or re.fullmatch(
        r"(?:自从?|从)?(.+?)(?:以来|起|开始)", shown
    )
    if since:
        start = _point(_LEAD.sub("", since[1]))
        return f"{start}/.." if start else None
    return _approximate(shown) or _time_of_day(shown) or _point(shown) or _interval(shown)


# --- points ----------------------------------------------------------------------------------


def _approximate(text: str) -> str | None:
    match = re.fullmatch(
        r"(?:(?:circa|ca\.?|c\.?|around|about|approximately)\s*(?=\d|[a-z]+\.? )|大?约)(.+)",
        text,
        re.IGNORECASE,
    ) or re.fullmatch(r"(.+?)(?:前后|左右)", text)
    if match is None:
        return None
    point = _point(match[1])
    # EDTF allows the sign after a whole date only; 194X is vague already
    return f"{point}~" if point and "X" not in point else None


def _time_of_day(text: str) -> str | None:
    """A day with a time: ISO, ``3:30 pm, 10 May 2024`` or the like, ``2024年5月10日下午3时``."""
    match = re.fullmatch(
        r"(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?", text
    )
    if match:
        day = _point(match[1])
        hour, minute, second = int(match[2]), int(match[3]), int(match[4] or 0)
        if day is None or hour > 23 or minute > 59 or second > 59:
            return None
        seconds = f":{match[4]}" if match[4] else ""
        zone = match[5] or ""
        if zone and zone != "Z" and ":" not in zone:
            zone = f"{zone[:3]}:{zone[3:]}"
        return f"{day}T{match[2]}:{match[3]}{seconds}{zone}"
    clock = r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?\s?(?P<half>[ap]\.?m\.?)?"
    for pattern in (
        rf"(?:at )?{clock}(?:,| on|, on)? (?P<date>.+)",
        rf"(?P<date>.+?)(?:,| at|, at)? {clock}",
        r"(?P<date>.+?[日号])\s?(?P<half>凌晨|早上|上午|中午|下午|傍晚|晚上|晚)?(?P<hour>\d{1,2})[时点:]"
        r"(?P<minute>\d{1,2})?分?",
    ):
        match = re.fullmatch(pattern, text, re.IGNORECASE)
        if match is None or (not match["minute"] and not match["half"] and "日" not in text):
            continue
        day = _point(match["date"])
        if day is None or not re.fullmatch(r"-?\d{4}-\d{2}-\d{2}", day):
            continue
        hour, minute = int(match["hour"]), int(match["minute"] or 0)
        half = (match["half"] or "").lower().replace(".", "")
        if half in ("pm", "下午", "傍晚", "晚上", "晚") and hour < 12:
            hour += 12
        elif half == "am" and hour == 12:
            hour = 0
        if (half in ("am", "pm") and int(match["hour"]) not in range(1, 13)) or hour > 23:
            return None
        return f"{day}T{hour:02}:{minute:02}" if minute < 60 else None
    return None


def _point(text: str) -> str | None:
    text = text.strip(" ,")
    return _numeric(text) or _english(text) or _chinese(text)


def _numeric(text: str) -> str | None:
    if re.fullmatch(r"\d{4}", text):
        return _year(int(text)) if 1000 <= int(text) <= 2999 else None
    match = re.fullmatch(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", text)
    if match:
        return _day(int(match[1]), int(match[3]), int(match[4]))
    match = re.fullmatch(r"(\d{4})-(\d{2})|(\d{4})[/.](\d{1,2})", text)
    if match:
        return _month(int(match[1] or match[3]), int(match[2] or match[4]))
    match = re.fullmatch(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", text)
    if match:
        one, two, year = int(match[1]), int(match[3]), int(match[4])
        if one > 12 or one == two:
            return _day(year, two, one)
        return _day(year, one, two) if two > 12 else None
    match = re.fullmatch(r"(\d{4})[- ]?Q([1-4])|Q([1-4])[ ,]*(\d{4})", text, re.IGNORECASE)
    if match:
        return f"{match[1] or match[4]}-{32 + int(match[2] or match[3])}"
    return None


def _english(text: str) -> str | None:
    text = text.casefold()
    before = re.fullmatch(r"(.+?)\s?\bb\.?\s?c\.?(?:\s?e\.?)?", text) or re.fullmatch(
        r"(.*\d)b\.?c\.?(?:e\.?)?", text
    )
    if before:
        return _with_era(before[1], before=True)
    after = re.fullmatch(r"(.+?) ?\b(?:a\.?d\.?|c\.?e\.?)|a\.?d\.?\s?(.+)", text)
    if after:
        return _with_era(after[1] or after[2], before=False)
    for pattern in (
        rf"{_WEEKDAY}{_MONTH} (?:the )?{_DAY}(?:,? {_YEAR})?",
        rf"{_WEEKDAY}{_DAY}(?: of)?[ -]{_MONTH}(?:,? (?:of )?| ?-)?{_YEAR}?",
        rf"{_MONTH},?(?: of)? {_YEAR}",
        rf"{_MONTH}",
    ):
        match = re.fullmatch(pattern, text)
        if match is None:
            continue
        parts = match.groupdict()
        month = _MONTHS[parts["month"]]
        if parts.get("day"):
            year = int(parts["year"]) if parts.get("year") else None
            return _day(year, month, int(parts["day"]))
        if parts.get("year"):
            return _month(int(parts["year"]), month)
        return f"XXXX-{month:02}" if len(parts["month"]) > 3 or parts["month"] == "may" else None
    match = re.fullmatch(r"(\d{3})0['’]?s", text)
    if match:
        return f"{match[1]}X"
    match = re.fullmatch(r"(?:(\d{1,2})(?:st|nd|rd|th)|([a-z-]+))[ -]century", text)
    if match:
        return _century(int(match[1]) if match[1] else _CENTURIES.get(match[2], 0))
    match = re.fullmatch(r"(spring|summer|autumn|fall|winter)(?: of|,)? (\d{4})", text)
    if match:
        return f"{match[2]}-{_SEASONS[match[1]]}"
    match = re.fullmatch(
        r"(first|second|third|fourth|1st|2nd|3rd|4th)[ -](quarter|half)"
        r"(?: of|,)? (?:the year )?(\d{4})",
        text,
    )
    if match:
        return _part(int(match[3]), _ORDINALS[match[1]], match[2] == "half")
    return None


def _with_era(text: str, before: bool) -> str | None:
    """A date in a year before or after Christ; there is no year 0, so 44 BC is year -43."""
    text = text.strip(" ,")
    century = re.fullmatch(r"(?:(\d{1,2})(?:st|nd|rd|th)|([a-z-]+))[ -]century", text)
    if century:
        number = int(century[1]) if century[1] else _CENTURIES.get(century[2], 0)
        return None if before else _century(number)  # EDTF's digits do not fit centuries BC
    match = re.fullmatch(r"(?:(.*) )?(\d{1,4})", text)
    if match is None or int(match[2]) == 0:
        return None
    year = 1 - int(match[2]) if before else int(match[2])
    if not match[1]:
        return _year(year)
    rest = _english(match[1].strip(" ,"))
    if rest is None or not re.fullmatch(r"XXXX-\d\d(?:-\d\d)?", rest):
        return None
    return _year(year) + rest[4:]


_ZH_NUMBER = r"[\d零〇○一二三四五六七八九十]+"


def _chinese(text: str) -> str | None:
    text = re.sub(r"\s", "", text)
    if not re.search(r"[年月日号世]", text):
        return None
    match = re.fullmatch(
        rf"(?:(公元前|前|公元|西元|民国|民國))?(?:({_ZH_NUMBER}|元)年)?"
        rf"(?:({_ZH_NUMBER})月(?:份)?)?(?:({_ZH_NUMBER})[日号號])?"
        r"(?:,?(?:星期|周)[一二三四五六日天])?",
        text,
    )
    if match and (match[2] or match[3]):
        era, written, month, day = match.groups()
        if era and not written:
            return None
        if day and not month:
            return None
        year = _chinese_year(era, written) if written else None
        if written and year is None:
            return None
        if not month:
            return _year(year) if year is not None else None
        number = _small(month)
        if number is None:
            return None
        if day:
            third = _small(day)
            return None if third is None else _day(year, number, third)
        if year is None:
            return f"XXXX-{number:02}" if 1 <= number <= 12 else None
        return _month(year, number)
    match = re.fullmatch(
        rf"(?:公元)?({_ZH_NUMBER})世[纪紀](?:({_ZH_NUMBER})年代)?", text.replace("紀", "纪")
    )
    if match:
        century = _small(match[1])
        if century is None or not 1 <= century <= 30:
            return None
        if match[2] is None:
            return _century(century)
        decade = _small(match[2])
        if decade is None or decade % 10 or not 0 <= decade <= 90:
            return None
        return f"{century - 1:02}{decade // 10}X"
    match = re.fullmatch(
        r"(\d{3})0年代|([一二三四五六七八九][零〇○一二三四五六七八九]{2})[零〇○]年代", text
    )
    if match:
        return f"{match[1] or _digits(match[2])}X"
    match = re.fullmatch(
        rf"({_ZH_NUMBER})年(?:(?:的)?第?([一二三四1-4])季度?|([上下])半年|([春夏秋冬])[天季]?)",
        text,
    )
    if match:
        year = _chinese_year(None, match[1])
        if year is None:
            return None
        if match[2]:
            return _part(year, _ORDINALS[match[2]], False)
        if match[3]:
            return _part(year, 1 if match[3] == "上" else 2, True)
        return f"{_year(year)}-{_SEASONS[match[4]]}"
    return None


def _chinese_year(era: str | None, written: str) -> int | None:
    if written == "元":
        number: int | None = 1
    elif re.fullmatch(r"\d+", written):
        number = int(written)
    elif re.fullmatch(r"[零〇○一二三四五六七八九]{2,4}", written):
        number = int(_digits(written))
    else:
        number = _small(written)
    if not number:
        return None
    if era in ("民国", "民國"):
        return 1911 + number if number < 120 else None
    if era in ("公元前", "前"):
        return 1 - number
    if era in ("公元", "西元"):
        return number if number < 3000 else None
    return number if written != "元" and 1000 <= number <= 2999 else None


def _digits(text: str) -> str:
    values = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {"〇": "0", "○": "0"}
    return "".join(values[c] for c in text)


def _small(text: str) -> int | None:
    """A month, a day or the number of a century."""
    if re.fullmatch(r"\d{1,2}", text):
        return int(text)
    if re.search(r"\d", text):
        return None
    value = parse_number(text)
    return int(value) if value is not None and value == int(value) and value < 1000 else None


# --- spans -----------------------------------------------------------------------------------


def _interval(text: str) -> str | None:
    """Two points; what the first leaves out (month, year, 年) the second tells."""
    text = re.sub(r"^(?:from|between|从|自)\s*", "", text, flags=re.IGNORECASE)
    match = re.fullmatch(r"\d{4}\s?[-/]\s?(\d{2})", text)
    if match and int(match[1]) > 12:  # 1939-45
        return _short_range(text)
    match = re.fullmatch(rf"{_MONTH} (\d{{1,2}})-(\d{{1,2}}),? (\d{{4}})", text, re.IGNORECASE)
    if match:  # May 3-5, 2003
        first, last, year = match[2], match[3], match[4]
        return _ordered(_point(f"{match[1]} {first}, {year}"), _point(f"{match[1]} {last}, {year}"))
    for separator in re.finditer(
        r"\s?(?:-{1,2}|~|～|至|到|\b(?:to|until|till|through|and)\b)\s?", text, re.IGNORECASE
    ):
        first, second = text[: separator.start()].strip(), text[separator.end() :].strip()
        if not first or not second:
            continue
        end = _point(second)
        if end is not None:
            start = _point(_completed(first, second)) or _point(first)
            if start is not None and ("XXXX" in start) == ("XXXX" in end):
                return _ordered(start, end)
        start = _point(first)
        if start is not None:
            end = _point(_continued(first, second))
            if end is not None:
                return _ordered(start, end)
    return None


def _short_range(text: str) -> str | None:
    """``1939-45``; None unless the second year is later in the same century."""
    match = re.fullmatch(r"(\d{4})\s?[-/]\s?(\d{2})", text.strip())
    if match is None or int(match[2]) <= int(match[1][2:]):
        return None
    return _ordered(_numeric(match[1]), _numeric(match[1][:2] + match[2]))


def _completed(first: str, second: str) -> str:
    """``12`` of ``12-15 May 2003`` as ``12 May 2003``, ``1939`` of ``1939至1945年`` as
    ``1939年``."""
    if re.search(r"[年月日]", second):
        if re.fullmatch(_ZH_NUMBER, first):
            return first + ("年" if "年" in second else "月" if "月" in second else "日")
        return first
    if re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)?", first):
        tail = re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)?(\s.+)", second)
        return first + tail[1] if tail else first
    year = re.search(r"\d{4}$", second)
    has_year = re.search(r"\d{4}", first)
    if year and not has_year and re.search(r"[A-Za-z]", first):
        return f"{first} {year[0]}"
    return first


def _continued(first: str, second: str) -> str:
    """``5月8日`` of ``2020年5月3日至8日``, with the year and month of the first."""
    match = re.fullmatch(rf"(.*?年)?({_ZH_NUMBER}月)?(?:{_ZH_NUMBER}[日号])?", first)
    if match and re.fullmatch(rf"{_ZH_NUMBER}月(?:{_ZH_NUMBER}[日号])?", second):
        return (match[1] or "") + second
    if match and re.fullmatch(rf"{_ZH_NUMBER}[日号]", second):
        return (match[1] or "") + (match[2] or "") + second
    english = re.fullmatch(rf"({_MONTH}) {_DAY}", first, re.IGNORECASE)
    tail = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?(,? \d{4})?", second)
    if english and tail and not tail[2]:
        return f"{english[1]} {second}"
    return second


def _ordered(start: str | None, end: str | None) -> str | None:
    if start is None or end is None:
        return None
    if _sortable(start) > _sortable(end):
        return None
    return f"{start}/{end}"


def _sortable(value: str) -> tuple[int, str]:
    match = re.match(r"(-?[\dX]{4})(.*)", value)
    assert match is not None  # every point begins with a year
    return (int(match[1].replace("X", "0")), match[2])


# --- output ----------------------------------------------------------------------------------


def _year(year: int) -> str:
    return f"-{-year:04}" if year < 0 else f"{year:04}"


def _month(year: int, month: int) -> str | None:
    return f"{_year(year)}-{month:02}" if 1 <= month <= 12 else None


def _day(year: int | None, month: int, day: int) -> str | None:
    if not 1 <= month <= 12:
        return None
    leap = year is None or calendar.isleap(year)
    if not 1 <= day <= (29 if month == 2 and leap else 28 if month == 2 else _LENGTHS[month]):
        return None
    return f"{'XXXX' if year is None else _year(year)}-{month:02}-{day:02}"


_LENGTHS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _century(number: int) -> str | None:
    return f"{number - 1:02}XX" if 1 <= number <= 30 else None


def _part(year: int, number: int, half: bool) -> str | None:
    if half:
        return f"{_year(year)}-{39 + number}" if number <= 2 else None
    return f"{_year(year)}-{32 + number}"
