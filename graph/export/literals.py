"""Texts and normalised values as RDF literals."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from pyoxigraph import Literal

from model.ontology.literals import text_literal, xsd

_YEAR = r"-?(?:[1-9]\d{4,}|\d{4})"
_TEMPORAL: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.ASCII))
    for name, pattern in (
        ("gYear", _YEAR),
        ("gYearMonth", _YEAR + r"-(?:0[1-9]|1[0-2])"),
        ("date", r"\d{4}-\d\d-\d\d"),
        ("dateTime", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?"),
        ("time", r"\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?"),
        ("gMonthDay", r"--(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"),
        ("gMonth", r"--(?:0[1-9]|1[0-2])"),
        (
            "duration",
            r"-?P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?",
        ),
    )
)
_DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_AMOUNT = re.compile(rf"(?P<number>{_DECIMAL.pattern})\s+(?P<unit>\S.*)", re.ASCII | re.DOTALL)
_NUMERIC = frozenset({"number", "money", "quantity", "percent", "percentage", "ordinal"})


@lru_cache(maxsize=4096)
def confidence_text(value: float) -> str:
    """As ``xsd:decimal`` that reads back as the same number."""
    digits = format(Decimal(repr(value)), "f")
    return digits if "." in digits else digits + ".0"


def value_literal(datatype: str, value: str | None, text: str) -> Literal:
    """The normalised ``value`` in the XSD type that its form asks for.

    Dates and times become ``xsd:date``, ``gYear``, ``gYearMonth``, ... by their ISO 8601
    precision, numbers ``xsd:decimal``. What no XSD type can hold without loss (an interval, an
    amount with its unit, an impossible date) stays a string, and a literal without ``value``
    is its ``text``.
    """
    if value is None:
        return text_literal(text)
    kind = datatype.casefold()
    if kind in _NUMERIC:
        if _DECIMAL.fullmatch(value):
            return _decimal(value)
    elif kind == "boolean" and value in ("true", "false"):
        return Literal(value, datatype=xsd("boolean"))
    elif kind != "string":
        # EDTF writes a day or month of no known year XXXX-12-10, XSD --12-10.
        form = f"--{value[5:]}" if value.startswith("XXXX-") else value
        name = _temporal_type(form)
        if name:
            return Literal(form, datatype=xsd(name))
    return text_literal(value)


def amount(datatype: str, value: str | None) -> tuple[Literal, str] | None:
    """The number and the unit of a value such as ``12.5 USD``; None for other values."""
    if value is None or datatype.casefold() not in _NUMERIC:
        return None
    match = _AMOUNT.fullmatch(value)
    return (_decimal(match["number"]), match["unit"]) if match else None


def _decimal(value: str) -> Literal:
    # xsd:decimal allows `5.` and `.5`; few other languages do, so write them out.
    sign, digits = ("-", value[1:]) if value[0] == "-" else ("", value.lstrip("+"))
    whole, _, fraction = digits.partition(".")
    return Literal(
        sign + (whole or "0") + (f".{fraction}" if fraction else ""), datatype=_DECIMAL_TYPE
    )


def _temporal_type(value: str) -> str | None:
    for name, pattern in _TEMPORAL:
        if pattern.fullmatch(value):
            return name if _exists(name, value) else None
    return None


def _exists(name: str, value: str) -> bool:
    """Whether the calendar and the clock have ``value``: not so for ``2023-02-30``."""
    try:
        if name == "date":
            date.fromisoformat(value)
        elif name == "dateTime":
            datetime.fromisoformat(value)
        elif name == "time":
            time.fromisoformat(value)
        elif name == "gMonthDay":
            date.fromisoformat("2000-" + value[2:])
        elif name in ("gYear", "gYearMonth"):
            return value.lstrip("-")[:4] != "0000"  # XSD 1.0 has no year 0
    except ValueError:
        return False
    return True


_DECIMAL_TYPE = xsd("decimal")
