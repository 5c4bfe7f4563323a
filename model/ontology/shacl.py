"""Declarations in SHACL shapes: what a shape says of the nodes of its target class.

Read are ``sh:targetClass`` (or a shape that is a class itself), properties with a path of one
IRI or its inverse, ``sh:class``, ``sh:datatype``, ``sh:node``, alternatives of them (``sh:or``,
``sh:xone``), and ``sh:maxCount 1``.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode

from model.ontology.declarations import Declarations, Statements, Subject, Term, add
from model.ontology.owl import own, range_of
from model.ontology.vocabulary import PREFIXES

SH = PREFIXES["sh"]
_TYPE = PREFIXES["rdf"] + "type"
_CLASSES = (PREFIXES["rdfs"] + "Class", PREFIXES["owl"] + "Class")


def add_shapes(statements: Statements, found: Declarations) -> None:
    """What the shapes say, beside what ``found`` has already."""
    single: dict[str, bool] = {}  # properties with one value at most in every shape
    for shape in _shapes(statements):
        targets = _targets(statements, shape)
        for target in targets:
            found.class_(target)
        for constraint in statements.objects(shape, SH + "property"):
            if not isinstance(constraint, Literal):
                _property(statements, constraint, targets, found, single)
    for iri, one in single.items():
        if one:
            found.properties[iri].functional = True


def _shapes(statements: Statements) -> list[Subject]:
    shapes = dict.fromkeys(statements.subjects(_TYPE, NamedNode(SH + "NodeShape")))
    for predicate in ("targetClass", "property"):
        shapes.update(dict.fromkeys(s for s, _ in statements.with_predicate(SH + predicate)))
    return list(shapes)


def _targets(statements: Statements, shape: Subject) -> list[str]:
    targets = statements.iris(shape, SH + "targetClass")
    if isinstance(shape, NamedNode) and set(statements.iris(shape, _TYPE)) & set(_CLASSES):
        targets.append(shape.value)
    return [iri for iri in dict.fromkeys(targets) if not own(iri)]


def _property(
    statements: Statements,
    constraint: Subject,
    targets: list[str],
    found: Declarations,
    single: dict[str, bool],
) -> None:
    for path in statements.objects(constraint, SH + "path"):
        if isinstance(path, NamedNode):
            iri, inverse = path.value, False
        elif not isinstance(path, Literal) and statements.iris(path, SH + "inversePath"):
            iri, inverse = statements.iris(path, SH + "inversePath")[0], True
        else:
            found.notes.append("left out: a property shape whose path is no single property")
            continue
        if own(iri) or iri == PREFIXES["skos"] + "prefLabel":
            continue
        property = found.property(iri)
        kinds = list(_kinds(statements, constraint))
        if inverse:
            add(property.heads, (kind for kind in kinds if not own(kind)))
            add(property.tails, targets)
            continue
        add(property.heads, targets)
        range_of(property, kinds, found)
        if PREFIXES["sh"] + "Literal" in statements.iris(constraint, SH + "nodeKind"):
            property.literal = True
        at_most = statements.text(constraint, SH + "maxCount")
        single[iri] = single.get(iri, True) and at_most == "1"
        for kind in property.tails:
            found.class_(kind)


def _kinds(statements: Statements, constraint: Term, depth: int = 0) -> Iterator[str]:
    if isinstance(constraint, Literal) or depth > 8:
        return
    yield from statements.iris(constraint, SH + "class", SH + "datatype")
    for shape in statements.objects(constraint, SH + "node"):
        if not isinstance(shape, Literal):
            yield from _targets(statements, shape)
    for alternatives in statements.objects(constraint, SH + "or", SH + "xone"):
        for alternative in statements.listed(alternatives):
            yield from _kinds(statements, alternative, depth + 1)
