"""The example corpus: readable, reproducible, and annotated as the schema says."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ingest.documents import Document
from ingest.reader import read
from model.schema import Schema
from model.schema_loader import load_schema

EXAMPLES = Path(__file__).parents[2] / "examples"
FORMATS = {".md", ".html", ".txt", ".pdf", ".docx", ".pptx", ".epub", ".csv", ".jsonl"}


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


make_gold = script("make_gold")
make_documents = script("make_documents")


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    return make_gold.documents()


@pytest.fixture(scope="module")
def records() -> dict[str, dict[str, Any]]:
    lines = (EXAMPLES / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["id"]: record for record in map(json.loads, lines)}


@pytest.fixture(scope="module")
def graph() -> dict[str, Any]:
    return json.loads((EXAMPLES / "gold_graph.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def schema() -> Schema:
    return load_schema("general")


def test_corpus_has_every_format_in_both_languages(documents: dict[str, Document]) -> None:
    assert {path.suffix for path in (EXAMPLES / "computing").rglob("*.*")} == FORMATS
    languages = Counter(document.language for document in documents.values())
    assert languages.keys() == {"en", "zh"}
    assert min(languages.values()) >= 8
    for name, document in documents.items():
        assert name.startswith(document.language), name


def test_files_are_small() -> None:
    for path in (EXAMPLES / "computing").rglob("*.*"):
        assert path.stat().st_size < 60_000, path


def test_html_shows_the_article_and_not_the_page_around_it(
    documents: dict[str, Document],
) -> None:
    page_around = {
        "en/charles-babbage.html": ["Contact us", "Privacy", "Life of a countess", "visits"],
        "en/grace-hopper.html": ["cookies", "Front page", "nanosecond", "Terms of use"],
        "zh/alan-turing.html": ["登录", "当前位置", "会下棋的机器", "版权声明"],
    }
    for name, strings in page_around.items():
        for string in strings:
            assert string not in documents[name].text


def test_gold_covers_every_document_with_its_exact_text(
    documents: dict[str, Document], records: dict[str, dict[str, Any]]
) -> None:
    assert {name: document.text for name, document in documents.items()} == {
        name: record["text"] for name, record in records.items()
    }


def test_gold_files_are_what_the_source_says() -> None:
    gold, graph = make_gold.make()
    assert gold == (EXAMPLES / "gold.jsonl").read_text(encoding="utf-8")
    assert graph == (EXAMPLES / "gold_graph.json").read_text(encoding="utf-8")


def test_gold_spans_are_trimmed_sorted_and_within_the_text(
    records: dict[str, dict[str, Any]],
) -> None:
    for name, record in records.items():
        text, entities = record["text"], record["entities"]
        spans = [(e["start"], e["end"]) for e in entities]
        assert spans == sorted(set(spans)), name
        spans += [tuple(event["trigger"].values()) for event in record["events"]]
        spans += [(a["start"], a["end"]) for event in record["events"] for a in event["arguments"]]
        for start, end in spans:
            assert 0 <= start < end <= len(text)
            assert text[start:end] == text[start:end].strip(), name


def test_gold_types_are_those_of_the_schema(
    records: dict[str, dict[str, Any]], schema: Schema
) -> None:
    def fits(kind: str, allowed: tuple[str, ...]) -> bool:
        return not allowed or any(schema.is_a(kind, other) for other in allowed)

    for name, record in records.items():
        types = [entity["type"] for entity in record["entities"]]
        assert set(types) <= schema.entity.keys(), name
        for relation in record["relations"]:
            allowed = schema.relation[relation["type"]]
            assert fits(types[relation["head"]], allowed.head), (name, relation)
            assert fits(types[relation["tail"]], allowed.tail), (name, relation)
        type_of = {(e["start"], e["end"]): e["type"] for e in record["entities"]}
        for event in record["events"]:
            roles = {role.name: role.types for role in schema.event[event["type"]].roles}
            for argument in event["arguments"]:
                assert argument["role"] in roles, (name, event)
                kind = type_of.get((argument["start"], argument["end"]))
                assert kind is None or fits(kind, roles[argument["role"]]), (name, event)


def test_gold_clusters_are_disjoint_and_relations_point_at_their_first_mention(
    records: dict[str, dict[str, Any]], schema: Schema
) -> None:
    for name, record in records.items():
        members = [index for cluster in record["clusters"] for index in cluster]
        assert len(members) == len(set(members)), name
        assert all(len(cluster) > 1 for cluster in record["clusters"])
        later = {index for cluster in record["clusters"] for index in cluster[1:]}
        for relation in record["relations"]:
            assert not {relation["head"], relation["tail"]} & later, name


def test_known_facts_are_in_the_gold_graph_once_for_both_languages(graph: dict[str, Any]) -> None:
    facts = {(f["head"], f["type"], f["tail"]): f["documents"] for f in graph["relations"]}
    assert len(facts) == len(graph["relations"])
    assert facts["Alan Turing", "date of birth", "1912-06-23"] == [
        "en/alan-turing.docx",
        "zh/alan-turing.html",
    ]
    assert facts["Andrew Yao", "award received", "Turing Award"] == [
        "en/turing-award.csv#row=5",
        "zh/andrew-yao.md",
        "zh/news.jsonl#line=3",
    ]
    names = {entity["name"]: entity["names"] for entity in graph["entities"]}
    assert names["Claude Shannon"] == ["Claude Shannon", "Shannon", "克劳德·香农"]
    assert names["激光照排系统"] == [
        "汉字激光照排",
        "汉字激光照排系统",
        "激光照排",
        "激光照排系统",
        "照排系统",
    ]


def test_corpus_ties_documents_and_languages_together(graph: dict[str, Any]) -> None:
    shared = [entity for entity in graph["entities"] if len(entity["documents"]) > 1]
    assert len(shared) > 50
    both = [e for e in shared if len({name[:2] for name in e["documents"]}) == 2]
    assert len(both) > 25
    assert len(graph["relations"]) > 400
    assert len({event["type"] for event in graph["events"]}) > 15


@pytest.mark.parametrize("path", make_documents.DOCUMENTS)
def test_generated_documents_are_those_of_their_sources(path: str, tmp_path: Path) -> None:
    pytest.importorskip("reportlab")
    made = make_documents.make(path)
    assert make_documents.make(path) == made
    copy = tmp_path / Path(path).name
    copy.write_bytes(made)
    (again,), (committed,) = read(copy), read(EXAMPLES / "computing" / path)
    assert isinstance(again, Document) and isinstance(committed, Document)
    assert (again.text, again.title, again.marks) == (
        committed.text,
        committed.title,
        committed.marks,
    )
    source = (EXAMPLES / "sources" / make_documents.DOCUMENTS[path]).read_text(encoding="utf-8")
    words = re.sub(r"^#+ ", "", source, flags=re.MULTILINE)
    # PDF leaves open whether a space stood where a line ends.
    assert "".join(again.text.split()) == "".join(words.split())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"names": {"nobody": "Alan Turing"}}, "'nobody' does not occur"),
        (
            {"relations": {"Grace Hopper": {"spouse": "Alan Turing"}}},
            "Grace Hopper is not mentioned",
        ),
        ({"relations": {"Alan Turing": {"spouse": "London"}}}, "cannot be in the relation spouse"),
        ({"relations": {"Alan Turing": {"likes": "London"}}}, "has no relation likes"),
        ({"events": [{"birth": ["hatched", {}]}]}, "'hatched' occurs 0 times"),
        ({"events": [{"birth": ["born", {"planet": "London"}]}]}, "has no role planet"),
    ],
)
def test_gold_source_that_disagrees_with_the_text_is_refused(
    change: dict[str, Any], message: str, schema: Schema
) -> None:
    source = {
        "entities": {
            "person": {"Alan Turing": ["Turing"], "Grace Hopper": None},
            "location": {"London": None},
        },
        "documents": {"one": change},
    }
    text = "Alan Turing was born in London on 23 June 1912."
    with pytest.raises(make_gold.GoldError, match=message):
        make_gold.Annotator("one", text, source, schema, make_gold.Graph()).record("en")
