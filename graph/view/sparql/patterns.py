"""Patterns that queries are made of.

Every query names the graph of each pattern, so that servers whose default graph is empty answer
too, and begins with the nodes that it is about, so that it costs what is known of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from graph.rdf.lines import in_sparql, optional
from model.ontology.vocabulary import PREFIXES

HEADER = " ".join(
    f"PREFIX {name}: <{PREFIXES[name]}>"
    for name in ("dcterms", "kgb", "oa", "prov", "rdf", "rdfs", "skos")
)

_STANDS = "FILTER NOT EXISTS { ?f kgb:rejected true }"
TO = "{ ?f rdf:object ?o } UNION { ?f kgb:objectNode ?o }"
OUT = (
    "GRAPH ?g { ?f rdf:subject ?s ; kgb:head ?h ; kgb:typeName ?t ; rdf:object ?v ; "
    f"kgb:confidence ?c {_STANDS} }} {optional('?g', '?f kgb:objectNode ?n')} "
    "BIND (COALESCE(?n, ?v) AS ?o)"
)
"""Statements of the relations of ``?s``, as ``?f``: type, end and confidence."""
IN = (
    f"GRAPH ?g {{ {TO} ?f kgb:head ?h ; rdf:subject ?s ; kgb:typeName ?t ; kgb:confidence ?c . "
    f"{_STANDS} }}"
)
"""As `OUT`, of the relations that end at ``?o``."""
IN_FROM_OTHERS = f"{IN} FILTER (?s != ?o)"
ROLES_OUT = (
    "GRAPH ?g { ?f kgb:event ?s ; kgb:typeName ?t ; rdf:object ?v ; kgb:confidence ?c ; "
    f"kgb:tail ?l }} {optional('?g', '?f kgb:objectNode ?n')} BIND (COALESCE(?n, ?v) AS ?o)"
)
"""Arguments of the event ``?s``."""
ROLES_IN = (
    f"GRAPH ?g {{ {TO} ?f kgb:event ?s ; kgb:typeName ?t ; kgb:confidence ?c ; kgb:tail ?l }}"
)
BEST = "?s ?t ?o (MAX(?c) AS ?confidence)"
SUM = f"{BEST} (COUNT(DISTINCT ?f) AS ?support)"


def values_of(name: str, terms: Iterable[str]) -> str:
    """A data block: the variable is one of these terms."""
    return f"VALUES ?{name} {{ {' '.join(map(in_sparql, terms))} }} "
