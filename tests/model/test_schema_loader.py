import json
import pickle
import re
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from schema_strategy import schemas

from model.schema import EntityType, Role
from model.schema_check import SchemaError, check_schema
from model.schema_format import dump_schema, parse_schema
from model.schema_loader import available_schemas, load_schema

DATA = Path(__file__).parents[3] / "shared" / "data" / "ie"

VALID = """
    name: small
    languages: [en, zh]
    prefixes: {schema: https://schema.org/}
    entities:
      person:
        description: a human being
        labels: {en: person, zh: 人物}
        iri: schema:Person
      place: {}
      city: {parent: place}
      no:
      2020: {datatype: number}
    relations:
      place of birth: {head: person, tail: [place, city], iri: "https://example.org/born"}
      spouse: {head: person, tail: person, symmetric: true}
      related: {head: any}
    events:
      attack:
        roles:
          attacker: [person, place]
          victim: person
          means: any
          place: {types: place, labels: {zh: 地点}}
"""


def read(text):
    return parse_schema(dedent(text), "small.yaml")


def problems(text):
    with pytest.raises(SchemaError) as caught:
        read(text)
    assert str(caught.value).startswith("small.yaml: ")
    return caught.value.problems


def test_yaml_schema_is_read_in_the_order_of_the_file():
    schema = read(VALID)
    assert schema.name == "small" and schema.languages == ("en", "zh")
    assert [t.name for t in schema.entities] == ["person", "place", "city", "no", "2020"]
    assert schema.entity["person"] == EntityType(
        "person", "a human being", {"en": "person", "zh": "人物"}, "https://schema.org/Person"
    )
    assert schema.entity["city"].parent == "place"
    assert schema.relation["place of birth"].tail == ("place", "city")
    assert schema.relation["spouse"].symmetric
    assert schema.relation["related"].head == schema.relation["related"].tail == ()
    assert [r.types for r in schema.event["attack"].roles] == [
        ("person", "place"),
        ("person",),
        (),
        ("place",),
    ]


