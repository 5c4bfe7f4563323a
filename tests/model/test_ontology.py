"""Schemas from and to OWL, RDFS, SKOS and SHACL."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from schema_strategy import schemas

from model.ontology import ontology_text, read_ontology
from model.ontology.reader import SUFFIXES
from model.schema import RelationType, Schema
from model.schema_check import SchemaError
from model.schema_loader import RDF_SUFFIXES, available_schemas, load_schema

PREFIXES = """
@prefix : <https://example.com/o#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

FAMILY = """
<https://example.com/o> a owl:Ontology ; rdfs:label "Family" ; rdfs:comment "Who is whose" .
:Agent a owl:Class .
:Person a owl:Class ; rdfs:subClassOf :Agent, owl:Thing ;
    rdfs:label "Person"@de, "person"@en, "人物"@zh ; rdfs:comment "Ein Mensch"@de, "a human"@en .
:NaturalPlace a rdfs:Class ; rdfs:comment "no label" .
:Company a owl:Class ; rdfs:subClassOf :Agent, :NaturalPlace ;
    rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :hasChild ; owl:minCardinality 1 ] .
:hasParent a owl:ObjectProperty ; rdfs:domain :Person ; rdfs:range :Person ;
    owl:inverseOf :hasChild .
:hasChild a owl:ObjectProperty .
:hasMother a owl:ObjectProperty, owl:FunctionalProperty ; rdfs:subPropertyOf :hasParent .
:marriedTo a owl:SymmetricProperty ; rdfs:domain :Person .
:livesIn a owl:ObjectProperty ; rdfs:domain [ owl:unionOf ( :Person :Company ) ] ;
    rdfs:range :NaturalPlace, :Company .
:born a owl:DatatypeProperty ; rdfs:domain :Person ; rdfs:range xsd:gYear .
:age a owl:DatatypeProperty ; rdfs:range xsd:nonNegativeInteger .
:motto a owl:DatatypeProperty .
:note a owl:AnnotationProperty .
:old a owl:Class ; owl:deprecated true .
"""


def read(tmp_path: Path, text: str, name: str = "o.ttl", **options: object) -> Schema:
    path = tmp_path / name
    path.write_text(PREFIXES + text, encoding="utf-8")
    return read_ontology(path, **options).schema


def test_classes_become_entity_types_with_labels_comments_and_parents(tmp_path: Path) -> None:
    schema = read(tmp_path, FAMILY)
    assert (schema.name, schema.description) == ("Family", "Who is whose")
    assert schema.languages == ("en", "de", "zh")
    person = schema.entity["person"]
    assert person.labels == {"en": "person", "de": "Person", "zh": "人物"}
    assert person.description == "a human"
    assert person.iri == "https://example.com/o#Person"
    assert person.parent == "agent"
    assert schema.is_a("person", "agent")
    assert "natural place" in schema.entity
    assert "old" not in schema.entity


def test_properties_become_relations_with_their_ends(tmp_path: Path) -> None:
    schema = read(tmp_path, FAMILY)
    relations = schema.relation
    assert relations["lives in"].head == ("person", "company")
    assert relations["lives in"].tail == ("natural place", "company")
    assert relations["has mother"].head == relations["has mother"].tail == ("person",)
    assert relations["has mother"].functional and not relations["has parent"].functional
    assert relations["married to"].symmetric
    assert relations["has child"].head == ()
    assert "note" not in relations


def test_an_inverse_is_known_from_either_side(tmp_path: Path) -> None:
    schema = read(tmp_path, FAMILY)
    assert schema.inverses == {"has parent": "has child", "has child": "has parent"}
    assert schema.turned("has child") == "has parent"


def test_datatypes_become_literal_types(tmp_path: Path) -> None:
    schema = read(tmp_path, FAMILY)
    assert schema.relation["born"].tail == ("date",)
    assert schema.entity["date"].datatype == "date"
    assert schema.relation["age"].tail == ("number",)
    assert schema.relation["motto"].tail == ("text",)
    assert schema.entity["text"].datatype == "string"


def test_what_a_schema_cannot_hold_is_told(tmp_path: Path) -> None:
    path = tmp_path / "o.ttl"
    path.write_text(PREFIXES + FAMILY)
    notes = read_ontology(path).notes
    assert any("'company' is kept below 'agent' alone" in note for note in notes)
    assert "left out, deprecated: https://example.com/o#old" in notes


@pytest.mark.parametrize("suffix", sorted(set(SUFFIXES) - {".owl"}))
def test_every_syntax_gives_the_same_schema(tmp_path: Path, suffix: str) -> None:
    expected = read(tmp_path, FAMILY)
    names = {".rdf": "xml", ".xml": "xml", ".jsonld": "json-ld", ".n3": "n3", ".nt": "nt",
             ".ttl": "turtle", ".trig": "trig", ".nq": "nquads"}  # fmt: skip
    dataset = rdflib.Dataset() if suffix in (".trig", ".nq") else rdflib.Graph()
    dataset.parse(data=PREFIXES + FAMILY, format="turtle")
    path = tmp_path / f"other{suffix}"
    path.write_text(dataset.serialize(format=names[suffix]), encoding="utf-8")
    schema = load_schema(path)  # rdflib writes in an order of its own

    def content(schema: Schema) -> set[str]:
        chosen = replace(schema.entity["company"], parent=None)  # of two, the first in the file
        others = (t for t in schema.entities if t.name != "company")
        relations = (
            replace(r, head=tuple(sorted(r.head)), tail=tuple(sorted(r.tail)))
            for r in schema.relations
        )
        items = [*others, chosen, *relations]
        return {repr(replace(item, labels=dict(sorted(item.labels.items())))) for item in items}

    assert content(schema) == content(expected)


