"""A schema as an OWL ontology, alone or with its SHACL shapes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from pyoxigraph import NamedNode, RdfFormat, Triple, serialize

from model.ontology.iris import DEFAULT_BASE, checked_base
from model.ontology.shapes import Nodes, shapes
from model.ontology.vocabulary import PREFIXES, TYPE, SchemaTerms, term
from model.schema import Schema

KINDS = ("owl", "shacl")


def ontology_text(
    schema: Schema,
    kind: str = "owl",
    format: RdfFormat = RdfFormat.TURTLE,
    base: str = DEFAULT_BASE,
) -> str:
    """The schema as RDF. ``kind`` is ``owl``, or ``shacl``: the ontology and its shapes.

    Types without an IRI get one below ``base``.

    Raises:
        ValueError: the base or an IRI of the schema is invalid.
    """
    base = checked_base(base)
    terms = SchemaTerms(schema, base)
    triples = [*terms.triples(), *_ends(terms)]
    if kind == "shacl":
        triples += shapes(terms, base)
    prefixes = {name: iri for name, iri in PREFIXES.items() if _uses(triples, iri)}
    stream = io.BytesIO()
    serialize(triples, stream, format, prefixes=prefixes)
    lines = stream.getvalue().decode().splitlines(keepends=True)
    # The serializer's order of prefixes changes from run to run.
    count = sum(1 for line in lines if line.startswith("@prefix "))
    return "".join(sorted(lines[:count]) + lines[count:])


def _uses(triples: Iterable[Triple], namespace: str) -> bool:
    return any(
        isinstance(node, NamedNode) and node.value.startswith(namespace)
        for triple in triples
        for node in (triple.subject, triple.predicate, triple.object)
    )


def _ends(terms: SchemaTerms) -> Iterator[Triple]:
    """Domains and ranges as OWL has them: a class, or the union of several."""
    nodes = Nodes("union")
    for relation in terms.schema.relations:
        iri = terms.relation(relation.name)
        for predicate, types in (("domain", relation.head), ("range", relation.tail)):
            # The values of a literal type are literals, and its class is no datatype of OWL.
            if not types or any(terms.schema.entity[t].datatype for t in types):
                continue
            classes = [terms.entity(t) for t in types]
            if len(classes) == 1:
                yield Triple(iri, term("rdfs", predicate), classes[0])
                continue
            union = nodes.new()
            head, cells = nodes.listed(classes)
            yield Triple(iri, term("rdfs", predicate), union)
            yield Triple(union, TYPE, term("owl", "Class"))
            yield Triple(union, term("owl", "unionOf"), head)
            yield from cells
