"""The decisions of people as RDF: a node for each, in a graph of their own.

Nothing of a decision is lost, and all its texts are plain strings, which come back from any
database as they were.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from urllib.parse import unquote

from graph.rdf.endpoint import Endpoint, iri_of, select, text_of
from graph.rdf.lines import Lines, quoted
from graph.resolving.decisions import Decision, Decisions, decision_of
from model.ontology.iris import segment
from model.ontology.vocabulary import PREFIXES

_KGB = PREFIXES["kgb"]
_TYPE = f"<{PREFIXES['rdf']}type>"
_DOCUMENT = _KGB + "inDocument"
_PREDICATES = {
    "kind": _KGB + "kind",
    "left": _KGB + "left",
    "right": _KGB + "right",
    "value": _KGB + "decided",
    "made_at": _KGB + "decidedAt",
    "note": PREFIXES["rdfs"] + "comment",
    "source": _KGB + "decidedBy",
}
_NAMES = {iri: name for name, iri in _PREDICATES.items()}


def decisions_graph(base: str) -> str:
    """The graph that holds them, in angle brackets."""
    return f"<{base}graph/decisions>"


def decision_lines(decision: Decision, base: str) -> Lines:
    """One decision."""
    node = f"<{base}decision/{decision.id}>"
    lines = [f"{node} {_TYPE} <{_KGB}Decision>"]
    for name, value in decision.as_dict().items():
        if name == "documents":
            lines += [f"{node} <{_DOCUMENT}> <{base}document/{segment(id)}>" for id in value]
        elif name != "id":
            texts = value if isinstance(value, list) else [value]
            lines += [f"{node} <{_PREDICATES[name]}> {quoted(text)}" for text in texts]
    return lines


def read_decisions(endpoint: Endpoint, base: str) -> Decisions:
    """All decisions that a graph with this base holds.

    Raises:
        DecisionError: what it holds is none.
    """
    said: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    start = f"{base}document/"
    for row in select(
        endpoint, f"SELECT ?d ?p ?o {{ GRAPH {decisions_graph(base)} {{ ?d ?p ?o }} }}"
    ):
        node, predicate = said[iri_of(row["d"])], iri_of(row["p"])
        if predicate == _DOCUMENT:
            node["documents"].append(unquote(iri_of(row["o"]).removeprefix(start)))
        elif predicate in _NAMES:
            node[_NAMES[predicate]].append(text_of(row["o"]))
    return Decisions(map(_decision, said.values()))


def _decision(node: defaultdict[str, list[str]]) -> Decision:
    fields: dict[str, Any] = {
        name: values if name in ("left", "right", "documents") else values[0]
        for name, values in node.items()
    }
    return decision_of(fields)
