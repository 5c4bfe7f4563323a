"""What an ontology declares, before it becomes a schema: classes and properties by IRI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

Subject = NamedNode | BlankNode | Triple
Term = NamedNode | BlankNode | Literal | Triple


class Statements:
    """Triples by subject and predicate, in the order of the file."""

    def __init__(self, quads: Iterable[Quad | Triple]) -> None:
        self._of: dict[Subject, dict[str, list[Term]]] = {}
        self._by: dict[tuple[str, Term], list[Subject]] = {}
        for quad in quads:
            objects = self._of.setdefault(quad.subject, {}).setdefault(quad.predicate.value, [])
            if quad.object not in objects:
                objects.append(quad.object)
                self._by.setdefault((quad.predicate.value, quad.object), []).append(quad.subject)

    def objects(self, subject: Subject, *predicates: str) -> Iterator[Term]:
        known = self._of.get(subject, {})
        for predicate in predicates:
            yield from known.get(predicate, ())

    def iris(self, subject: Subject, *predicates: str) -> list[str]:
        return [o.value for o in self.objects(subject, *predicates) if isinstance(o, NamedNode)]

    def texts(self, subject: Subject, *predicates: str) -> list[Literal]:
        return [o for o in self.objects(subject, *predicates) if isinstance(o, Literal)]

    def text(self, subject: Subject, *predicates: str) -> str | None:
        return next((literal.value for literal in self.texts(subject, *predicates)), None)

    def subjects(self, predicate: str, object: Term) -> list[Subject]:
        return self._by.get((predicate, object), [])

    def with_predicate(self, predicate: str) -> Iterator[tuple[Subject, list[Term]]]:
        for subject, predicates in self._of.items():
            if predicate in predicates:
                yield subject, predicates[predicate]

    def listed(self, head: Term) -> list[Term]:
        """The members of an RDF list; a list that runs in a circle is cut."""
        found: list[Term] = []
        seen: set[Term] = set()
        while isinstance(head, NamedNode | BlankNode) and head not in seen:
            seen.add(head)
            found += list(self.objects(head, _RDF + "first"))[:1]
            head = next(self.objects(head, _RDF + "rest"), Literal(""))
        return found


_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


@dataclass(slots=True)
class ClassDeclaration:
    """``parents`` are IRIs."""

    iri: str
    parents: list[str] = field(default_factory=list)


@dataclass(slots=True)
class PropertyDeclaration:
    """``heads`` and ``tails`` are IRIs of classes, ``datatypes`` of literals; empty means any."""

    iri: str
    heads: list[str] = field(default_factory=list)
    tails: list[str] = field(default_factory=list)
    datatypes: list[str] = field(default_factory=list)
    literal: bool = False
    parents: list[str] = field(default_factory=list)
    inverse: str | None = None
    symmetric: bool = False
    functional: bool = False


@dataclass(slots=True)
class Declarations:
    """In the order of the file. ``notes`` say what was left out and why."""

    classes: dict[str, ClassDeclaration] = field(default_factory=dict)
    properties: dict[str, PropertyDeclaration] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def class_(self, iri: str) -> ClassDeclaration:
        return self.classes.setdefault(iri, ClassDeclaration(iri))

    def property(self, iri: str) -> PropertyDeclaration:
        return self.properties.setdefault(iri, PropertyDeclaration(iri))


def add(items: list[str], iris: Iterable[str]) -> None:
    """Those of ``iris`` that are not there yet, in their order."""
    items += [iri for iri in dict.fromkeys(iris) if iri not in items]