def test_an_owl_file_may_be_xml_or_turtle(tmp_path: Path) -> None:
    graph = rdflib.Graph().parse(data=PREFIXES + FAMILY, format="turtle")
    for name, text in (("a.owl", graph.serialize(format="xml")), ("b.owl", PREFIXES + FAMILY)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert "person" in load_schema(tmp_path / name).entity


def test_classes_below_a_named_one_become_events(tmp_path: Path) -> None:
    text = """
        :Event a owl:Class . :Marriage a owl:Class ; rdfs:subClassOf :Event .
        :Person a owl:Class . :when a owl:DatatypeProperty ; rdfs:domain :Event ;
        rdfs:range xsd:date . :spouse a owl:ObjectProperty ; rdfs:domain :Marriage ;
        rdfs:range :Person . :knows a owl:ObjectProperty ; rdfs:domain :Person .
    """
    schema = read(tmp_path, text, event_classes=["https://example.com/o#Event"])
    assert [e.name for e in schema.entities] == ["person", "date"]
    assert [r.name for r in schema.relations] == ["knows"]
    (event,) = schema.events
    assert {r.name: r.types for r in event.roles} == {"when": ("date",), "spouse": ("person",)}


def test_a_thesaurus_becomes_a_tree_of_types(tmp_path: Path) -> None:
    text = """
        :s a skos:ConceptScheme ; skos:prefLabel "Animals" .
        :a a skos:Concept ; skos:prefLabel "animal"@en, "动物"@zh ; skos:narrower :d .
        :c a skos:Concept ; skos:prefLabel "cat"@en ; skos:broader :a ; skos:definition "a pet" .
        :d a skos:Concept ; skos:prefLabel "dog"@en .
    """
    schema = read(tmp_path, text)
    assert {e.name: e.parent for e in schema.entities} == {
        "animal": None, "cat": "animal", "dog": "animal",
    }  # fmt: skip
    assert schema.entity["cat"].description == "a pet"


def test_shapes_become_a_schema(tmp_path: Path) -> None:
    text = """
        :PersonShape a sh:NodeShape ; sh:targetClass :Person ; sh:property
            [ sh:path :worksFor ; sh:or ( [ sh:class :Company ] [ sh:class :School ] ) ],
            [ sh:path :born ; sh:datatype xsd:date ; sh:maxCount 1 ; sh:name "date of birth"@en ],
            [ sh:path [ sh:inversePath :owns ] ; sh:class :Company ],
            [ sh:path ( :a :b ) ; sh:class :Company ] ;
            sh:property [ sh:path :friend ; sh:node :PersonShape ] .
    """
    path = tmp_path / "shapes.ttl"
    path.write_text(PREFIXES + text)
    schema, notes = (found := read_ontology(path)).schema, found.notes
    assert set(schema.entity) == {"person", "company", "school", "date"}
    relations = {r.name: (r.head, r.tail, r.functional) for r in schema.relations}
    assert relations == {
        "works for": (("person",), ("company", "school"), False),
        "born": (("person",), ("date",), True),
        "owns": (("company",), ("person",), False),
        "friend": (("person",), ("person",), False),
    }
    assert len(notes) == 1 and "no single property" in notes[0]


def test_names_that_meet_in_the_graph_are_told_apart(tmp_path: Path) -> None:
    schema = read(
        tmp_path,
        ':A a owl:Class ; rdfs:label "Thing one" . :BB a owl:Class ; rdfs:label "thing-One" .'
        ':C a owl:Class ; rdfs:label "thing one"@fr . :p a owl:ObjectProperty .',
    )
    assert [e.name for e in schema.entities] == ["Thing one", "BB", "C"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.ttl", ":A a owl:Class", r"a\.ttl: line \d+: no valid Turtle"),
        ("a.ttl", ':A rdfs:label "x" .', "declares no class, property or shape"),
        ("a.rdf", "<nonsense", "no valid RDF/XML"),
        ("a.jsonld", "{", "no valid JSON-LD"),
    ],
)
def test_a_file_that_is_no_ontology_is_refused(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    (tmp_path / name).write_text(PREFIXES + text if name.endswith("ttl") else text)
    with pytest.raises(SchemaError, match=words):
        load_schema(tmp_path / name)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SchemaError, match="no valid Turtle"):
        load_schema(tmp_path / "a.ttl")
    with pytest.raises(SchemaError, match="No such file"):
        load_schema(tmp_path / "absent.ttl")


