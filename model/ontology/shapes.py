"""SHACL shapes: what a graph of a schema must satisfy, as the RDF export writes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from model.ontology.iris import segment
from model.ontology.literals import integer_literal, xsd
from model.ontology.vocabulary import LABEL, PREFIXES, TYPE, SchemaTerms, term

_SH = PREFIXES["sh"]
_DATES = ("date", "gYear", "gYearMonth", "gMonthDay", "gMonth", "dateTime", "time", "duration")
_EDTF = r"^[-0-9XTPYMDHSZ+:/.~?%\[\]{}]+$"
"""What an interval or an uncertain date is made of, which no XSD type holds."""


class Nodes:
    """Blank nodes, named by their number."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._count = 0

    def new(self) -> BlankNode:
        self._count += 1
        return BlankNode(f"{self._prefix}{self._count}")

    def listed(
        self, members: Sequence[NamedNode | BlankNode]
    ) -> tuple[NamedNode | BlankNode, list[Triple]]:
        """The head of an RDF list, and its triples."""
        cells = [self.new() for _ in members]
        ends: list[NamedNode | BlankNode] = [*cells[1:], term("rdf", "nil")]
        triples = []
        for cell, member, rest in zip(cells, members, ends, strict=True):
            triples.append(Triple(cell, term("rdf", "first"), member))
            triples.append(Triple(cell, term("rdf", "rest"), rest))
        return cells[0], triples


def shapes(terms: SchemaTerms, base: str) -> Iterator[Triple]:
    """The shapes of a schema.

    - Who has a relation, and whom it leads to, is of the types that the schema names; so with
      the roles of events. A functional relation leads to one thing: two are a warning, since
      documents may well disagree.
    - A value is a literal; one that could not be normalised is a warning.
    - An entity has one label. What has a confidence has it between 0 and 1, and a statement
      names the chunk that it comes from.
    """
    maker = _Shapes(terms, base)
    yield from maker.common()
    for relation in terms.schema.relations:
        iri = terms.relation(relation.name)
        shape = maker.shape("relation", iri)
        yield Triple(shape, TYPE, _sh("NodeShape"))
        yield Triple(shape, _sh("targetSubjectsOf"), iri)
        yield from maker.of_types(shape, relation.head)
        if relation.symmetric:  # may run either way
            types = () if not (relation.head and relation.tail) else relation.head + relation.tail
            yield from maker.values(shape, iri, tuple(dict.fromkeys(types)))
        else:
            yield from maker.values(shape, iri, relation.tail)
        if relation.functional:
            yield from maker.property(
                shape,
                iri,
                (_sh("maxCount"), integer_literal(1)),
                (_sh("severity"), _sh("Warning")),
                (_sh("message"), Literal(f"more than one value of {relation.name}")),
            )
    for event in terms.schema.events:
        iri = terms.event(event.name)
        shape = maker.shape("event", iri)
        yield Triple(shape, TYPE, _sh("NodeShape"))
        yield Triple(shape, _sh("targetClass"), iri)
        for role in event.roles:
            yield from maker.values(shape, terms.role(event.name, role.name), role.types)


def _sh(name: str) -> NamedNode:
    return NamedNode(_SH + name)


