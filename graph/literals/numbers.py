"""Numbers written in digits or words, English and Chinese."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation, localcontext
from math import gcd

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUPERSCRIPT_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")
_MINUS = str.maketrans(dict.fromkeys("−–—‒﹣－", "-"))

_UNITS_EN = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS_EN = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES_EN = {
    "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip
_SUFFIXES_EN = {
    **_SCALES_EN, "hundred": 100, "k": 10**3, "m": 10**6, "mn": 10**6, "mln": 10**6, "b": 10**9,
    "bn": 10**9, "bln": 10**9, "tn": 10**12, "t": 10**12, "dozen": 12,
}  # fmt: skip
_DIGITS_ZH = {
    "零": 0, "〇": 0, "○": 0, "一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5,
    "六": 6,
    "七": 7, "八": 8, "九": 9, "壹": 1, "贰": 2, "貳": 2, "叁": 3, "參": 3, "肆": 4, "伍": 5,
    "陆": 6,
    "陸": 6, "柒": 7, "捌": 8, "玖": 9,
}  # fmt: skip
_UNITS_ZH = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_SECTIONS_ZH = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "兆": 10**12}

_PLAIN = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+")
_SCIENTIFIC = re.compile(
    r"(?P<a>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\s?[x×*·]\s?10\^(?P<n>-?\d{1,3})"
)
_EXPONENT = re.compile(r"\d+(?:\.\d+)?[eE][+-]?\d{1,3}")
_SCALED = re.compile(
    rf"(?P<a>{_PLAIN.pattern})(?:\s|-)?"
    rf"(?P<scale>{'|'.join(sorted(_SUFFIXES_EN, key=len)[::-1])})s?",
    re.IGNORECASE,
)
_FRACTION = re.compile(r"(?:(?P<whole>\d+)\s)?(?P<a>\d{1,6})[/⁄](?P<b>\d{1,6})")
_PERCENT = re.compile(r"(?P<a>.+?)\s?(?:%|percent|per cent|pct)", re.IGNORECASE)


def plain(text: str) -> str:
    """``text`` with compatibility forms, dashes and white space made uniform.

    Superscripts become ``^2`` and vulgar fractions ``1/2``, which NFKC alone would run into the
    number before them (``10²`` -> ``102``).
    """
    text = _SUPERSCRIPT_RUN.sub(lambda m: "^" + m[0].translate(_SUPERSCRIPTS), text)
    parts = []
    for char in text:
        if unicodedata.category(char) == "No" and unicodedata.decomposition(char).startswith(
            "<fraction>"
        ):
            parts.append(f" {unicodedata.normalize('NFKC', char).replace('⁄', '/')} ")
        else:
            parts.append(unicodedata.normalize("NFKC", char))
    return re.sub(r"\s+", " ", "".join(parts).translate(_MINUS)).strip()


def canonical(value: Decimal) -> str:
    """``value`` without exponent, trailing zeros or a negative zero."""
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def normalise_number(text: str) -> str | None:
    """The decimal number that ``text`` states: ``3.2 million`` -> ``3200000``, ``五成`` -> None."""
    shown = plain(text)
    if re.search(r"\d\s[a-z]$", shown, re.IGNORECASE):
        return None  # 20 m may be metres
    value = parse_number(shown)
    return None if value is None else canonical(value)


def parse_number(text: str) -> Decimal | None:
    """The number that ``text`` (as made by `plain`) states as a whole, or None."""
    with localcontext() as context:
        context.prec = 60
        try:
            value = _signed(text)
        except InvalidOperation:
            return None
    return None if value is None or abs(value.adjusted()) > 40 else value


def _signed(text: str) -> Decimal | None:
    text = text.strip()
    if len(text) > 200:
        return None
    negative = re.match(r"(?:-|minus |negative |负|負)\s?", text, re.IGNORECASE)
    if negative:
        value = _percentage(text[negative.end() :])
        return None if value is None else -value
    return _percentage(text.removeprefix("+"))


def _percentage(text: str) -> Decimal | None:
    if text.startswith(("百分之", "千分之")):
        value = _unsigned(text[3:])
        return None if value is None else value / (100 if text[0] == "百" else 1000)
    match = _PERCENT.fullmatch(text)
    if match:
        value = _unsigned(match["a"])
        return None if value is None else value / 100
    if text.endswith("‰"):
        value = _unsigned(text[:-1].strip())
        return None if value is None else value / 1000
    return _unsigned(text)


def _unsigned(text: str) -> Decimal | None:
    if _PLAIN.fullmatch(text):
        return Decimal(text.replace(",", ""))
    if _EXPONENT.fullmatch(text):
        return Decimal(text)
    match = _SCIENTIFIC.fullmatch(text)
    if match:
        return Decimal(match["a"].replace(",", "")).scaleb(int(match["n"]))
    match = _SCALED.fullmatch(text)
    if match:
        return Decimal(match["a"].replace(",", "")) * _SUFFIXES_EN[match["scale"].lower()]
    match = _FRACTION.fullmatch(text)
    if match:
        return _fraction(int(match["whole"] or 0), int(match["a"]), int(match["b"]))
    match = re.fullmatch(r"(.+)分之(.+)", text)
    if match:
        below, above = _chinese(match[1]), _chinese(match[2])
        if below is None or above is None or below % 1 or above % 1:
            return None
        return _fraction(0, int(above), int(below))
    english = _english(text)
    return english if english is not None else _chinese(text)


def _fraction(whole: int, above: int, below: int) -> Decimal | None:
    """The fraction, where decimals can write it: two thirds have no exact decimal."""
    if below == 0:
        return None
    rest = below // gcd(above, below)
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    return whole + Decimal(above) / Decimal(below) if rest == 1 else None


def _english(text: str) -> Decimal | None:
    """Number words: ``two hundred and five thousand``, ``a million``, ``twenty-one``."""
    words = re.split(r"[\s-]+", text.casefold().replace(",", ""))
    if not re.fullmatch(r"[a-z]+(?:[\s-]+[a-z]+)*", text.casefold().replace(",", "")):
        return None
    if words[0] in ("a", "an") and len(words) > 1:
        if words[1] not in _SCALES_EN and words[1] != "hundred":
            return None
        words[0] = "one"
    total, section, scale_before = 0, 0, 10**15
    last = ""  # kind of the word before: unit, ten, hundred, scale
    for index, word in enumerate(words):
        if word == "and":
            if last not in ("hundred", "scale") or index == len(words) - 1:
                return None
        elif word in _UNITS_EN:
            if last == "unit" or (last == "ten" and not 0 < _UNITS_EN[word] < 10):
                return None
            section += _UNITS_EN[word]
            last = "unit"
        elif word in _TENS_EN:
            if last in ("unit", "ten"):
                return None
            section += _TENS_EN[word]
            last = "ten"
        elif word == "hundred":
            if last not in ("unit", "ten") or not 0 < section < 100:
                return None
            section *= 100
            last = "hundred"
        elif word in _SCALES_EN:
            scale = _SCALES_EN[word]
            if section == 0 or scale >= scale_before:
                return None
            total += section * scale
            section, scale_before, last = 0, scale, "scale"
        else:
            return None
    return Decimal(total + section) if last else None


def _chinese(text: str) -> Decimal | None:
    """Chinese numerals, mixed with digits as usual: ``三千五百``, ``12.5万``, ``1亿2000万``."""
    if re.fullmatch(r"[零〇○一二三四五六七八九]{3,}", text):  # digit by digit: 二〇二四
        return Decimal("".join(str(_DIGITS_ZH[c]) for c in text))
    match = re.fullmatch(r"(.+)点([零〇一二三四五六七八九]+)([万萬亿億]*)", text)
    if match:
        whole = _chinese_integer(match[1])
        if whole is None:
            return None
        digits = "".join(str(_DIGITS_ZH[c]) for c in match[2])
        value = Decimal(f"{whole}.{digits}")
        for section in match[3]:
            value *= _SECTIONS_ZH[section]
        return value
    return _chinese_integer(text)


def _chinese_integer(text: str) -> Decimal | None:
    """Sections before 兆, 亿, 万 from the largest to the smallest; ``万亿`` multiplies."""
    rest = text
    total = Decimal(0)
    bound: int | None = None
    seen = False
    while rest:
        match = re.match(r"([^万萬亿億兆]+)([万萬亿億兆]*)", rest)
        if match is None:
            return None
        scale = 1
        for section in match[2]:
            scale *= _SECTIONS_ZH[section]
        if bound is not None and scale >= bound:
            return None
        if bound is not None and not match[2] and match[1].strip() in _DIGITS_ZH:
            scale = bound // 10  # 一万五 is 15,000
            part: Decimal | None = Decimal(_DIGITS_ZH[match[1].strip()])
        elif bound is not None and re.fullmatch(r"\s*\d\s*", match[1]) and not match[2]:
            return None  # 1万5: as said (15,000) or as written (10,005)?
        else:
            part = _chinese_section(match[1], first=not seen)
        if part is None or (bound is not None and part * scale >= bound):
            return None
        total += part * scale
        bound, seen, rest = scale, True, rest[match.end() :]
    return total if seen else None


def _chinese_section(text: str, first: bool) -> Decimal | None:
    """A number below 10,000 in numerals, or any in digits (``12.5``, ``2,000``, ``3千5百``)."""
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return Decimal(text.replace(",", ""))
    total, digit, unit_before = Decimal(0), None, 10**4
    zero = False
    for token in re.findall(r"\d+(?:\.\d+)?|.", text):
        if token[0].isascii() and token[0].isdigit():
            if digit is not None:
                return None
            digit = Decimal(token)
        elif token in _DIGITS_ZH:
            if digit is not None:
                return None
            value = _DIGITS_ZH[token]
            if value == 0 and (total or not first):
                zero = True
                continue
            digit = Decimal(value)
        elif token in _UNITS_ZH:
            unit = _UNITS_ZH[token]
            if unit >= unit_before or (digit is None and unit != 10) or digit == 0:
                return None
            if digit is None and total and not zero:
                return None
            total += (Decimal(1) if digit is None else digit) * unit
            digit, unit_before, zero = None, unit, False
        elif token == "廿" and not total and digit is None:
            total, unit_before = Decimal(20), 10
        else:
            return None
    if digit is not None:
        # 三千五 is 3500 and 三千零五 is 3005; 十五 is 15
        short = 100 <= unit_before < 10**4 and not zero and digit < 10
        total += digit * (unit_before // 10) if short else digit
    elif not text or (zero and not total):
        return None
    return total
