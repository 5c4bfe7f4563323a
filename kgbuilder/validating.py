"""Checking a graph by SHACL shapes: those of its schema, or one's own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.export import export
from kgbuilder.errors import InputError
from kgbuilder.graphs import StoreLike, base_of, existing
from kgbuilder.parts import SchemaLike, schema_of
from kgbuilder.settings import Settings, load_settings
from model.ontology import ontology_text

if TYPE_CHECKING:
    pass

_SH = "http://www.w3.org/ns/shacl#"
_EVIDENCE = """
    SELECT DISTINCT ?uri ?text ?confidence WHERE {
      ?statement rdf:subject ?focus ; rdf:predicate ?path ; kgb:confidence ?confidence ;
        prov:wasDerivedFrom ?chunk .
      OPTIONAL { ?statement rdf:object ?value }
      ?chunk dcterms:isPartOf/dcterms:identifier ?uri .
      OPTIONAL { ?chunk kgb:text ?text }
    } ORDER BY ?uri ?text
"""


@dataclass(frozen=True, slots=True)
class Violation:
    """What a shape finds wrong. ``evidence`` is where it is stated: (document, text, confidence).

    ``severity`` is ``Violation``, ``Warning`` or ``Info``; ``focus`` and ``value`` are labels
    where the things have one.
    """

    severity: str
    message: str
    focus: str
    path: str
    value: str
    evidence: tuple[tuple[str, str, float], ...] = ()


def validate(
    *,
    store: StoreLike | None = None,
    schema: SchemaLike | None = None,
    shapes: str | Path | None = None,
    settings: Settings | None = None,
) -> list[Violation]:
    """What in a graph does not satisfy its shapes, by pySHACL; the worst first.

    ``shapes`` is a file of one's own; by default the shapes are those of ``schema``, by default
    the graph's. The graph is held in memory as RDF: for graphs of up to some 100,000 facts.

    Raises InputError where pySHACL is not installed or the shapes cannot be read.
    """
    try:
        import pyshacl
        import rdflib
    except ImportError:
        raise InputError("Checking needs pySHACL: pip install 'kgbuilder[shacl]'") from None
    settings = settings or load_settings()
    with existing(store, settings) as graph, tempfile.TemporaryDirectory() as folder:
        known = schema_of(schema, settings) if schema is not None else graph.schema
        if known is None:
            return []
        base = settings.base or base_of(graph)
        path = Path(folder) / "graph.nt"
        export(graph, path, "ntriples", known, base=base)
        data = rdflib.Graph().parse(path, format="nt")
    wanted = rdflib.Graph()
    if shapes is None:
        wanted.parse(data=ontology_text(known, "shacl", base=base), format="turtle")
    else:
        try:
            wanted.parse(shapes)
        except Exception as error:  # whatever the parser of that syntax raises
            raise InputError(f"{shapes}: cannot be read as RDF: {error}") from error
    _, report, _ = pyshacl.validate(data, shacl_graph=wanted, allow_warnings=True)
    found = list(_violations(report, wanted, data))
    ranks = {"Violation": 0, "Warning": 1, "Info": 2}
    return sorted(found, key=lambda v: (ranks.get(v.severity, 3), v.path, v.focus, v.value))


def _violations(report: Any, shapes: Any, data: Any) -> Iterator[Violation]:
    from rdflib import RDF, RDFS, URIRef
    from rdflib.plugins.sparql import prepareQuery

    from model.ontology.vocabulary import PREFIXES

    query = prepareQuery(_EVIDENCE, initNs=PREFIXES)

    def shown(node: Any) -> str:
        if node is None:
            return ""
        return str(data.value(node, RDFS.label) or node)

    def said(node: Any, name: str) -> Any:
        return report.value(node, URIRef(_SH + name))

    for result in report.subjects(RDF.type, URIRef(_SH + "ValidationResult")):
        focus, path, value = (said(result, n) for n in ("focusNode", "resultPath", "value"))
        evidence: tuple[tuple[str, str, float], ...] = ()
        at = path
        if path is None:  # the shape is about whoever has a relation
            at = shapes.value(said(result, "sourceShape"), URIRef(_SH + "targetSubjectsOf"))
        if isinstance(at, URIRef):
            bindings = {"focus": focus, "path": at}
            if path is not None and value is not None:
                bindings["value"] = value
            evidence = tuple(
                (str(row.uri), str(row.text or ""), float(row.confidence))
                for row in data.query(query, initBindings=bindings)
            )
        yield Violation(
            severity=str(said(result, "resultSeverity")).rpartition("#")[2],
            message=str(said(result, "resultMessage") or "").strip(),
            focus=shown(focus),
            path=shown(at),
            value=shown(value),
            evidence=evidence,
        )
