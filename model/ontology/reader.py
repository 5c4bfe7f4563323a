"""An ontology or shapes graph as a schema.

Classes become entity types, properties relation types. A class below `kgb:Event`, or below one
that the caller names, becomes an event type; the properties in whose domain it is are its roles.
XSD datatypes become literal types. Every type keeps its IRI. Names are English labels, else
labels in another language, else the last part of the IRI in words.

What `model.ontology.writer` wrote reads back as an equal schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from model.ontology.declarations import Declarations, PropertyDeclaration, Statements
from model.ontology.owl import declared
from model.ontology.shacl import SH, add_shapes
from model.ontology.vocabulary import KGB, PREFIXES
from model.schema import EntityType, EventType, RelationType, Role, Schema
from model.schema_check import MAX_NAME, Problem, SchemaError, check_schema
from model.schema_names import graph_label, relationship_type

SUFFIXES: dict[str, RdfFormat] = {
    ".ttl": RdfFormat.TURTLE,
    ".nt": RdfFormat.N_TRIPLES,
    ".nq": RdfFormat.N_QUADS,
    ".trig": RdfFormat.TRIG,
    ".n3": RdfFormat.N3,
    ".owl": RdfFormat.RDF_XML,
    ".rdf": RdfFormat.RDF_XML,
    ".xml": RdfFormat.RDF_XML,
    ".jsonld": RdfFormat.JSON_LD,
}
"""By the file's ending. A ``.owl`` file may be any of them, as ontology editors save it."""

EVENT = KGB + "Event"
_RDF, _RDFS, _OWL, _SKOS = (PREFIXES[p] for p in ("rdf", "rdfs", "owl", "skos"))
_DCTERMS, _DC = PREFIXES["dcterms"], "http://purl.org/dc/elements/1.1/"
_TYPE = _RDF + "type"
_LABELS = (
    _SKOS + "prefLabel",
    _RDFS + "label",
    SH + "name",
    PREFIXES["schema"] + "name",
    _DCTERMS + "title",
    _DC + "title",
)
_COMMENTS = (
    _SKOS + "definition",
    _RDFS + "comment",
    SH + "description",
    _DCTERMS + "description",
    _DC + "description",
    PREFIXES["schema"] + "description",
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_\W]+")
_DATES = ("date", "dateTime", "dateTimeStamp", "gYear", "gYearMonth", "gMonthDay", "gMonth", "time")
_NUMBERS = frozenset(
    {"decimal", "integer", "int", "long", "short", "byte", "float", "double", "number"}
)


@dataclass(frozen=True, slots=True)
class Imported:
    """``notes`` say what of the ontology the schema does not hold, one line each."""

    schema: Schema
    notes: tuple[str, ...] = ()


def read_ontology(path: str | Path, *, event_classes: Collection[str] = ()) -> Imported:
    """The ontology or shapes graph in a file whose ending is one of `SUFFIXES`.

    Args:
        path: the file.
        event_classes: IRIs of classes that, with those below them, are types of events.

    Raises:
        SchemaError: the file cannot be read, is not valid, or declares nothing.
    """
    path = Path(path)
    return _imported(Statements(_triples(path)), str(path), path.stem, event_classes)


def schema_of(triples: Iterable[Quad], source: str) -> Schema:
    """The schema that ``triples`` are, in their order. SchemaError, if any, names ``source``."""
    return _imported(Statements(triples), source, source, ()).schema


def _imported(
    statements: Statements, source: str, name: str, event_classes: Collection[str]
) -> Imported:
    found = declared(statements)
    schema_node = next(iter(statements.subjects(_TYPE, NamedNode(KGB + "Schema"))), None)
    own = schema_node.value if isinstance(schema_node, NamedNode) else None
    if own is None:
        add_shapes(statements, found)
    if not found.classes and not found.properties:
        message = "declares no class, property or shape that could become a type"
        raise SchemaError(source, [Problem((), message)])
    maker = _Maker(statements, found, {EVENT, *event_classes}, own)
    schema = maker.schema(name)
    return Imported(check_schema(schema, source), tuple(dict.fromkeys(found.notes)))


