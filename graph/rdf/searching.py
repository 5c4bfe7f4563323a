"""Finding entities by name in RDF: an index of terms that stands in the graph itself.

SPARQL has no index of words, and a scan of all names takes seconds where there are many. So the
graph of entities says of each, beside its description:

- ``kgb:searchTerm``: the beginnings of its names' words, of 1, 2, 4 and 7 letters, of Chinese names
  every character and every two that stand together, and whole names behind ``= ``;
- ``kgb:searchText``: its names folded (case, accents, the Chinese variant), a line each, a space
  before every word;
- ``kgb:support``: how many local entities it is made of.

A query finds by terms, an exact match in the database's index of values, and compares the rest with
the folded names of those alone that have all its terms.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from graph import names
from graph.rdf.endpoint import Endpoint, iri_of, select, text_of
from graph.rdf.layout import Layout
from graph.rdf.lines import Lines, in_sparql, quoted
from graph.store.search import CANDIDATES, Hit, ranked
from model.ontology.vocabulary import PREFIXES

_KGB = PREFIXES["kgb"]
_TERM, _TEXT, _SUPPORT = (f"<{_KGB}{n}>" for n in ("searchTerm", "searchText", "support"))
_LABEL, _ALT_LABEL = f"<{PREFIXES['rdfs']}label>", f"<{PREFIXES['skos']}altLabel>"
_INTEGER = f"^^<{PREFIXES['xsd']}integer>"
_LENGTHS = (1, 2, 4, 7)
_MOST = 5_000
"""Entities that are ranked, of the first found."""
_MOST_WORDS = 16
"""Words of a query that are looked at."""
_RUN = re.compile(f"{names.HAN}+|(?:(?!{names.HAN})[^\\W_])+")
"""A run of Chinese characters, or a word of others."""


def index_lines(iri: str, all_names: Collection[str], support: int) -> Lines:
    """What an entity is found by."""
    folded = sorted({names.fold(name) for name in all_names})
    runs = [_RUN.findall(name) for name in folded]
    terms = {term for words in runs for word in words for term in _terms(word)}
    terms.update(f"={_spaced(words)}" for words in runs if words)
    # Letters, digits and spaces alone, of which no quote needs to be escaped.
    lines = [f'{iri} {_TERM} "{term}"' for term in sorted(terms)]
    text = "".join(f"\\n{_spaced(words)}" for words in runs)
    lines.append(f'{iri} {_TEXT} "{text}\\n"')
    lines.append(f'{iri} {_SUPPORT} "{support}"{_INTEGER}')
    return lines


def _terms(run: str) -> Iterator[str]:
    if names.has_han(run):
        yield from run
        yield from (run[at : at + 2] for at in range(len(run) - 1))
    else:
        yield from (run[:length] for length in _LENGTHS if length <= len(run))


def _wanted(run: str) -> Iterator[str]:
    """The terms that whatever is found by ``run`` has; as few as will do."""
    if not names.has_han(run):
        yield run[: max(length for length in _LENGTHS if length <= len(run))]
    elif len(run) == 1:
        yield run
    else:
        yield from (run[at : at + 2] for at in range(len(run) - 1))


def _spaced(words: Iterable[str]) -> str:
    return "".join(f" {word}" for word in words)


def search_ids(text: str, layout: Layout, limit: int) -> str | None:
    """A SELECT query for the entities ``?e`` that have words beginning with those of ``text``.

    Those with that very name first, then those whose name begins with it, then by support. None if
    nothing in ``text`` can be searched for.
    """
    words = list(dict.fromkeys(_RUN.findall(names.fold(text))))[:_MOST_WORDS]
    if not words:
        return None
    # The longest terms are the rarest: they are looked up, the others compared with what is found.
    terms = sorted({term for word in words for term in _wanted(word)}, key=lambda t: (-len(t), t))
    has = " ; ".join(f"{_TERM} {in_sparql(quoted(term))}" for term in terms[:4])
    holds = " && ".join(
        f"CONTAINS(?text, {in_sparql(quoted(word if names.has_han(word) else ' ' + word))})"
        for word in words
    )
    whole = _spaced(_RUN.findall(names.fold(text)))
    begins = in_sparql(quoted(f"\n{whole}"))
    exact = in_sparql(quoted(f"={whole}"))
    said = f"{_TEXT} ?text ; {_SUPPORT} ?support"
    graph = layout.entities
    return (
        f"SELECT ?e {{ {{ SELECT ?e ?support (2 AS ?grade) {{ GRAPH {graph} "
        f"{{ ?e {_TERM} {exact} ; {_SUPPORT} ?support }} }} LIMIT {limit} }} UNION "
        f"{{ SELECT ?e ?support (IF(CONTAINS(?text, {begins}), 1, 0) AS ?grade) {{ "
        f"GRAPH {graph} {{ ?e {has} ; {said} }} FILTER ({holds}) }} LIMIT {_MOST} }} "
        f"}} ORDER BY DESC(?grade) DESC(?support) LIMIT {limit}"
    )


def search(endpoint: Endpoint, layout: Layout, text: str, limit: int) -> list[Hit]:
    """See `graph.store.bolt.Store.search`."""
    query = search_ids(text, layout, max(CANDIDATES, limit))
    if query is None or limit < 1:
        return []
    found = dict.fromkeys(iri_of(row["e"]) for row in select(endpoint, query))
    values = " ".join(f"<{iri}>" for iri in found)
    if not values:
        return []
    aliases: defaultdict[str, list[str]] = defaultdict(list)
    for row in select(
        endpoint,
        f"SELECT ?e ?alias {{ VALUES ?e {{ {values} }} "
        f"GRAPH {layout.entities} {{ ?e {_ALT_LABEL} ?alias }} }}",
    ):
        aliases[iri_of(row["e"])].append(text_of(row["alias"]))
    hits = (
        Hit(
            id=layout.parts(iri_of(row["e"]), "entity")[0],
            name=text_of(row["name"]),
            type=text_of(row["type"]),
            aliases=tuple(sorted(aliases[iri_of(row["e"])])),
            support=int(text_of(row["support"])),
        )
        for row in select(
            endpoint,
            f"SELECT ?e ?name ?type ?support {{ VALUES ?e {{ {values} }} GRAPH {layout.entities} "
            f"{{ ?e {_LABEL} ?name ; <{_KGB}typeName> ?type ; {_SUPPORT} ?support }} }}",
        )
    )
    return ranked(text, hits, limit)
