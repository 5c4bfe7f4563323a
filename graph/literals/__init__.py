"""Values that texts state, in one form each: dates, numbers, amounts of money, quantities.

Exactness comes before coverage: what is relative (``yesterday``), vague (``about 500``, ``early
1990s``) or ambiguous (``10/12/1815``, ``¥100``) has no normal form here.

====================  ==========================================================================
datatype              normal form
====================  ==========================================================================
``date``              ISO 8601, extended by EDTF (ISO 8601-2); see `graph.literals.dates`
``number``            decimal without exponent; a percentage is its hundredth
``money``             decimal amount, a space, ISO 4217 code: ``3500000 USD``
``quantity``          decimal, a space, SI unit: ``12000 m``; years and months as ISO 8601
                      durations: ``P18Y``; a plain number or percentage as ``number``
others (``string``)   the text with Unicode and white space made uniform
====================  ==========================================================================
"""

from __future__ import annotations

import re
import unicodedata

from graph.literals.dates import is_relative_date, normalise_date
from graph.literals.money import normalise_money
from graph.literals.numbers import normalise_number
from graph.literals.quantities import normalise_quantity

__all__ = ["is_literal", "normalise"]

_NORMALISERS = {
    "date": normalise_date,
    "number": normalise_number,
    "money": normalise_money,
    "quantity": normalise_quantity,
}
_VAGUE = re.compile(
    r"^(?:about|around|approximately|approx\.?|roughly|nearly|almost|over|under|more than|"
    r"less than|"
    r"fewer than|at least|at most|up to|some|only|just|an estimated|"
    r"an additional|another|"
    r"约为?|大约|近|将近|超过?|逾|多达|达到?|至少|最多|不到|不足|高达|共计?|总计|合计)\s*",
    re.IGNORECASE,
)


def normalise(text: str, datatype: str) -> str | None:
    """The value that ``text`` as a whole states, in the normal form of ``datatype``, or None."""
    normaliser = _NORMALISERS.get(datatype)
    if normaliser is not None:
        return normaliser(text)
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip() or None


def is_literal(text: str, datatype: str) -> bool:
    """Whether ``text`` states a value of ``datatype``, be it one without a normal form.

    True for ``yesterday`` as a date and for ``more than $3 million`` as money.
    """
    if normalise(text, datatype) is not None:
        return True
    if datatype == "date":
        return is_relative_date(text)
    stripped = _VAGUE.sub("", text.strip())
    return stripped != text.strip() and normalise(stripped, datatype) is not None
