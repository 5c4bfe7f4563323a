"""Triples as lines of N-Triples, without the full stop.

A graph is written as text, for text is what files and SPARQL updates are made of: several times
faster than building an object for every term.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from model.ontology.literals import clean
from model.ontology.vocabulary import PREFIXES

Lines = list[str]
"""``<subject> <predicate> <object>`` each."""

_UNSAFE = re.compile('[\x00-\x08\n\x0b\x0c\r\x0e-\x1f"\\\\\x7f]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r"}


def quoted(text: str) -> str:
    """``text`` as a string literal. Line breaks, quotes and control characters are escaped."""
    if _UNSAFE.search(text):
        text = _UNSAFE.sub(_escaped, text)
    return f'"{text}"'


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    return _ESCAPES.get(character) or f"\\u{ord(character):04X}"


def statements(lines: Iterable[str], graph: str | None = None) -> bytes:
    """The lines as N-Triples or, with the graph's IRI in angle brackets, as N-Quads.

    Lone surrogates, which UTF-8 cannot hold, become U+FFFD, so that offsets stay.
    """
    end = f" {graph} .\n" if graph else " .\n"
    text = end.join(lines)
    if not text:
        return b""
    try:
        return (text + end).encode()
    except UnicodeEncodeError:
        return (clean(text) + end).encode()


def in_sparql(text: str) -> str:
    r"""N-Triples as they stand in a SPARQL query or update.

    Of SPARQL's parsers some read ``\\u0041`` as an escaped letter, some as an escaped backslash
    before one; written this way, all read the latter.
    """
    return text.replace(r"\\u", r"\\\u0075").replace(r"\\U", r"\\\u0055")


def optional(graph: str, *patterns: str) -> str:
    """Patterns of one graph, each optional, to stand behind the GRAPH block that they belong to.

    Inside of that block, Oxigraph would join all that the graphs hold of them; here it looks up
    what it needs.
    """
    return " ".join(f"OPTIONAL {{ GRAPH {graph} {{ {pattern} }} }}" for pattern in patterns)


def with_prefixes(query: str, base: str) -> str:
    """A SPARQL query that may use the prefixes of an export."""
    known = prefixes_of(base)
    # In one line, so that the lines of error messages are those of the query.
    return " ".join(f"PREFIX {name}: <{iri}>" for name, iri in known.items()) + " " + query


def prefixes_of(base: str) -> dict[str, str]:
    """The prefixes of an export, those of its own IRIs among them."""
    return PREFIXES | {
        "doc": base + "document/",
        "entity": base + "entity/",
        "event": base + "event/",
        "eventtype": base + "schema/event/",
        "rel": base + "schema/relation/",
        "role": base + "schema/role/",
        "type": base + "schema/type/",
    }
