import json
import lzma

import pytest

pytest.importorskip("ahocorasick", reason="finding names needs the extra train")

from model.span.definitions import kinds_in, make, records, typed_titles


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with lzma.open(path, "wt", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


ENGLISH = [
    {
        "id": str(i),
        "title": f"Ann Lee{'abcdefghijklmnop'[i]}",
        "text": f"Ann Lee{'abcdefghijklmnop'[i]} was a Welsh harpist who met Ann Leea. She toured.",
    }
    for i in range(16)
]
CHINESE = [
    {"id": str(i), "title": f"东山{c}路站", "text": f"东山{c}路站是隶属于东山铁路的车站。它很旧。"}
    for i, c in enumerate("甲乙丙丁戊己庚辛壬癸子丑")
]
SENSES = [
    {"id": "1", "pos": "n", "en": ["harpist"], "zh": [], "semantic": "noun.person"},
    {"id": "2", "pos": "n", "en": ["station"], "zh": ["车站"], "semantic": "noun.location"},
]


@pytest.fixture
def data(tmp_path):
    write(tmp_path / "lex/wordnet.jsonl.xz", SENSES)
    write(tmp_path / "text/en_wikipedia_leads.jsonl.xz", ENGLISH)
    write(tmp_path / "text/zh_wikipedia.jsonl.xz", CHINESE)
    return tmp_path


def test_a_definition_ends_in_its_type():
    assert kinds_in("Welsh harpist who met many", "en") == ["welsh harpist", "harpist"]
    assert kinds_in("东山铁路的车站", "zh")[-1] == "车站"


def test_titles_get_the_type_and_a_broader_one(data):
    typed = typed_titles(ENGLISH, "en", data)
    assert {(t.type, t.broad) for t in typed} == {("welsh harpist", "person")}
    assert {(t.type, t.broad) for t in typed_titles(CHINESE, "zh", data)} == {("车站", "地点")}


def test_names_are_marked_wherever_they_stand(data):
    made = list(records(ENGLISH, typed_titles(ENGLISH, "en", data), "en", seed=1))
    assert made
    for record in made:
        assert record["partial"] == ["entities"]
        marked = {record["text"][e["start"] : e["end"]] for e in record["entities"]}
        assert marked >= {"Ann Leea"}
        assert all(e["start"] < e["end"] <= len(record["text"]) for e in record["entities"])


def test_a_made_set_can_be_trained_on(data, tmp_path):
    pytest.importorskip("torch", reason="training needs torch")
    from tiny_span import tiny_tokenizer

    from model.span.data import load_set
    from model.span.labels import Kind, Label

    make(data, "zh", tmp_path / "made", most=100)
    (group,) = load_set(tmp_path / "made" / "definitions_zh", "train", tiny_tokenizer(), 100)
    assert Label(Kind.ENTITY, "车站") in group.labels[Kind.ENTITY]
    assert any(example.spans for example in group.examples)
