"""Amounts of money: a number and a currency, English and Chinese."""

from __future__ import annotations

import re
from decimal import Decimal

from graph.literals.numbers import canonical, parse_number, plain

_CODES = (
    "USD EUR GBP JPY CNY HKD TWD KRW INR AUD CAD NZD SGD CHF SEK NOK DKK RUB BRL MXN ZAR TRY THB "
    "MYR IDR PHP VND PLN CZK HUF ILS AED SAR EGP NGN PKR ARS CLP COP MOP"
)
_BEFORE = {
    **{code: code for code in _CODES.split()},
    "US$": "USD", "U.S.$": "USD", "$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD",
    "HK$": "HKD", "NT$": "TWD", "S$": "SGD", "SG$": "SGD", "NZ$": "NZD", "R$": "BRL", "£": "GBP",
    "€": "EUR", "₹": "INR", "₩": "KRW", "₽": "RUB", "₪": "ILS", "฿": "THB", "₫": "VND", "₺": "TRY",
    "CN¥": "CNY", "JP¥": "JPY", "RMB¥": "CNY", "RMB": "CNY", "Rs": "INR", "Rs.": "INR",
    "人民币": "CNY", "美元": "USD", "欧元": "EUR", "英镑": "GBP", "日元": "JPY", "港元": "HKD",
    "港币": "HKD", "新台币": "TWD",
}  # fmt: skip
"""Currency signs before the amount. ``$`` alone is the US dollar, as usual in English text that
does not say otherwise; ``¥`` alone is a yen or a yuan, so it is not here."""

_AFTER = {
    **{code: code for code in _CODES.split()},
    "RMB": "CNY", "€": "EUR", "£": "GBP",
    "元": "CNY", "块": "CNY", "块钱": "CNY", "元人民币": "CNY", "人民币": "CNY", "人民币元": "CNY",
    "圆": "CNY", "美元": "USD", "美金": "USD", "欧元": "EUR", "英镑": "GBP", "日元": "JPY",
    "日圆": "JPY",
    "港元": "HKD", "港币": "HKD", "港幣": "HKD", "新台币": "TWD", "新臺幣": "TWD", "台币": "TWD",
    "韩元": "KRW", "韓元": "KRW", "卢布": "RUB", "澳元": "AUD", "澳大利亚元": "AUD", "加元": "CAD",
    "加拿大元": "CAD", "新加坡元": "SGD", "新西兰元": "NZD", "瑞士法郎": "CHF", "泰铢": "THB",
    "印度卢比": "INR", "越南盾": "VND", "澳门元": "MOP", "澳门币": "MOP", "歐元": "EUR",
    "英鎊": "GBP",
}  # fmt: skip
_WORDS = {
    "dollar": "USD", "us dollar": "USD", "u.s. dollar": "USD", "american dollar": "USD",
    "buck": "USD", "euro": "EUR", "pound": "GBP", "pound sterling": "GBP", "british pound": "GBP",
    "yen": "JPY", "japanese yen": "JPY", "yuan": "CNY", "chinese yuan": "CNY", "renminbi": "CNY",
    "yuan renminbi": "CNY", "won": "KRW", "south korean won": "KRW", "indian rupee": "INR",
    "hong kong dollar": "HKD", "australian dollar": "AUD", "canadian dollar": "CAD",
    "singapore dollar": "SGD", "new zealand dollar": "NZD", "taiwan dollar": "TWD",
    "new taiwan dollar": "TWD", "swiss franc": "CHF", "russian ruble": "RUB", "ruble": "RUB",
    "rouble": "RUB", "baht": "THB", "shekel": "ILS", "brazilian real": "BRL",
}  # fmt: skip
_PARTS = {"cent": "USD", "us cent": "USD", "penny": "GBP", "pence": "GBP"}

_SIGN = re.compile("|".join(re.escape(sign) for sign in sorted(_BEFORE, key=len)[::-1]))
_UNIT = re.compile(
    "(?:" + "|".join(re.escape(unit) for unit in sorted(_AFTER, key=len)[::-1]) + ")(?:整)?$"
)


def normalise_money(text: str) -> str | None:
    """``$3.5 million`` -> ``3500000 USD``, ``300万元`` -> ``3000000 CNY``, ``¥100`` -> None."""
    text = plain(text)
    negative = text.startswith("-")
    text = text.removeprefix("-").strip()
    found = _with_sign(text) or _with_unit(text) or _with_words(text)
    if found is None:
        return None
    amount, currency = found
    return f"{canonical(-amount if negative else amount)} {currency}"


def _with_sign(text: str) -> tuple[Decimal, str] | None:
    sign = _SIGN.match(text)
    if sign is None:
        return None
    currency = _BEFORE[sign[0]]
    rest = text[sign.end() :].strip()
    if sign[0][-1].isalpha() and sign[0].isascii() and not rest[:1].isdigit():
        return None
    after = _UNIT.search(rest)
    unit = after[0].removesuffix("整") if after else ""
    if after and (_AFTER[unit] == currency or unit in ("元", "圆")):
        rest = rest[: after.start()]  # 人民币300万元, US$5 USD
    return _amount(rest, currency)


def _with_unit(text: str) -> tuple[Decimal, str] | None:
    unit = _UNIT.search(text)
    if unit is None:
        return None
    rest = text[: unit.start()]
    word = unit[0].removesuffix("整")
    if word.isascii() and word.isalpha() and not (rest.endswith(" ") or rest[-1:].isdigit()):
        return None
    return _amount(rest, _AFTER[word])


def _with_words(text: str) -> tuple[Decimal, str] | None:
    words = text.casefold().replace("-dollar", " dollar").split()
    for length in (4, 3, 2, 1):
        if len(words) <= length:
            continue
        unit = " ".join(words[-length:])
        singular = {"pounds sterling": "pound sterling"}.get(unit, unit.removesuffix("s"))
        for name in (unit, singular):
            amount = " ".join(words[:-length])
            if name in _WORDS:
                return _amount(amount, _WORDS[name])
            if name in _PARTS:
                found = _amount(amount, _PARTS[name])
                return (found[0] / 100, found[1]) if found else None
    return None


def _amount(text: str, currency: str) -> tuple[Decimal, str] | None:
    text = text.strip()
    if "%" in text or "/" in text or text.startswith("-"):
        return None
    amount = parse_number(text)
    return None if amount is None else (amount, currency)
