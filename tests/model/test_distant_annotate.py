from __future__ import annotations

import json
import lzma
import re
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from model.annotations import Annotation, Mention, Relation
from model.distant import (
    DistantAnnotator,
    DistantReport,
    GraphError,
    Recipe,
    RecipeError,
    Refiner,
    Text,
    load_graph,
    load_recipe,
    read_texts,
    recipe_path,
)
from model.distant.recipe import RECIPE_FOLDER
from model.records import Record, dump_record, parse_record, write_records
from model.schema import Schema
from model.schema_format import parse_schema
from model.schema_loader import load_schema

SCHEMA = """
languages: [en]
entities:
  person: {iri: "http://x/Person"}
  place: {}
  date: {datatype: date}
  quantity: {datatype: quantity}
relations:
  born in: {head: person, tail: place, iri: "http://x/birthPlace"}
  died in: {head: person, tail: place}
  spouse: {head: person, tail: person, symmetric: true}
  child: {head: person, tail: person}
  birth date: {head: person, tail: date, iri: "http://x/birthDate"}
  height: {head: place, tail: quantity}
  alias: {}
"""

ENTITIES = """id\tname\taliases\tkind
p1\tAda Lovelace\tCountess of Lovelace|Ada King\thuman
p2\tLord Byron\t\thuman
p3\tWilliam King\t\thuman
l1\tLondon\t\ttown
l2\tMont Blanc\t\tmountain
"""
TRIPLES = """head\trelation\ttail
p1\tbirthPlace\tl1
p1\tdeathPlace\tl1
p1\tspouse\tp3
p3\tspouse\tp1
p1\tfather\tp2
p1\tbirthDate\t1815-12-10
l2\televation\t4,808 m
"""
RECIPE: dict[str, Any] = {
    "language": "en",
    "schema": "unused",
    "graph": [
        {"file": "e.tsv", "holds": "entities", "columns": {"type": "kind"}},
        {"file": "t.tsv", "holds": "triples"},
    ],
    "predicates": {
        "birthPlace": "born in",
        "deathPlace": "died in",
        "spouse": "spouse",
        "father": {"relation": "child", "inverse": True},
        "birthDate": "birth date",
        "elevation": "height",
    },
    "types": {"human": "person", "town": "place", "mountain": "place"},
    "evidence": {
        "born in": {"any": [r"{head}.*\bborn\b.*{tail}"]},
        "died in": {"any": [r"{head}.*\bdied\b.*{tail}"], "never": ["almost died"]},
        "birth date": {"any": [r"{head}[^;]*\bborn\b[^;]*{tail}"]},
    },
}


def schema() -> Schema:
    return parse_schema(SCHEMA)


def normalise(text: str, datatype: str) -> str | None:
    """As the real one, for the few forms in these tests."""
    table = {
        ("10 December 1815", "date"): "1815-12-10",
        ("1815-12-10", "date"): "1815-12-10",
        ("1815", "date"): "1815",
        ("4,808 m", "quantity"): "4808 m",
        ("4,810 metres", "quantity"): "4810 m",
        ("4,000 metres", "quantity"): "4000 m",
    }
    return table.get((text, datatype))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "e.tsv").write_text(ENTITIES)
    (tmp_path / "t.tsv").write_text(TRIPLES)
    return tmp_path


def annotator(folder: Path, **changes: Any) -> DistantAnnotator:
    recipe = Recipe.model_validate(RECIPE | changes)
    return DistantAnnotator(load_graph(recipe, folder, schema()), schema(), recipe, normalise)


def facts(record: Record) -> list[tuple[str, str, str]]:
    names = [record.text[m.start : m.end] for m in record.annotation.mentions]
    return sorted((names[r.head], r.type, names[r.tail]) for r in record.annotation.relations)


def stated(folder: Path, text: str, title: str = "", **changes: Any) -> list[tuple[str, str, str]]:
    records = annotator(folder, **changes).records(Text("d", title, text))
    return sorted(fact for record in records for fact in facts(record))