class _Shapes:
    def __init__(self, terms: SchemaTerms, base: str) -> None:
        self._terms = terms
        self._base = base + "schema/shape/"
        self._nodes = Nodes("shape")

    def shape(self, kind: str, iri: NamedNode) -> NamedNode:
        return NamedNode(f"{self._base}{kind}/{segment(iri.value)}")

    def common(self) -> Iterator[Triple]:
        zero, one = (Literal(n, datatype=xsd("decimal")) for n in ("0.0", "1.0"))
        once = (_sh("minCount"), integer_literal(1)), (_sh("maxCount"), integer_literal(1))
        entity = NamedNode(self._base + "Entity")
        yield Triple(entity, TYPE, _sh("NodeShape"))
        yield Triple(entity, _sh("targetClass"), term("kgb", "Entity"))
        yield from self.property(entity, LABEL, *once)
        scored = NamedNode(self._base + "Scored")
        yield Triple(scored, TYPE, _sh("NodeShape"))
        yield Triple(scored, _sh("targetSubjectsOf"), term("kgb", "confidence"))
        yield from self.property(
            scored,
            term("kgb", "confidence"),
            *once,
            (_sh("datatype"), xsd("decimal")),
            (_sh("minInclusive"), zero),
            (_sh("maxInclusive"), one),
        )
        stated = NamedNode(self._base + "Statement")
        yield Triple(stated, TYPE, _sh("NodeShape"))
        yield Triple(stated, _sh("targetClass"), term("rdf", "Statement"))
        yield from self.property(
            stated, term("prov", "wasDerivedFrom"), *once, (_sh("class"), term("kgb", "Chunk"))
        )

    def property(
        self,
        shape: NamedNode,
        path: NamedNode,
        *constraints: tuple[NamedNode, NamedNode | BlankNode | Literal],
    ) -> Iterator[Triple]:
        node = self._nodes.new()
        yield Triple(shape, _sh("property"), node)
        yield Triple(node, TYPE, _sh("PropertyShape"))
        yield Triple(node, _sh("path"), path)
        for predicate, value in constraints:
            yield Triple(node, predicate, value)

    def of_types(self, shape: NamedNode | BlankNode, types: Sequence[str]) -> Iterator[Triple]:
        """``sh:class``, or ``sh:or`` of several."""
        classes = [self._terms.entity(t) for t in types]
        if len(classes) == 1:
            yield Triple(shape, _sh("class"), classes[0])
        elif classes:
            nodes = [self._nodes.new() for _ in classes]
            for node, class_ in zip(nodes, classes, strict=True):
                yield Triple(node, _sh("class"), class_)
            head, cells = self._nodes.listed(nodes)
            yield Triple(shape, _sh("or"), head)
            yield from cells

    def values(self, shape: NamedNode, path: NamedNode, types: Sequence[str]) -> Iterator[Triple]:
        """What ``path`` may lead to: entities of the types, or literals where they are literal."""
        datatypes = {t: self._terms.schema.entity[t].datatype for t in types}
        things = [t for t, datatype in datatypes.items() if datatype is None]
        if not types:
            return
        if len(things) == len(types):
            node = self._nodes.new()
            yield Triple(shape, _sh("property"), node)
            yield Triple(node, TYPE, _sh("PropertyShape"))
            yield Triple(node, _sh("path"), path)
            yield Triple(node, _sh("nodeKind"), _sh("IRI"))
            yield from self.of_types(node, things)
            return
        if not things:
            yield from self.property(shape, path, (_sh("nodeKind"), _sh("Literal")))
        if set(datatypes.values()) <= {"date", "number"}:
            yield from self._normalised(shape, path, set(datatypes.values()))

    def _normalised(
        self, shape: NamedNode, path: NamedNode, datatypes: set[str | None]
    ) -> Iterator[Triple]:
        names = (*(_DATES if "date" in datatypes else ()), *(["decimal"] * ("number" in datatypes)))
        allowed = []
        for name in names:
            node = self._nodes.new()
            allowed.append(node)
            yield Triple(node, _sh("datatype"), xsd(name))
        if "date" in datatypes:
            node = self._nodes.new()
            allowed.append(node)
            yield Triple(node, _sh("datatype"), xsd("string"))
            yield Triple(node, _sh("pattern"), Literal(_EDTF))
        head, cells = self._nodes.listed(allowed)
        yield from cells
        yield from self.property(
            shape,
            path,
            (_sh("or"), head),
            (_sh("severity"), _sh("Warning")),
            (_sh("message"), Literal("the value could not be normalised")),
        )