# Each case: a change of VALID, the line with the fault, the key, words of the message.
FAULTS = {
    "unknown head": ("head: person, tail: person", "head: persn, tail: person", 16,
                     "relations.spouse.head", "did you mean 'person'"),
    "unknown tail in a list": ("[place, city]", "[place, town]", 15,
                               "relations.place of birth.tail[1]", "unknown entity type 'town'"),
    "unknown role type": ("victim: person", "victim: thing", 22,
                          "events.attack.roles.victim", "unknown entity type 'thing'"),
    "unknown parent": ("parent: place", "parent: area", 11, "entities.city.parent", "'area'"),
    "role without types": ("{types: place, labels: {zh: 地点}}", "{labels: {zh: 地点}}", 24,
                           "events.attack.roles.place", "names no types"),
    "role with nothing": ("means: any", "means:", 23, "events.attack.roles.means", "no types"),
    "role with an empty list": ("means: any", "means: []", 23,
                                "events.attack.roles.means", "empty"),
    "relative IRI": ("https://example.org/born", "born here", 15,
                     "relations.place of birth.iri", "no absolute IRI"),
    "IRI with white space": ("https://example.org/born", "https://example.org/was born", 15,
                             "relations.place of birth.iri", "no absolute IRI"),
    "unknown prefix": ("iri: schema:Person", "iri: foaf:Person", 9,
                       "entities.person.iri", "prefix 'foaf' missing"),
    "unknown datatype": ("datatype: number", "datatype: int", 13,
                         "entities.2020.datatype", "unknown datatype 'int'"),
    "unknown inverse": ("symmetric: true", "inverse: spuse", 16,
                        "relations.spouse.inverse", "unknown relation 'spuse'"),
    "its own inverse": ("symmetric: true", "inverse: spouse", 16,
                        "relations.spouse.inverse", "say 'symmetric: true'"),
    "symmetric is no truth value": ("symmetric: true", "symmetric: perhaps", 16,
                                    "relations.spouse.symmetric", "true or false"),
    "unknown key": ("description: a human", "comment: a human", 7,
                    "entities.person.comment", "unknown key 'comment'"),
    "unknown key at the top": ("languages:", "language:", 3, "language", "unknown key"),
    "parents in a circle": ("place: {}", "place: {parent: city}", 10,
                            "entities.place.parent", "circle"),
    "language code": ("[en, zh]", "[English]", 3, "languages", "'English'"),
    "list for a mapping": ("place: {}", "place: [a]", 10, "entities.place", "must be a mapping"),
    "mapping for a text": ("description: a human being", "description: {a: b}", 7,
                           "entities.person.description", "must be text"),
    "same name in the graph": ("place: {}", "attack: {}\n  place: {}", 20,
                               "events.attack", "rename one"),
    "event and entity": ("2020:", "Person:", 13, "entities.Person", "same name in the graph"),
    "roles with the same name in the graph": ("victim:", "Attacker:", 22,
                                              "events.attack.roles.Attacker", "same name"),
    "type listed twice": ("[place, city]", "[place, place]", 15,
                          "relations.place of birth.tail[1]", "listed twice"),
    "name without letters": ("2020:", "'?!':", 13, "entities.?!", "no letter or digit"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_reported_with_line_and_key(fault):
    old, new, line, key, words = FAULTS[fault]
    text = dedent(VALID)
    assert text.count(old) == 1
    found = problems(text.replace(old, new))
    told = f"line {line}: {key}: "
    matching = [p for p in found if str(p).startswith(told) and words in p.message]
    assert matching, [str(p) for p in found]


FORMS = {
    "syntax": ("entities: {person: [}", 1, "not valid YAML"),
    "tab": ("entities:\n\tperson: {}", 2, "not valid YAML"),
    "duplicate entity": ("entities:\n  person: {}\n  place: {}\n  person: {}", 4, "used twice"),
    "duplicate role": (
        "events:\n  a:\n    roles:\n      x: any\n      x: any", 5, "the name 'x' is used twice"
    ),
    "alias": ("entities: &all\n  person: {}\nevents: *all", 1, "anchors and aliases"),
    "tag": ("entities: !!python/object:os.system {}", 1, "tag"),
    "two documents": ("entities: {a: {}}\n---\nentities: {b: {}}", 2, "second document"),
    "deep nesting": ("entities: " + "[" * 5000, 1, "nested deeper"),
    "key that is a list": ("entities:\n  [a]: {}", 2, "a key must be text"),
    "control character": ("entities:\n  per\x07son: {}", 2, "not valid YAML"),
    "empty file": ("", 1, "empty"),
    "comment only": ("# nothing\n", 1, "empty"),
    "nothing named": ("name: x\nentities:\n", 1, "no entity, relation or event type"),
    "a list at the top": ("- person", 1, "must be a mapping"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_malformed_yaml_is_reported_with_its_line(form):
    text, line, words = FORMS[form]
    found = problems(text)
    assert found[0].line == line and words in found[0].message, [str(p) for p in found]


def test_all_problems_are_listed_at_once():
    with pytest.raises(SchemaError) as caught:
        read("entities: {a: {parent: b}}\nrelations: {r: {head: c, tail: d}}")
    assert len(caught.value.problems) == 3
    assert str(caught.value).splitlines()[0] == "small.yaml: 3 problems"
    assert "  line 2: relations.r.tail: unknown entity type 'd'" in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_huge_and_unreadable_files_are_refused(tmp_path):
    path = tmp_path / "big.yaml"
    path.write_bytes(b"#" * 17_000_000)
    with pytest.raises(SchemaError, match=r"big\.yaml: larger than"):
        load_schema(path)
    path.write_bytes("entities:\n  人物: {}".encode("gb18030"))
    with pytest.raises(SchemaError, match=r"big\.yaml: line 2: the file is not UTF-8"):
        load_schema(path)
    with pytest.raises(SchemaError, match="No such file"):
        load_schema(tmp_path / "absent.yaml")


def test_unknown_name_lists_the_bundled_schemas():
    with pytest.raises(SchemaError, match=r"generl: no schema of this name.*conll04.*general"):
        load_schema("generl")


def test_bundled_name_cannot_leave_the_folder():
    with pytest.raises(SchemaError, match="no schema of this name"):
        load_schema("../schemas/general")


@given(schemas())
@settings(max_examples=40, deadline=None)
def test_dumped_schema_reads_back_equal(schema):
    check_schema(schema)
    again = parse_schema(dump_schema(schema))
    assert again == schema and again.fingerprint == schema.fingerprint


def test_every_bundled_schema_loads_and_round_trips():
    names = available_schemas()
    topics = {n for n in names if re.fullmatch(r"kg2-[a-z]+", n)}
    assert len(topics) == 12
    assert {f"{t}-{lang}" for t in topics for lang in ("en", "zh")} <= set(names)
    assert {"general", "general-zh", "conll04", "science", "finance-zh"} <= set(names)
    for name in names:
        schema = load_schema(name)
        assert parse_schema(dump_schema(schema)) == schema, name
        assert schema.name == name


def test_bundled_types_are_described_and_labelled_in_both_languages():
    for name in available_schemas():
        schema = load_schema(name)
        for item in (*schema.entities, *schema.relations, *schema.events):
            assert item.description and item.labels.keys() >= {"en", "zh"}, (name, item.name)
            assert re.search(r"[\u4e00-\u9fff]", item.labels["zh"]), (name, item.name)
            assert item.labels["en"].isascii(), (name, item.name)
        for event in schema.events:
            assert event.roles and all(r.labels.keys() >= {"en", "zh"} for r in event.roles)


def test_general_schema_has_the_promised_extent():
    schema = load_schema("general")
    assert 12 <= len(schema.entities) <= 16 and any(t.datatype for t in schema.entities)
    assert 38 <= len(schema.relations) <= 50 and 18 <= len(schema.events) <= 25
    assert schema.relation["place of birth"].iri == "http://www.wikidata.org/prop/direct/P19"
    assert [t.name for t in load_schema("general-zh").events[:2]] == ["出生", "死亡"]


def write_json(tmp_path, data):
    path = tmp_path / "toy" / "schema.json"
    path.parent.mkdir()
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def test_data_set_schema_is_read(tmp_path):
    path = write_json(
        tmp_path,
        {
            "name": "toy",
            "lang": ["en"],
            "entity_types": {"event": "a happening", "award ": "", "award": "prize"},
            "relation_types": {
                "born": {"description": "d", "code": "P19", "head": ["event"], "tail": ["award "]},
                "like": {"description": "they are alike (symmetric)", "code": "LIKE"},
            },
            "event_types": {
                "attack": {"roles": ["who"], "role_descriptions": {"who": "the attacker"}}
            },
            "domains": {"a": ["attack"], "b": {"types": {"born": "..."}}},
        },
    )
    schema = load_schema(path)
    assert schema.name == "toy" and schema.languages == ("en",)
    assert [(t.name, t.description) for t in schema.entities] == [
        ("event", "a happening"),
        ("award", "prize"),
    ]
    born, like = schema.relations
    assert born.iri == "http://www.wikidata.org/prop/direct/P19" and born.tail == ("award",)
    assert like.symmetric and not born.symmetric and like.iri is None and like.head == ()
    assert schema.event["attack"].roles == (Role("who", "the attacker"),)
    assert schema.scopes["a"].events == {"attack"} and schema.scopes["a"].relations is None
    assert schema.scopes["b"].relations == {"born"}


def test_data_set_schema_may_lack_entity_types(tmp_path):
    path = write_json(tmp_path, {"entity_types": None, "event_types": {"attack": {"roles": []}}})
    schema = load_schema(str(path))
    assert schema.name == "toy" and schema.entities == () and len(schema.events) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{\n "entity_types": {,}}', "line 2: not valid JSON"),
        ("[]", "line 1: must be a JSON object"),
        ("{}", "line 1: none of the keys"),
        ("[" * 100_000, "nested too deep"),
        ('{\n"entity_types": {"a": ""},\n"relation_types": {\n"r": {"head": ["b"]}}}',
         r"line 4: relation_types\.r\.head\[0\]: unknown entity type 'b'"),
        ('{\n"entity_types": 3}', "line 2: entity_types: must be an object"),
        ('{\n"event_types": {\n"e": {"roles": "x"}}}',
         r"line 3: event_types\.e\.roles: must be a list"),
    ],
)  # fmt: skip
def test_faulty_data_set_schema_is_reported(tmp_path, text, words):
    path = tmp_path / "schema.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError, match=rf"schema\.json: {words}"):
        load_schema(path)


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not beside the checkout")
def test_every_data_set_schema_loads():
    paths = sorted(DATA.glob("*/schema.json"))
    assert paths
    for path in paths:
        schema = load_schema(path)
        assert schema.entities or schema.relations or schema.events, path
    scierc = load_schema(DATA / "scierc" / "schema.json")
    assert [r.name for r in scierc.relations if r.symmetric] == ["compare", "conjunction"]
    fewfc = load_schema(DATA / "fewfc" / "schema.json")
    assert fewfc.scopes["trans"].events == {"中标", "担保", "签署合同", "判决", "收购"}


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not beside the checkout")
def test_bundled_copies_name_their_types_as_the_data_sets_do():
    for name, folder in (("conll04", "conll04"), ("science", "scierc")):
        ours, theirs = load_schema(name), load_schema(DATA / folder / "schema.json")
        assert set(ours.entity) == set(theirs.entity)
        for relation in theirs.relations:
            mine = ours.relation[relation.name]
            assert set(mine.head) == set(relation.head) and set(mine.tail) == set(relation.tail)
            assert mine.symmetric == relation.symmetric
    finance, fewfc = load_schema("finance-zh"), load_schema(DATA / "fewfc" / "schema.json")
    for event in fewfc.events:
        assert [r.name for r in finance.event[event.name].roles] == [r.name for r in event.roles]