def test_a_sentence_states_the_relation_that_its_words_evidence(folder: Path) -> None:
    title = "Ada Lovelace"
    assert stated(folder, "Ada Lovelace was born in London.", title) == [
        ("Ada Lovelace", "born in", "London")
    ]
    assert stated(folder, "Ada Lovelace died in London.", title) == [
        ("Ada Lovelace", "died in", "London")
    ]
    assert stated(folder, "Ada Lovelace almost died in London.", title) == []
    assert stated(folder, "Ada Lovelace loved London.", title) == []


def test_ends_in_different_sentences_state_nothing(folder: Path) -> None:
    assert stated(folder, "Ada Lovelace was born. London is large.", "Ada Lovelace") == []


def test_without_evidence_two_relations_between_a_pair_state_neither(folder: Path) -> None:
    text = "Ada Lovelace of London."
    assert stated(folder, text, "Ada Lovelace", evidence={}) == []
    rules = RECIPE["predicates"] | {"deathPlace": {"relation": None}}
    assert stated(folder, text, "Ada Lovelace", evidence={}, predicates=rules) == []


def test_an_inverse_predicate_is_turned_and_a_symmetric_one_stated_once(folder: Path) -> None:
    assert stated(folder, "Ada Lovelace was a daughter of Lord Byron.") == [
        ("Lord Byron", "child", "Ada Lovelace")
    ]
    assert len(stated(folder, "Ada Lovelace married William King.")) == 1


def test_types_that_the_schema_does_not_admit_state_nothing(folder: Path) -> None:
    aligner = annotator(folder, types={"human": "person", "town": "person"})
    assert aligner.records(Text("d", "Ada Lovelace", "Ada Lovelace was born in London.")) == []
    assert aligner.report.drops["types do not fit"] == 2


def test_untyped_entities_are_typed_by_their_edges(folder: Path) -> None:
    (folder / "e.tsv").write_text(ENTITIES.replace("human", "").replace("town", ""))
    assert stated(folder, "Ada Lovelace was born in London.", "Ada Lovelace") == [
        ("Ada Lovelace", "born in", "London")
    ]


def test_records_say_where_facts_come_from_and_survive_the_file_format(folder: Path) -> None:
    (record,) = annotator(folder).records(
        Text("doc", "Ada Lovelace", "Early. Ada King was born in London.")
    )
    assert record.id == "doc#7" and record.text == "Ada King was born in London."
    assert record.item_extra["relations", 0] == {
        "source": ["p1", "birthPlace", "l1"],
        "matched": "evidence",
    }
    assert record.item_extra["entities", 0]["link"] == "p1"
    assert record.item_extra["entities", 0]["name"] == "Ada Lovelace"
    assert record.partial == {"entities", "relations", "clusters"}
    assert parse_record(dump_record(record)) == record


def test_dates_and_quantities_are_aligned_by_value(folder: Path) -> None:
    assert stated(folder, "Ada Lovelace was born on 10 December 1815.") == [
        ("Ada Lovelace", "birth date", "10 December 1815")
    ]
    assert stated(folder, "Mont Blanc rises to 4,810 metres.") == [
        ("Mont Blanc", "height", "4,810 metres")
    ]
    assert stated(folder, "Mont Blanc: they camped at 4,000 metres.") == []


def test_a_year_alone_needs_evidence(folder: Path) -> None:
    assert stated(folder, "Ada Lovelace was born in 1815.") == [
        ("Ada Lovelace", "birth date", "1815")
    ]
    evidence = {k: v for k, v in RECIPE["evidence"].items() if k != "birth date"}
    assert stated(folder, "Ada Lovelace was seen in 1815.", evidence=evidence) == []


def test_mentions_of_one_entity_are_folded_into_a_cluster(folder: Path) -> None:
    text = "Ada Lovelace, Countess of Lovelace, was born in London."
    (record,) = annotator(folder).records(Text("d", "Ada Lovelace", text))
    (cluster,) = record.annotation.clusters
    names = [record.text[m.start : m.end] for m in record.annotation.mentions]
    assert [names[i] for i in cluster] == ["Ada Lovelace", "Countess of Lovelace"]
    assert ("Ada Lovelace", "alias", "Countess of Lovelace") in stated(
        folder, text, "Ada Lovelace", alias_relation="alias"
    )