def test_circles_of_classes_and_lists_end(tmp_path: Path) -> None:
    schema = read(
        tmp_path,
        ":A rdfs:subClassOf :B . :B rdfs:subClassOf :A . :l rdf:first :A ; rdf:rest :l ."
        ":p a owl:ObjectProperty ; rdfs:domain [ owl:unionOf :l ] ; rdfs:subPropertyOf :p .",
    )
    assert {e.name: e.parent for e in schema.entities} == {"A": None, "B": None}
    assert schema.relation["p"].head == ("A",)


@pytest.mark.parametrize("kind", ["owl", "shacl"])
@pytest.mark.parametrize("name", [n for n in available_schemas() if "-" not in n or "kg2" in n])
def test_every_bundled_schema_round_trips(tmp_path: Path, name: str, kind: str) -> None:
    schema = load_schema(name)
    (tmp_path / "s.ttl").write_text(ontology_text(schema, kind), encoding="utf-8")
    assert load_schema(tmp_path / "s.ttl") == schema


@pytest.mark.parametrize("kind", ["owl", "shacl"])
@given(schema=schemas())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_schema_round_trips(tmp_path: Path, kind: str, schema: Schema) -> None:
    seen: set[str] = set()

    def alone(item):  # an IRI means one thing
        iri = item.iri and f"{item.iri}/{len(seen)}"
        seen.add(iri or "")
        return replace(item, iri=iri)

    schema = replace(
        schema,
        entities=tuple(map(alone, schema.entities)),
        relations=tuple(map(alone, schema.relations)),
        events=tuple(replace(alone(e), roles=tuple(map(alone, e.roles))) for e in schema.events),
    )
    for format, suffix in ((ox.RdfFormat.TURTLE, "ttl"), (ox.RdfFormat.N_TRIPLES, "nt")):
        path = tmp_path / f"s.{suffix}"
        path.write_text(ontology_text(schema, kind, format), encoding="utf-8", newline="")
        assert read_ontology(path).schema == schema


def test_an_edited_export_changes_the_schema(tmp_path: Path) -> None:
    text = ontology_text(load_schema("general"))
    extra = (
        "\n<http://www.wikidata.org/prop/direct/P40> "
        "<http://www.w3.org/2002/07/owl#inverseOf> <http://www.wikidata.org/prop/direct/P1066> .\n"
    )
    (tmp_path / "s.ttl").write_text(text + extra, encoding="utf-8")
    assert load_schema(tmp_path / "s.ttl").relation["child"].inverse == "student of"


@pytest.mark.parametrize("kind", ["owl", "shacl"])
def test_other_parsers_read_what_is_written(kind: str) -> None:
    text = ontology_text(load_schema("general"), kind)
    mine = sum(1 for _ in ox.parse(text, ox.RdfFormat.TURTLE))
    assert len(rdflib.Graph().parse(data=text, format="turtle")) == mine
    assert text == ontology_text(load_schema("general"), kind)


def test_ontologies_of_text2kgbench_load(tmp_path: Path) -> None:
    ontology = {
        "title": "Film Ontology",
        "id": "ont_film",
        "concepts": [{"qid": "Q11424", "label": "film"}, {"qid": "Q5", "label": "human"}],
        "relations": [
            {"pid": "P57", "label": "director", "domain": "Q11424", "range": "Q5"},
            {"pid": "P577", "label": "publication date", "domain": "Q11424", "range": ""},
        ],
    }
    path = tmp_path / "film.json"
    path.write_text(json.dumps(ontology))
    schema = load_schema(path)
    assert schema.entity["film"].iri == "http://www.wikidata.org/entity/Q11424"
    assert schema.relation["director"].head == ("film",)
    assert schema.relation["director"].tail == ("human",)
    assert schema.relation["publication date"].tail == ()
    ontology["concepts"] = ["film"]
    path.write_text(json.dumps(ontology))
    with pytest.raises(SchemaError, match="concepts: must be a list of objects"):
        load_schema(path)


def test_all_of_schema_org_loads_and_round_trips(tmp_path: Path) -> None:
    shapes = Path(str(resources.files("pyshacl"))) / "assets" / "schema.ttl"
    schema = read_ontology(shapes).schema
    assert schema.entity["Audiobook"].parent == "Audio object"
    assert len(schema.entities) > 800 and len(schema.relations) > 1300
    (tmp_path / "again.ttl").write_text(ontology_text(schema, "owl"), encoding="utf-8")
    assert read_ontology(tmp_path / "again.ttl").schema == schema


def test_the_loader_knows_every_suffix() -> None:
    assert set(RDF_SUFFIXES) == set(SUFFIXES)


def test_relations_that_differ_have_iris_that_differ(tmp_path: Path) -> None:
    names = ("11", "1/1", "top 10", "top10", "出生", "出 生", "born in", "bornin")
    schema = Schema("near", relations=tuple(RelationType(name) for name in names))
    (tmp_path / "s.ttl").write_text(ontology_text(schema, "owl"), encoding="utf-8")
    assert load_schema(tmp_path / "s.ttl").relations == schema.relations
