"""Declarations in OWL, RDFS and SKOS.

Several ``rdfs:domain`` of one property are read as alternatives, as most authors mean them, not
as the intersection that RDFS says. Restrictions and other class expressions beside ``unionOf``
say nothing that a schema could hold and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode

from model.ontology.declarations import Declarations, PropertyDeclaration, Statements, Term, add
from model.ontology.literals import XSD
from model.ontology.vocabulary import KGB, PREFIXES

_OWL, _RDF, _RDFS = PREFIXES["owl"], PREFIXES["rdf"], PREFIXES["rdfs"]
_SKOS, _SCHEMA = PREFIXES["skos"], PREFIXES["schema"]
_TYPE = _RDF + "type"
_CLASSES = (_OWL + "Class", _RDFS + "Class")
_PROPERTIES = (
    _RDF + "Property",
    *(
        _OWL + name
        for name in (
            "ObjectProperty",
            "DatatypeProperty",
            "FunctionalProperty",
            "InverseFunctionalProperty",
            "SymmetricProperty",
            "AsymmetricProperty",
            "TransitiveProperty",
            "ReflexiveProperty",
            "IrreflexiveProperty",
        )
    ),
)
# Both schemes of schema.org are in use.
_DOMAINS = (_RDFS + "domain", _SCHEMA + "domainIncludes", "http://schema.org/domainIncludes")
_RANGES = (_RDFS + "range", _SCHEMA + "rangeIncludes", "http://schema.org/rangeIncludes")
_LANGUAGE_OF_THE_LANGUAGE = (_OWL, _RDF, _RDFS, KGB, PREFIXES["prov"], PREFIXES["oa"])
_LITERALS = (_RDFS + "Literal", _RDF + "langString", _RDF + "PlainLiteral", _RDF + "HTML")


def is_datatype(iri: str) -> bool:
    """Whether ``iri`` is a type of literals, of XML Schema, RDF or schema.org."""
    return (
        iri.startswith(XSD)
        or iri in _LITERALS
        or iri.replace("http://", "https://", 1).removeprefix(_SCHEMA) in _SCHEMA_TYPES
    )


_SCHEMA_TYPES = frozenset(
    {"Date", "DateTime", "Time", "Number", "Integer", "Float", "Text", "URL", "Boolean"}
)


def own(iri: str) -> bool:
    """Whether ``iri`` belongs to the languages that ontologies are written in."""
    return iri.startswith(_LANGUAGE_OF_THE_LANGUAGE) or is_datatype(iri)


def declared(statements: Statements) -> Declarations:
    """The classes and properties of an ontology, or else the concepts of a SKOS vocabulary."""
    found = Declarations()
    _classes(statements, found)
    _properties(statements, found)
    if not found.classes:
        _concepts(statements, found)
    for property in found.properties.values():
        for iri in (*property.heads, *property.tails):
            found.class_(iri)
    return found


def _classes(statements: Statements, found: Declarations) -> None:
    for subject, kinds in statements.with_predicate(_TYPE):
        # A schema may give a literal type of its own the IRI of a datatype.
        mine = statements.text(subject, KGB + "datatype") is not None
        if not isinstance(subject, NamedNode) or (own(subject.value) and not mine):
            continue
        if any(isinstance(kind, NamedNode) and kind.value in _CLASSES for kind in kinds):
            if _deprecated(statements, subject):
                found.notes.append(f"left out, deprecated: {subject.value}")
            else:
                found.class_(subject.value)
    for subject, parents in statements.with_predicate(_RDFS + "subClassOf"):
        if not isinstance(subject, NamedNode) or own(subject.value):
            continue
        if _deprecated(statements, subject):
            continue
        child = found.class_(subject.value)
        for parent in parents:
            if isinstance(parent, NamedNode) and not own(parent.value) and parent != subject:
                add(child.parents, [parent.value])
                found.class_(parent.value)


def _deprecated(statements: Statements, subject: NamedNode) -> bool:
    return statements.text(subject, _OWL + "deprecated") in ("true", "1")


def _properties(statements: Statements, found: Declarations) -> None:
    for subject, kinds in statements.with_predicate(_TYPE):
        if not isinstance(subject, NamedNode) or own(subject.value):
            continue
        names = {kind.value for kind in kinds if isinstance(kind, NamedNode)}
        if not names.intersection(_PROPERTIES):
            continue
        if _deprecated(statements, subject):
            found.notes.append(f"left out, deprecated: {subject.value}")
            continue
        property = found.property(subject.value)
        property.literal = _OWL + "DatatypeProperty" in names
        property.symmetric = _OWL + "SymmetricProperty" in names
        property.functional = _OWL + "FunctionalProperty" in names
        for domain in statements.objects(subject, *_DOMAINS):
            add(property.heads, (iri for iri in _alternatives(statements, domain) if not own(iri)))
        for range_ in statements.objects(subject, *_RANGES):
            range_of(property, _alternatives(statements, range_), found)
        add(
            property.parents,
            (i for i in statements.iris(subject, _RDFS + "subPropertyOf") if not own(i)),
        )
    for subject, inverses in statements.with_predicate(_OWL + "inverseOf"):
        for inverse in inverses:
            if isinstance(subject, NamedNode) and isinstance(inverse, NamedNode):
                _invert(found, subject.value, inverse.value)
    for name, flag in (("symmetric", "Symmetric"), ("functional", "Functional")):
        for kind in statements.subjects(_TYPE, NamedNode(f"{_OWL}{flag}Property")):
            if isinstance(kind, NamedNode) and kind.value in found.properties:
                setattr(found.properties[kind.value], name, True)
    for property in found.properties.values():
        _inherit(property, found)


def range_of(property: PropertyDeclaration, iris: Iterable[str], found: Declarations) -> None:
    """Add what a property leads to: classes as its tails, datatypes as such."""
    for iri in iris:
        if iri in found.classes:
            add(property.tails, [iri])
        elif is_datatype(iri):
            add(property.datatypes, [iri])
        elif not own(iri):
            add(property.tails, [iri])


def _alternatives(statements: Statements, term: Term, depth: int = 0) -> Iterator[str]:
    """The named classes or datatypes that ``term`` is, or is a union of."""
    if isinstance(term, NamedNode):
        yield term.value
    elif not isinstance(term, Literal) and depth < 8:
        for union in statements.objects(term, _OWL + "unionOf"):
            for member in statements.listed(union):
                yield from _alternatives(statements, member, depth + 1)
        yield from statements.iris(term, _OWL + "onDatatype")


def _invert(found: Declarations, one: str, other: str) -> None:
    if one == other:
        if one in found.properties:
            found.properties[one].symmetric = True
        return
    pair = [found.properties.get(iri) for iri in (one, other)]
    for property, inverse in zip(pair, (other, one), strict=True):
        if property is None or property.inverse == inverse:
            continue
        if property.inverse is not None or inverse not in found.properties:
            found.notes.append(f"left out: {one} inverseOf {other}")
            return
        property.inverse = inverse


def _inherit(property: PropertyDeclaration, found: Declarations) -> None:
    """Domain and range of the properties above, where it has none of its own."""
    seen = {property.iri}
    waiting = list(property.parents)
    while waiting:
        parent = found.properties.get(waiting.pop(0))
        if parent is None or parent.iri in seen:
            continue
        seen.add(parent.iri)
        property.literal = property.literal or parent.literal
        if not property.heads:
            add(property.heads, parent.heads)
        if not property.tails and not property.datatypes:
            add(property.tails, parent.tails)
            add(property.datatypes, parent.datatypes)
        waiting += parent.parents


def _concepts(statements: Statements, found: Declarations) -> None:
    """A SKOS thesaurus: where nothing is a class, its concepts are."""
    for subject in statements.subjects(_TYPE, NamedNode(_SKOS + "Concept")):
        if isinstance(subject, NamedNode):
            found.class_(subject.value)
    for iri, concept in list(found.classes.items()):
        node = NamedNode(iri)
        above = statements.iris(node, _SKOS + "broader", _SKOS + "broaderTransitive")
        above += [
            narrower.value
            for narrower in statements.subjects(_SKOS + "narrower", node)
            if isinstance(narrower, NamedNode)
        ]
        add(concept.parents, (parent for parent in above if parent in found.classes))