def test_pronouns_stand_for_the_subject_of_a_text_only(folder: Path) -> None:
    text = "Ada Lovelace was a writer. She was born in London."
    assert stated(folder, text, "Ada Lovelace") == []
    assert stated(folder, text, "Ada Lovelace", pronouns=True) == [("She", "born in", "London")]
    other = "Ada Lovelace had a maid. Jane cooked. She was born in London."
    assert stated(folder, other, "Ada Lovelace", pronouns=True) == []


def test_passages_hold_whole_sentences_up_to_their_length(folder: Path) -> None:
    text = "Ada Lovelace was born in London. It is large. Ada Lovelace died in London."
    title = "Ada Lovelace"
    (record,) = annotator(folder, passage_characters=200).records(Text("d", title, text))
    assert record.text == text and len(record.annotation.relations) == 2
    records = annotator(folder, passage_characters=50).records(Text("d", title, text))
    assert [r.text for r in records] == [text[:45], text[46:]]


def test_topics_keep_their_own_relations_and_texts(folder: Path) -> None:
    topics = {"People": {"types": ["person"], "relations": ["died in"]}}
    text = Text(
        "d", "Ada Lovelace", "Ada Lovelace was born in London. Ada Lovelace died in London."
    )
    (record,) = annotator(folder, topics=topics).records(text)
    assert record.extra["topic"] == "People"
    assert [r.type for r in record.annotation.relations] == ["died in"]
    places = {"Places": {"types": ["place"]}}
    assert annotator(folder, topics=places).records(text) == []


def test_a_triple_is_taken_only_so_often(folder: Path) -> None:
    text = "Ada Lovelace was born in London. " * 5
    assert len(stated(folder, text, "Ada Lovelace", most_per_triple=2)) == 2


def test_only_facts_about_the_title_where_that_is_asked(folder: Path) -> None:
    text = "Ada Lovelace was born in London."
    assert stated(folder, text, "", subject_required=True) == []
    assert len(stated(folder, text, "Ada Lovelace", subject_required=True)) == 1


def test_chinese_is_aligned_across_its_two_spellings(tmp_path: Path) -> None:
    (tmp_path / "g.nt").write_text(
        '<http://x/1> <http://www.w3.org/2000/01/rdf-schema#label> "鲁迅"@zh-hans .\n'
        '<http://x/1> <http://www.w3.org/2000/01/rdf-schema#label> "Lu Xun"@en .\n'
        '<http://x/2> <http://www.w3.org/2000/01/rdf-schema#label> "绍兴"@zh .\n'
        "<http://x/1> <http://x/birthPlace> <http://x/2> .\n",
        encoding="utf-8",
    )
    recipe = Recipe.model_validate(
        {
            "language": "zh",
            "schema": "unused",
            "graph": [{"file": "g.nt", "holds": "rdf"}],
            "evidence": {"born in": {"any": ["{head}.*(?:出生|生于).*{tail}"]}},
        }
    )
    graph = load_graph(recipe, tmp_path, schema())
    records = DistantAnnotator(graph, schema(), recipe).records(
        Text("d", "魯迅", "魯迅（1881年－1936年），生於浙江紹興。魯迅到過北京。")
    )
    assert [facts(record) for record in records] == [[("魯迅", "born in", "紹興")]]