def _triples(path: Path) -> Iterator[Quad]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SchemaError(str(path), [Problem((), error.strerror or str(error))]) from None
    format = SUFFIXES[path.suffix.lower()]
    if path.suffix.lower() == ".owl" and not data.lstrip().startswith((b"<?xml", b"<rdf", b"<!")):
        format = RdfFormat.TURTLE
    base = path.resolve().as_uri()
    try:
        yield from parse(data, format, base_iri=base)
    except SyntaxError as error:
        message = f"no valid {format.name}: {error.msg}"
        raise SchemaError(str(path), [Problem((), message, error.lineno)]) from None
    except ValueError as error:  # not UTF-8
        raise SchemaError(str(path), [Problem((), f"no valid {format.name}: {error}")]) from None


class _Maker:
    """Makes the schema. ``own`` is the IRI of the schema if kgbuilder wrote the file."""

    def __init__(
        self,
        statements: Statements,
        found: Declarations,
        event_roots: Collection[str],
        own: str | None,
    ) -> None:
        self._statements = statements
        self._found = found
        self._event_roots = event_roots
        self._own = own
        self._described_roles = dict(statements.with_predicate(KGB + "role"))
        self._is_event = {iri: self._below_event(iri, set()) for iri in found.classes}
        self._classes: dict[str, str] = {}  # names by IRI
        self._literals: dict[str, str] = {}  # names by datatype
        self._taken: set[str] = set()

    def schema(self, default_name: str) -> Schema:
        ontology = self._ontology()
        events = [iri for iri in self._found.classes if self._is_event[iri]]
        for iri in self._found.classes:
            if iri not in self._event_roots:
                self._classes[iri] = self._named(NamedNode(iri), graph_label, self._taken)
        entities = [self._entity(iri) for iri in self._classes if not self._is_event[iri]]
        properties = self._relations()
        relations = self._with_inverses(properties)
        made = [
            EventType(**self._common(NamedNode(iri), self._classes[iri]), roles=self._roles(iri))
            for iri in events
            if iri in self._classes
        ]
        name = self._statements.text(ontology, *_LABELS) if ontology else None
        return Schema(
            name=name or default_name,
            description=self._comment(ontology) if ontology else "",
            languages=self._languages(ontology),
            entities=(*entities, *self._literal_types()),
            relations=tuple(relations),
            events=tuple(made),
        )

    # ------------------------------------------------------------------ types

    def _entity(self, iri: str) -> EntityType:
        node = NamedNode(iri)
        parents = [
            p
            for p in self._found.classes[iri].parents
            if p in self._classes and not self._is_event[p] and not self._above(p, iri)
        ]
        if len(parents) > 1:
            others = ", ".join(self._classes[p] for p in parents[1:])
            self._found.notes.append(
                f"'{self._classes[iri]}' is kept below '{self._classes[parents[0]]}' alone, "
                f"not below {others}"
            )
        datatype = self._statements.text(node, KGB + "datatype")
        return EntityType(
            **self._common(node, self._classes[iri]),
            parent=self._classes[parents[0]] if parents else None,
            datatype=datatype,
        )

    def _relations(self) -> dict[str, RelationType]:
        taken: set[str] = set()
        roles = {
            iri
            for nodes in self._described_roles.values()
            for node in nodes
            if not isinstance(node, Literal)
            for iri in self._statements.iris(node, KGB + "property")
        }
        made: dict[str, RelationType] = {}
        for iri, property in self._found.properties.items():
            heads = [h for h in property.heads if h in self._classes and not self._is_event[h]]
            only_events = property.heads and not heads
            if only_events or (self._own and iri in roles and not self._is_relation(iri)):
                continue
            tails = [t for t in property.tails if t in self._classes and not self._is_event[t]]
            name = self._named(NamedNode(iri), relationship_type, taken)
            made[iri] = RelationType(
                **self._common(NamedNode(iri), name),
                head=tuple(self._classes[h] for h in heads),
                tail=(*(self._classes[t] for t in tails), *self._literal_tails(property)),
                symmetric=property.symmetric,
                functional=property.functional,
                distinguishing=self._has_type(iri, "DistinguishingProperty"),
            )
        return made

    def _is_relation(self, iri: str) -> bool:
        return self._has_type(iri, "Relation")

    def _has_type(self, iri: str, name: str) -> bool:
        """Whether it is of a class of kgbuilder's own."""
        return KGB + name in self._statements.iris(NamedNode(iri), _TYPE)

    def _with_inverses(self, made: dict[str, RelationType]) -> Iterator[RelationType]:
        for iri, relation in made.items():
            inverse = self._found.properties[iri].inverse
            other = made.get(inverse) if inverse else None
            # As in a file written by hand, one of the two names the other.
            wanted = (
                NamedNode(inverse) in self._statements.objects(NamedNode(iri), _OWL + "inverseOf")
                if inverse
                else False
            )
            if other is None or relation.symmetric or other.symmetric or not wanted:
                yield relation
            else:
                yield replace(relation, inverse=other.name)

    def _literal_tails(self, property: PropertyDeclaration) -> tuple[str, ...]:
        datatypes = [_datatype(iri) for iri in property.datatypes]
        if property.literal and not property.tails and not datatypes:
            datatypes = ["string"]
        if self._own:
            return ()
        return tuple(dict.fromkeys(self._literal(datatype) for datatype in datatypes))

    def _literal(self, datatype: str) -> str:
        if datatype not in self._literals:
            word = "text" if datatype == "string" else datatype
            self._literals[datatype] = _free(
                (word, f"{word} value"), graph_label, self._taken, MAX_NAME
            )
        return self._literals[datatype]

    def _literal_types(self) -> Iterator[EntityType]:
        for datatype, name in self._literals.items():
            description, english, chinese = _LITERAL_TYPES[datatype]
            yield EntityType(name, description, {"en": english, "zh": chinese}, datatype=datatype)

    # ------------------------------------------------------------------ events

    def _below_event(self, iri: str, seen: set[str]) -> bool:
        kinds = self._statements.iris(NamedNode(iri), _TYPE)
        if iri in self._event_roots or KGB + "EventType" in kinds:
            return True
        if iri in seen or iri not in self._found.classes:
            return False
        seen.add(iri)
        # Parents in our own vocabulary are no declared classes.
        parents = self._statements.iris(NamedNode(iri), _RDFS + "subClassOf")
        return any(self._below_event(p, seen) for p in parents)

    def _roles(self, event: str) -> tuple[Role, ...]:
        described = self._described_roles.get(NamedNode(event))
        if described is not None:
            return tuple(self._described_role(node) for node in described)  # type: ignore[arg-type]
        above = set(self._ancestors(event))
        taken: set[str] = set()
        roles = []
        for iri, property in self._found.properties.items():
            if above.intersection(property.heads):
                name = self._named(NamedNode(iri), relationship_type, taken)
                tails = [t for t in property.tails if t in self._classes and not self._is_event[t]]
                types = (*(self._classes[t] for t in tails), *self._literal_tails(property))
                roles.append(Role(**self._common(NamedNode(iri), name), types=types))
        return tuple(roles)

    def _described_role(self, node: NamedNode) -> Role:
        types = self._statements.iris(node, KGB + "roleType")
        (iri,) = self._statements.iris(node, KGB + "property")
        name = self._statements.text(node, KGB + "name") or iri
        common = self._common(node, name) | {"iri": self._iri(iri)}
        return Role(**common, types=tuple(self._classes[t] for t in types if t in self._classes))

    def _ancestors(self, iri: str) -> list[str]:
        found = [iri]
        for current in found:
            known = self._found.classes.get(current)
            found += [p for p in (known.parents if known else ()) if p not in found]
        return found

    def _above(self, one: str, other: str) -> bool:
        """Whether ``one`` is below ``other``: a parent that would close a circle."""
        return other in self._ancestors(one)

    # ------------------------------------------------------------------ names

    def _common(self, node: NamedNode, name: str) -> dict[str, Any]:
        labels: dict[str, str] = {}
        for label in self._statements.texts(node, *_LABELS):
            text, language = self._plain(label), label.language
            if language and _LANGUAGE.fullmatch(language) and text:
                labels.setdefault(language, text)
        return {
            "name": name,
            "description": self._comment(node),
            "labels": labels,
            "iri": self._iri(node.value),
        }

    def _iri(self, iri: str) -> str | None:
        return None if self._own and iri.startswith(self._own) else iri

    def _comment(self, node: NamedNode) -> str:
        texts = self._statements.texts(node, *_COMMENTS)
        chosen = texts[0] if self._own and texts else _preferred(texts)
        return self._plain(chosen) if chosen is not None else ""

    def _plain(self, literal: Literal) -> str:
        return literal.value if self._own else " ".join(literal.value.split())

    def _named(self, node: NamedNode, naming: Callable[[str], str], taken: set[str]) -> str:
        exact = self._statements.text(node, KGB + "name")
        if exact is not None:
            taken.add(naming(exact))
            return exact
        local = " ".join(w for w in _BREAK.split(_local_name(node.value)) if w) or "thing"
        words = local if any(c.isalnum() for c in local) else "thing"
        label = _preferred(self._statements.texts(node, *_LABELS))
        names = [" ".join(label.value.split())] if label is not None else []
        readable = words if words.isupper() else words.lower()
        candidates = [*names, readable, *(f"{name} ({words})" for name in names)]
        return _free(candidates, naming, taken, MAX_NAME)

    def _ontology(self) -> NamedNode | None:
        for kind in (_OWL + "Ontology", _SKOS + "ConceptScheme"):
            for node in self._statements.subjects(_TYPE, NamedNode(kind)):
                if isinstance(node, NamedNode):
                    return node
        return None

    def _languages(self, ontology: NamedNode | None) -> tuple[str, ...]:
        given = self._statements.texts(ontology, _DCTERMS + "language") if ontology else []
        if self._own:
            return tuple(literal.value for literal in given)
        used = {
            label.language
            for predicate in _LABELS
            for _, labels in self._statements.with_predicate(predicate)
            for label in labels
            if isinstance(label, Literal) and label.language
        }
        known = sorted(lang for lang in used if _LANGUAGE.fullmatch(lang))
        return tuple(sorted(known, key=lambda language: language != "en"))


