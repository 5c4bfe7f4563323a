"""The vocabulary of an RDF export: kgbuilder's own terms, and the schema as an ontology.

Own terms live in one namespace (`KGB`) and every export declares those it may use, so that a
file explains itself. Everything that a W3C or Dublin Core term covers uses that term:
Web Annotation for text positions, PROV-O for provenance, SKOS and RDFS for names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from pyoxigraph import Literal, NamedNode, Triple

from model.ontology.iris import is_iri, segment
from model.ontology.literals import XSD, label_literal, text_literal
from model.schema import EntityType, EventType, RelationType, Role, Schema
from model.schema_names import graph_label, relationship_type

KGB = "https://kgbuilder.github.io/ns#"
PREFIXES: dict[str, str] = {
    "dcterms": "http://purl.org/dc/terms/",
    "kgb": KGB,
    "oa": "http://www.w3.org/ns/oa#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "wd": "http://www.wikidata.org/entity/",
    "wdt": "http://www.wikidata.org/prop/direct/",
    "xsd": XSD,
}

# name, kind, English label, Chinese label, comment
_CLASSES = (
    ("Document", "document", "文档", "A text that facts were extracted from."),
    ("Chunk", "chunk", "文本块", "A piece of a document, as it was given to the extractor."),
    ("Entity", "entity", "实体", "A thing that documents mention."),
    ("LocalEntity", "local entity", "局部实体", "What one document calls by some of its names."),
    ("Value", "value", "字面值", "A literal, such as a date or an amount, that documents mention."),
    ("Event", "event", "事件", "Something that happened, with its participants as properties."),
    ("Schema", "schema", "模式", "What an extractor looks for and a graph may hold."),
    ("Relation", "relation", "关系", "A property that runs from entity to entity."),
    (
        "DistinguishingProperty",
        "distinguishing property",
        "区分属性",
        "A property whose values tell things of one name apart.",
    ),
    ("EventType", "event type", "事件类型", "A class of events, in a schema."),
    ("Role", "role", "角色", "What a participant is in events of one type."),
    ("Decision", "decision", "决定", "What people decided about a graph, such as a merge."),
)
_PROPERTIES = (
    ("confidence", "confidence", "置信度", "The extractor's confidence, from 0 to 1."),
    ("index", "index", "序号", "The number of a chunk in its document, from 0."),
    ("start", "start", "起始位置", "Offset of the first character (code points, from 0)."),
    ("end", "end", "结束位置", "Offset after the last character (code points, from 0)."),
    ("text", "text", "文本", "The text of a chunk."),
    ("sha256", "SHA-256", "SHA-256 值", "SHA-256 (hexadecimal) of a document's content."),
    ("fingerprint", "fingerprint", "指纹", "Fingerprint of extractor, schema and code."),
    ("local", "local id", "局部标识", "The entity's id inside one document, before resolution."),
    ("resolvedTo", "resolved to", "消解为", "The entity that a local entity is."),
    ("names", "names", "名称", "All names that a document uses for a thing, in their order."),
    ("keys", "keys", "键", "The identity keys by which a local entity was resolved."),
    ("typeName", "type name", "类型名称", "The schema's name of a thing's type."),
    ("head", "head", "头", "The local entity that a statement speaks of."),
    ("tail", "tail", "尾", "The local entity that a statement leads to."),
    ("rejected", "rejected", "已否决", "Whether people hold a statement to be wrong."),
    ("headStart", "head start", "头起始", "Offset of the head's mention (code points, from 0)."),
    ("headEnd", "head end", "头结束", "Offset after the head's mention (code points, from 0)."),
    ("tailStart", "tail start", "尾起始", "Offset of the tail's mention (code points, from 0)."),
    ("tailEnd", "tail end", "尾结束", "Offset after the tail's mention (code points, from 0)."),
    ("event", "event", "事件", "The event that a statement is about."),
    ("file", "file", "文件", "URI of the file that a document was read from."),
    ("length", "length", "长度", "The length of a document's text (code points)."),
    ("mark", "mark", "标记", "A page or section of a document."),
    ("kind", "kind", "种类", "What a mark marks (page or section), or what a decision does."),
    ("left", "left", "左", "An identity key of the first thing that a decision speaks of."),
    ("right", "right", "右", "An identity key of the other thing that a decision speaks of."),
    ("inDocument", "in document", "所在文档", "A document that a decision is confined to."),
    ("decided", "decided", "所决定的值", "The name, type or relation that a decision gives."),
    ("decidedAt", "decided at", "决定时间", "When a decision was made (ISO 8601)."),
    ("decidedBy", "decided by", "决定者", "The model that decided; people are not named."),
    ("metadata", "metadata", "元数据", "What else was known of a document."),
    ("key", "key", "键", "What an entry of metadata is about; an identity key of an entity."),
    ("value", "value", "值", "The normalised value, as text."),
    ("datatype", "datatype", "数据类型", "The schema's datatype of a value."),
    ("unit", "unit", "单位", "The unit or currency of a value."),
    ("name", "name", "名称", "The name of a type in the schema."),
    ("role", "role", "角色", "A role in events of a type."),
    ("property", "property", "属性", "The property that leads from an event to who has a role."),
    ("roleType", "role type", "角色类型", "A type of what may have a role."),
    ("objectNode", "object node", "宾语节点", "The value node whose literal a statement has."),
)


def term(prefix: str, name: str) -> NamedNode:
    """The term of this name in one of `PREFIXES`."""
    return NamedNode(PREFIXES[prefix] + name)


TYPE = term("rdf", "type")
LABEL = term("rdfs", "label")
COMMENT = term("rdfs", "comment")
_SUBCLASS = term("rdfs", "subClassOf")
_DEFINED_BY = term("rdfs", "isDefinedBy")
_CLASS = term("owl", "Class")
_NAME = term("kgb", "name")
_KGB_DATATYPE = term("kgb", "datatype")
_DOMAIN = term("schema", "domainIncludes")
_RANGE = term("schema", "rangeIncludes")

_Item = EntityType | RelationType | EventType | Role


class SchemaTerms:
    """The IRIs of a schema's types, and the schema as RDF.

    A type with an IRI of its own uses it; the others get one below ``<base>schema/`` with the
    same name as their label in the property graph. Types that the schema does not have (a store
    built with an older one) get such an IRI as well.

    Raises:
        ValueError: an IRI in the schema is not absolute and valid; the message names the type.
    """

    def __init__(self, schema: Schema, base: str) -> None:
        self.schema = schema
        self._base = base + "schema/"
        for item in _items(schema):
            if item.iri is not None and not is_iri(item.iri):
                raise ValueError(
                    f"schema '{schema.name}': the IRI of '{item.name}' is not a valid absolute "
                    f"IRI: {item.iri!r}"
                )
        # By their names in the property graph, which a store may give in place of the schema's.
        self._entities = {graph_label(t.name): t for t in schema.entities}
        self._relations = {relationship_type(t.name): t for t in schema.relations}
        self._events = {graph_label(t.name): t for t in schema.events}
        self._roles = {
            (label, relationship_type(role.name)): role
            for label, event in self._events.items()
            for role in event.roles
        }
        # One export asks for the same few types again and again.
        self.entity = lru_cache(maxsize=None)(self._entity)
        self.relation = lru_cache(maxsize=None)(self._relation)
        self.event = lru_cache(maxsize=None)(self._event)
        self.role = lru_cache(maxsize=None)(self._role)

    def _entity(self, name: str) -> NamedNode:
        label = graph_label(name)
        return self._iri(self._entities.get(label), "type", label)

    def _relation(self, name: str) -> NamedNode:
        known = self._relations.get(relationship_type(name))
        return self._iri(known, "relation", property_name(name))

    def _event(self, name: str) -> NamedNode:
        label = graph_label(name)
        return self._iri(self._events.get(label), "event", label)

    def _role(self, event: str, name: str) -> NamedNode:
        """Roles of one name share an IRI across events, unless the schema gives them their own."""
        known = self._roles.get((graph_label(event), relationship_type(name)))
        return self._iri(known, "role", property_name(name))

    def _iri(self, item: _Item | None, kind: str, name: str) -> NamedNode:
        if item is not None and item.iri is not None:
            return NamedNode(item.iri)
        return NamedNode(f"{self._base}{kind}/{segment(name)}")

    def triples(self) -> Iterator[Triple]:
        """The schema as an ontology, and the declarations of kgbuilder's own terms."""
        ontology = NamedNode(self._base)
        yield Triple(ontology, TYPE, term("owl", "Ontology"))
        yield Triple(ontology, TYPE, term("kgb", "Schema"))
        yield Triple(ontology, LABEL, text_literal(self.schema.name))
        if self.schema.description:
            yield Triple(ontology, COMMENT, text_literal(self.schema.description))
        for language in self.schema.languages:
            yield Triple(ontology, term("dcterms", "language"), text_literal(language))
        for entity in self.schema.entities:
            iri = self.entity(entity.name)
            yield from self._class(entity, iri, "Value" if entity.datatype else "Entity")
            if entity.datatype:
                yield Triple(iri, _KGB_DATATYPE, text_literal(entity.datatype))
        for relation in self.schema.relations:
            yield from self._declared_relation(relation)
        for event in self.schema.events:
            yield Triple(self.event(event.name), TYPE, term("kgb", "EventType"))
            yield from self._class(event, self.event(event.name), "Event")
            yield from self._roles_of(event)
        yield from self._all_roles()
        yield from _own_terms()

    def _class(self, item: EntityType | EventType, iri: NamedNode, root: str) -> Iterator[Triple]:
        yield Triple(iri, TYPE, _CLASS)
        parent = item.parent if isinstance(item, EntityType) else None
        if parent:
            yield Triple(iri, _SUBCLASS, self.entity(parent))
        elif item.iri is None:  # a class of another vocabulary is not below one of ours
            yield Triple(iri, _SUBCLASS, term("kgb", root))
        yield Triple(iri, _NAME, text_literal(item.name))
        yield from self._description([item], iri)

    def _roles_of(self, event: EventType) -> Iterator[Triple]:
        """Each role as a node, since what a property says of it holds for all its events."""
        for role in event.roles:
            names = graph_label(event.name), relationship_type(role.name)
            node = NamedNode("/".join([self._base + "role-of", *map(segment, names)]))
            yield Triple(self.event(event.name), term("kgb", "role"), node)
            yield Triple(node, TYPE, term("kgb", "Role"))
            yield Triple(node, _NAME, text_literal(role.name))
            yield Triple(node, term("kgb", "property"), self.role(event.name, role.name))
            for entity in role.types:
                yield Triple(node, term("kgb", "roleType"), self.entity(entity))
            yield from self._texts([role], node)

    def _declared_relation(self, relation: RelationType) -> Iterator[Triple]:
        iri = self.relation(relation.name)
        for kind in self._property_kinds(relation.tail):
            yield Triple(iri, TYPE, kind)
        yield Triple(iri, TYPE, term("kgb", "Relation"))
        yield Triple(iri, _NAME, text_literal(relation.name))
        if relation.symmetric:
            yield Triple(iri, TYPE, term("owl", "SymmetricProperty"))
        if relation.functional:
            yield Triple(iri, TYPE, term("owl", "FunctionalProperty"))
        if relation.distinguishing:
            yield Triple(iri, TYPE, term("kgb", "DistinguishingProperty"))
        if relation.inverse is not None:
            yield Triple(iri, term("owl", "inverseOf"), self.relation(relation.inverse))
        # Not rdfs:domain and rdfs:range: several of them would mean "all of these at once".
        for head in relation.head:
            yield Triple(iri, _DOMAIN, self.entity(head))
        for tail in relation.tail:
            yield Triple(iri, _RANGE, self.entity(tail))
        yield from self._description([relation], iri)

    def _all_roles(self) -> Iterator[Triple]:
        uses: dict[NamedNode, list[tuple[EventType, Role]]] = {}
        for event in self.schema.events:
            for role in event.roles:
                uses.setdefault(self.role(event.name, role.name), []).append((event, role))
        relations = {self.relation(relation.name) for relation in self.schema.relations}
        for iri, pairs in uses.items():
            if iri in relations:  # what is said of the relation stays the relation's
                for event, _ in pairs:
                    yield Triple(iri, _DOMAIN, self.event(event.name))
                continue
            any_type = any(not role.types for _, role in pairs)
            types = tuple(dict.fromkeys(t for _, role in pairs for t in role.types))
            for kind in self._property_kinds(() if any_type else types):
                yield Triple(iri, TYPE, kind)
            for event, _ in pairs:
                yield Triple(iri, _DOMAIN, self.event(event.name))
            for entity in types:
                yield Triple(iri, _RANGE, self.entity(entity))
            yield from self._description([role for _, role in pairs], iri)

    def _property_kinds(self, types: tuple[str, ...]) -> Iterable[NamedNode]:
        """OWL's kind of property where the range decides it: things, literals, or both."""
        literal = {t in self.schema.entity and bool(self.schema.entity[t].datatype) for t in types}
        yield term("rdf", "Property")
        if literal == {True}:
            yield term("owl", "DatatypeProperty")
        elif literal == {False}:
            yield term("owl", "ObjectProperty")

    def _description(self, items: Sequence[_Item], iri: NamedNode) -> Iterator[Triple]:
        yield from self._texts(items, iri)
        if all(item.iri is None for item in items):
            yield Triple(iri, _DEFINED_BY, NamedNode(self._base))

    def _texts(self, items: Sequence[_Item], iri: NamedNode) -> Iterator[Triple]:
        literals: dict[tuple[NamedNode, Literal], None] = {}
        for item in items:
            for language, label in item.labels.items():
                literals[LABEL, label_literal(label, language)] = None
            if not item.labels:
                literals[LABEL, text_literal(item.name)] = None
            if item.description:
                literals[COMMENT, text_literal(item.description)] = None
        for predicate, literal in sorted(literals, key=lambda pair: pair[0] != LABEL):
            yield Triple(iri, predicate, literal)