def test_an_rdf_graph_needs_no_mapping_where_the_schema_has_its_iris(tmp_path: Path) -> None:
    (tmp_path / "g.ttl.xz").write_bytes(
        lzma.compress(
            b"""@prefix x: <http://x/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
            x:1 a x:Person ; rdfs:label "Ada Lovelace"@en ; x:birthPlace x:2 ;
                x:birthDate "1815-12-10"^^<http://www.w3.org/2001/XMLSchema#date> .
            x:2 rdfs:label "London" ."""
        )
    )
    recipe = {"graph": [{"file": "g.ttl.xz", "holds": "rdf"}], "predicates": {}, "types": {}}
    found = stated(tmp_path, "Ada Lovelace was born in London on 10 December 1815.", **recipe)
    assert found == [
        ("Ada Lovelace", "birth date", "10 December 1815"),
        ("Ada Lovelace", "born in", "London"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e.tsv", "number\tname\n1\tx\n", "no column id"),
        ("t.tsv", "head\trelation\ttail\np1\tbirthPlace\n", "line 2: too few columns"),
        ("t.tsv", "head\trelation\ttail\np1\t\tp2\n", "line 2: an empty cell"),
    ],
)
def test_a_broken_graph_is_refused_by_file_and_line(
    folder: Path, name: str, content: str, message: str
) -> None:
    (folder / name).write_text(content)
    with pytest.raises(GraphError, match=message) as caught:
        annotator(folder)
    assert name in str(caught.value)


def test_broken_rdf_is_refused_by_line(tmp_path: Path) -> None:
    (tmp_path / "g.nt").write_text("<http://x/1> <http://x/p> <http://x/2> .\nnot rdf\n")
    with pytest.raises(GraphError, match=r"g\.nt, line 2"):
        annotator(tmp_path, graph=[{"file": "g.nt", "holds": "rdf"}])


