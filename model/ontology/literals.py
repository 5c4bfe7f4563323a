"""Texts as RDF literals."""

from __future__ import annotations

import re
from functools import lru_cache

from pyoxigraph import Literal, NamedNode

XSD = "http://www.w3.org/2001/XMLSchema#"

_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """``text`` with lone surrogates, which UTF-8 cannot hold, as U+FFFD.

    The length stays, and with it every offset.
    """
    return text if text.isascii() else _SURROGATE.sub("�", text)


def text_literal(text: str) -> Literal:
    """A plain string."""
    return Literal(clean(text))


def label_literal(text: str, language: str | None) -> Literal:
    """With a language tag where ``language`` is one (BCP 47), else without."""
    if language:
        try:
            return Literal(clean(text), language=language)
        except ValueError:
            pass
    return text_literal(text)


def xsd(name: str) -> NamedNode:
    """The datatype of XML Schema with this name."""
    return NamedNode(XSD + name)


@lru_cache(maxsize=4096)
def integer_literal(value: int) -> Literal:
    """An ``xsd:integer``."""
    return Literal(str(value), datatype=_INTEGER)


_INTEGER = xsd("integer")