def property_name(name: str) -> str:
    """``place of birth`` -> ``placeOfBirth``; scripts without case keep their characters.

    Relationship types that differ give names that differ: where a word has no case to show that
    it begins, it is parted by ``_`` (``version 2 1`` -> ``version_2_1``).
    """
    first, *rest = filter(None, relationship_type(name).lower().split("_"))
    return first + "".join(
        word[0].upper() + word[1:] if word[0].upper() != word[0] else f"_{word}" for word in rest
    )


def _items(schema: Schema) -> Iterator[_Item]:
    yield from schema.entities
    yield from schema.relations
    for event in schema.events:
        yield event
        yield from event.roles


def _own_terms() -> Iterator[Triple]:
    for names, kind in ((_CLASSES, _CLASS), (_PROPERTIES, term("rdf", "Property"))):
        for name, english, chinese, comment in names:
            iri = term("kgb", name)
            yield Triple(iri, TYPE, kind)
            yield Triple(iri, LABEL, Literal(english, language="en"))
            yield Triple(iri, LABEL, Literal(chinese, language="zh"))
            yield Triple(iri, COMMENT, Literal(comment, language="en"))
            yield Triple(iri, _DEFINED_BY, NamedNode(KGB))
    yield Triple(term("kgb", "Value"), _SUBCLASS, term("kgb", "Entity"))