def test_a_recipe_is_refused_for_what_the_schema_lacks(folder: Path) -> None:
    with pytest.raises(RecipeError, match="relation 'nationality'"):
        annotator(folder, predicates={"birthPlace": "nationality"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("language: en\nschema: general\ngraph: []\n", "graph"),
        ("language: [", "not valid YAML"),
        (
            "language: en\nschema: general\ngraph: [{file: a, holds: rdf}]\n"
            "evidence: {spouse: {any: ['(']}}\n",
            "evidence of 'spouse'",
        ),
        ("language: en\nschema: s\ngraph: [{file: a, holds: rdf}]\npasage: 3\n", "pasage"),
    ],
)
def test_a_broken_recipe_is_refused_by_key(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(RecipeError, match=message):
        load_recipe(tmp_path / "r.yaml")


@pytest.mark.parametrize("name", ["dbp15k_en", "dbp15k_zh"])
def test_ready_recipes_fit_their_schemas(name: str) -> None:
    recipe = load_recipe(recipe_path(name))
    recipe.check(load_schema(recipe.schema_name))
    unused = set(recipe.evidence) - {p.relation for p in recipe.predicates.values()}
    assert not unused


def test_the_described_recipe_is_one() -> None:
    described = (RECIPE_FOLDER / "README.md").read_text(encoding="utf-8")
    example = described.partition("```yaml\n")[2].partition("```")[0]
    recipe = Recipe.model_validate(yaml.safe_load(example))
    recipe.check(load_schema(recipe.schema_name))
    keys = set(re.findall(r"^\| (`.*?) \|", described, re.MULTILINE))
    names = {name for key in keys for name in re.findall(r"`(\w+)`", key)}
    assert names <= set(Recipe.model_fields)


def test_memory_does_not_grow_with_the_texts(folder: Path) -> None:
    aligner = annotator(folder)

    def texts(count: int) -> Iterator[Text]:
        for number in range(count):
            yield Text(f"d{number}", "Ada Lovelace", "Ada Lovelace was born in London. " * 20)

    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in aligner.annotate(texts(count)):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(5)
    assert peak(60) < peak(5) + 200_000


def test_texts_are_read_from_json_lines_and_other_files(tmp_path: Path) -> None:
    line = json.dumps({"id": "a", "title": "T", "text": "Some text."})
    (tmp_path / "a.jsonl.xz").write_bytes(lzma.compress(line.encode()))
    (tmp_path / "b.txt").write_text("Other text.")
    texts = list(read_texts([tmp_path / "a.jsonl.xz", tmp_path / "b.txt"]))
    assert texts[0] == Text("a", "T", "Some text.")
    assert texts[1].text == "Other text." and texts[1].title


def test_a_broken_text_is_counted_and_the_others_go_on(tmp_path: Path) -> None:
    good = json.dumps({"id": "a", "text": "Some text."})
    (tmp_path / "a.jsonl").write_text(f'{good}\n{{"id": 1}}\nnot json\n{good}\n')
    whole = lzma.compress("".join(f"{good} \n" for _ in range(5000)).encode())
    (tmp_path / "b.jsonl.xz").write_bytes(whole[: len(whole) // 2])
    report = DistantReport()
    texts = list(read_texts([tmp_path / "a.jsonl"], report))
    assert len(texts) == 2 and report.failed == 2
    list(read_texts([tmp_path / "b.jsonl.xz"], report))
    assert report.failed == 3


class Opinion:
    """An extractor of fixed answers, in place of a model that would cost minutes."""

    fingerprint = "opinion"

    def __init__(self, answers: dict[str, list[tuple[str, str, str, float]]]) -> None:
        self.answers = answers

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        raise NotImplementedError

    def extract(self, texts: Sequence[str], schema: Schema) -> list[Annotation]:
        return [self._annotation(text) for text in texts]

    def _annotation(self, text: str) -> Annotation:
        types = {"London": "place", "Paris": "place"}
        names = ["Ada Lovelace", "London", "Lord Byron", "Paris"]
        spans = {n: (text.index(n), text.index(n) + len(n)) for n in names if n in text}
        order = sorted(spans, key=lambda name: spans[name])
        return Annotation(
            mentions=tuple(Mention(*spans[n], types.get(n, "person")) for n in order),
            relations=tuple(
                Relation(kind, order.index(head), order.index(tail), confidence)
                for head, kind, tail, confidence in self.answers.get(text, [])
            ),
        )


def test_a_model_filters_what_it_does_not_find_and_rates_the_rest(folder: Path) -> None:
    born, died = "Ada Lovelace was born in London.", "Ada Lovelace died in London."
    records = annotator(folder).records(Text("d", "Ada Lovelace", f"{born} {died}"))
    model = Opinion({born: [("Ada Lovelace", "born in", "London", 0.7)]})
    refiner = Refiner(model, schema())
    (kept,) = refiner.refine(records)
    assert kept.text == born
    assert kept.annotation.relations[0].confidence == 0.7
    assert kept.item_extra["relations", 0]["source"] == ["p1", "birthPlace", "l1"]
    assert (refiner.report.confirmed, refiner.report.rejected) == (1, 1)


def test_a_model_fills_only_what_it_is_sure_of_and_the_schema_admits(folder: Path) -> None:
    text = "In Paris, Ada Lovelace, who was born in London, met Lord Byron."
    records = annotator(folder).records(Text("d", "Ada Lovelace", text))
    model = Opinion(
        {
            text: [
                ("Lord Byron", "died in", "Paris", 0.9),
                ("Ada Lovelace", "died in", "Paris", 0.3),
                ("Paris", "died in", "London", 0.9),
                ("Ada Lovelace", "died in", "London", 0.9),
            ]
        }
    )
    refiner = Refiner(model, schema(), filter=False, fill=True)
    (filled,) = refiner.refine(records)
    assert ("Lord Byron", "died in", "Paris") in facts(filled)
    assert refiner.report.filled == 1
    added = [e for w, e in filled.item_extra.items() if w[0] == "relations"]
    assert {"matched": "model"} in added
    assert parse_record(dump_record(filled)) == filled


def test_records_are_written_as_a_data_set(folder: Path, tmp_path: Path) -> None:
    texts = [Text("d", "Ada Lovelace", "Ada Lovelace was born in London.")]
    out = tmp_path / "out.jsonl"
    assert write_records(out, annotator(folder).annotate(texts)) == 1
    data = json.loads(out.read_text())
    assert data["entities"][0]["link"] == "p1"
    assert data["relations"][0]["source"] == ["p1", "birthPlace", "l1"]
