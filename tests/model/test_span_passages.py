"""The passages in configs/train, and the form that they are written in."""

import json
from pathlib import Path

import pytest

from model.records import record_from_json
from model.span.devsets import HELD_OUT, held_out_topics
from model.span.passages import own_schema, read_passages

TRAIN = Path(__file__).parent.parent.parent / "configs" / "train"
VARIED = sorted((TRAIN / "varied").glob("*.jsonl"))


@pytest.mark.parametrize("folder", ["varied", "held_out"])
def test_every_passage_can_be_read_and_uses_its_own_schema_only(folder):
    for path in sorted((TRAIN / folder).glob("*.jsonl")):
        schema = own_schema(path)
        assert schema is not None, path
        for record in read_passages(path):
            found = record_from_json(record, str(path)).annotation
            assert {m.type for m in found.mentions} <= schema.entity.keys(), path
            assert {r.type for r in found.relations} <= schema.relation.keys(), path
            for event in found.events:
                assert {a.role for a in event.arguments} <= schema.event[event.type].role.keys()


def test_held_out_topics_are_not_learned():
    assert not {path.name for path in VARIED} & {path.name for path in HELD_OUT.glob("*.jsonl")}
    texts = {record["text"] for path in VARIED for record in read_passages(path)}
    assert not texts & {r.text for _, _, records in held_out_topics() for r in records}


def test_both_languages_are_held_out():
    for language in ("en", "zh"):
        names = [name for name, _, _ in held_out_topics(language)]
        assert names and all(name.endswith(f"-{language}") for name in names)


def test_a_schema_names_its_types_in_both_languages(tmp_path):
    path = tmp_path / "law-en.jsonl"
    types = {
        "entity_types": {
            "person": {"label": "人物"},
            "judge": {"description": "who rules", "label": "法官", "parent": "person"},
        },
        "relation_types": {"colleague": {"label": "同事", "symmetric": True}},
        "event_types": {"ruling": {"label": "裁决", "roles": {"judge": "法官"}}},
    }
    passage = {
        "lang": "en",
        "text": "Ann ruled.",
        "entities": [["Ann", "judge"]],
        "relations": [],
        "events": [["ruling", "ruled", [["judge", "Ann"]]]],
    }
    path.write_text(json.dumps({"schema": types}) + "\n" + json.dumps(passage) + "\n", "utf-8")
    schema = own_schema(path)
    assert schema.languages == ("en", "zh")
    assert schema.entity["judge"].parent == "person"
    assert schema.entity["judge"].labels == {"en": "judge", "zh": "法官"}
    assert schema.relation["colleague"].symmetric
    (record,) = read_passages(path)
    assert record["events"][0]["arguments"] == [{"start": 0, "end": 3, "role": "judge"}]


def test_a_passage_that_names_what_is_not_there_is_an_error(tmp_path):
    path = tmp_path / "bad.jsonl"
    passage = {
        "lang": "en",
        "text": "Ann ruled.",
        "entities": [],
        "relations": [],
        "events": [["ruling", "acquitted", []]],
    }
    path.write_text(json.dumps(passage) + "\n", "utf-8")
    with pytest.raises(ValueError, match=r"bad\.jsonl, line 1: the trigger 'acquitted'"):
        list(read_passages(path))