def _preferred(texts: Iterable[Literal]) -> Literal | None:
    """English if there is any, then what has no language, then the first."""
    usable = [t for t in texts if any(c.isalnum() for c in t.value)]
    ranks = {"en": 0, None: 2}
    return min(
        usable,
        key=lambda t: ranks.get(t.language, 1 if (t.language or "").startswith("en-") else 3),
        default=None,
    )


def _free(
    candidates: Iterable[str], naming: Callable[[str], str], taken: set[str], limit: int
) -> str:
    """The first candidate whose name in the graph is free; else one with a number."""
    usable = [c[:limit].strip() for c in candidates]
    usable = [c for c in usable if c.isprintable() and any(x.isalnum() for x in c)]
    names = chain(usable, (f"{usable[0]} {number}" for number in count(2)))
    name = next(name for name in names if naming(name) not in taken)
    taken.add(naming(name))
    return name


def _local_name(iri: str) -> str:
    return re.split(r"[#/:]", iri.rstrip("#/"))[-1]


def _datatype(iri: str) -> str:
    name = _local_name(iri)
    if name in _DATES or name in ("Date", "DateTime", "Time"):
        return "date"
    # xsd:nonNegativeInteger, unsignedShort and the like end in one of these.
    if any(name.lower().endswith(number) for number in _NUMBERS):
        return "number"
    return "string"


_LITERAL_TYPES = {
    "date": ("a date, year, period or time", "date", "时间"),
    "number": ("a number or count", "number", "数字"),
    "string": ("a text, code or other value", "text", "文本"),
}
