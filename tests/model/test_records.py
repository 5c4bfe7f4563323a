import gzip
import json
import lzma
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.annotations import Annotation, Argument, Event, Mention, Relation, Span
from model.records import (
    LAYERS,
    Record,
    RecordError,
    annotation_from_json,
    annotation_to_json,
    dump_record,
    parse_record,
    read_records,
    record_to_json,
    write_records,
)

DATA = Path(__file__).parents[3] / "shared" / "data" / "ie"

TEXT = "Ada met 查尔斯 in London."
FULL = {
    "id": "a/1",
    "lang": "en",
    "text": TEXT,
    "entities": [
        {"start": 0, "end": 3, "type": "Person", "link": "Ada_Lovelace"},
        {"start": 8, "end": 11, "type": "Person", "confidence": 0.5},
        {"start": 15, "end": 21, "type": "Location"},
    ],
    "relations": [{"head": 0, "tail": 1, "type": "knows", "source": "x"}],
    "events": [
        {
            "type": "meeting",
            "trigger": {"start": 4, "end": 7},
            "arguments": [{"start": 0, "end": 3, "role": "participant", "group": 2}],
            "realis": "actual",
        },
        {"type": "meeting", "trigger": None, "arguments": []},
    ],
    "clusters": [[0, 1]],
    "partial": ["relations"],
    "no_relation": [[2, 0]],
    "relation_level": "cluster",
    "domain": "base",
    "triples": [{"a": 1}],
}


def changed(**keys):
    return json.dumps(FULL | keys, ensure_ascii=False)


def without_confidence(value):
    if isinstance(value, dict):
        return {k: without_confidence(v) for k, v in value.items() if k != "confidence"}
    return [without_confidence(v) for v in value] if isinstance(value, list) else value


def test_record_is_read_with_all_it_says():
    record = parse_record(changed())
    assert (record.id, record.lang, record.text) == ("a/1", "en", TEXT)
    assert record.annotation == Annotation(
        mentions=(
            Mention(0, 3, "Person"),
            Mention(8, 11, "Person", 0.5),
            Mention(15, 21, "Location"),
        ),
        relations=(Relation("knows", 0, 1),),
        events=(
            Event("meeting", Span(4, 7), (Argument(0, 3, "participant"),)),
            Event("meeting", None),
        ),
        clusters=((0, 1),),
    )
    assert record.layers == set(LAYERS) and record.partial == {"relations"}
    assert record.no_relation == ((2, 0),) and record.relation_level == "cluster"
    assert record.extra == {"domain": "base", "triples": [{"a": 1}]}
    assert record.item_extra == {
        ("entities", 0): {"link": "Ada_Lovelace"},
        ("relations", 0): {"source": "x"},
        ("events", 0): {"realis": "actual"},
        ("events", 0, "arguments", 0): {"group": 2},
    }


def test_written_record_equals_the_one_read():
    assert without_confidence(record_to_json(parse_record(changed()))) == without_confidence(FULL)
    record = parse_record(changed())
    assert parse_record(dump_record(record)) == record


def test_absent_layer_stays_absent_and_empty_stays_empty():
    line = '{"id": "1", "text": "x", "entities": [], "events": null}'
    record = parse_record(line)
    assert record.layers == {"entities"} and record.no_relation is None
    assert json.loads(dump_record(record)) == {"id": "1", "text": "x", "entities": []}


def test_confidence_is_written_on_every_item():
    data = annotation_to_json(parse_record(changed()).annotation)
    event = data["events"][0]
    items = [*data["entities"], *data["relations"], *data["events"]]
    assert all("confidence" in i for i in [*items, event["trigger"], *event["arguments"]])
    assert data["entities"][1]["confidence"] == 0.5
    assert data["events"][1]["trigger"] is None


def test_unsorted_entities_are_sorted_and_indexes_follow():
    entities = [FULL["entities"][i] for i in (2, 0, 1)]
    record = parse_record(
        changed(
            entities=entities,
            relations=[{"head": 1, "tail": 2, "type": "knows"}],
            clusters=[[2, 1]],
            no_relation=[[0, 1]],
        )
    )
    expected = parse_record(changed())
    assert record.annotation.mentions == expected.annotation.mentions
    assert record.annotation.relations == expected.annotation.relations
    assert record.annotation.clusters == ((0, 1),) and record.no_relation == ((2, 0),)
    assert record.item_extra[("entities", 0)] == {"link": "Ada_Lovelace"}


ENTITY = {"start": 0, "end": 3, "type": "Person"}
FAULTS = [
    (changed(entities=[ENTITY | {"end": 4}]), r"entities\[0\].*white space at an end: 'Ada '"),
    (changed(entities=[ENTITY | {"end": 99}]), r"entities\[0\].*0-99 is empty or outside"),
    (changed(entities=[ENTITY | {"end": 0}]), r"0-0 is empty"),
    (changed(entities=[ENTITY | {"start": -1}]), r"outside the text"),
    (changed(entities=[ENTITY | {"start": "0"}]), r"must be whole numbers"),
    (changed(entities=[ENTITY | {"start": False}]), r"must be whole numbers"),
    (changed(entities=[ENTITY | {"type": " "}]), r"entities\[0\]\.type: must be a name"),
    (changed(entities=[ENTITY | {"confidence": 1.2}]), r"confidence: must be a number from 0 to 1"),
    (changed(entities=[ENTITY, ENTITY]), r"entities\[1\]: 'Ada' \(0-3, Person\) is there twice"),
    (changed(entities={}), r"entities: must be a list, not an object"),
    (changed(entities=[3]), r"entities\[0\]: must be an object, not 3"),
    (changed(relations=[{"head": 0, "tail": 3, "type": "t"}]), r"relations\[0\]\.tail: 3 is no"),
    (changed(relations=[{"head": -1, "tail": 0, "type": "t"}]), r"relations\[0\]\.head: -1 is no"),
    (changed(relations=[{"head": 0, "tail": 1}]), r"relations\[0\]\.type: must be a name"),
    (changed(events=[{"type": "e", "trigger": 4}]), r"events\[0\]\.trigger: must be an object"),
    (
        changed(events=[{"type": "e", "arguments": [{"start": 3, "end": 7, "role": "r"}]}]),
        r"events\[0\]\.arguments\[0\].*white space",
    ),
    (changed(clusters=[[0]]), r"clusters\[0\]: must be a list of two or more"),
    (changed(clusters=[[0, 1], [1, 2]]), r"clusters\[1\]: an entity is in two clusters"),
    (changed(clusters=[[0, 7]]), r"clusters\[0\]\[1\]: 7 is no index"),
    (changed(no_relation=[[0]]), r"no_relation\[0\]: must be a pair"),
    (changed(partial=["entity"]), r"'partial' must be a list of layers"),
    (changed(relation_level="document"), r"'relation_level' must be"),
    (changed(text=None), r"'text' must be a text, not nothing"),
    (changed(lang=3), r"'lang' must be a text"),
    (changed(id=""), r"'id' must be"),
    ("[1]", r"must be a JSON object, not a list"),
    ('{"id": 1, ', r"not valid JSON.*column"),
    ("[" * 100_000, r"nested too deep"),
]


@pytest.mark.parametrize(("line", "words"), FAULTS)
def test_fault_is_named_with_file_line_and_key(tmp_path, line, words):
    path = tmp_path / "in.jsonl"
    path.write_text(f'{{"id": 0, "text": "ok"}}\n\n{line}\n', encoding="utf-8")
    records = read_records(path)
    assert next(records).id == "0"
    with pytest.raises(RecordError, match=rf"in\.jsonl, line 3.*{words}"):
        next(records)


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.jsonl.xz"])
def test_files_are_compressed_by_their_suffix(tmp_path, name):
    path = tmp_path / name
    record = parse_record(changed())
    assert write_records(path, [record, record]) == 2
    assert list(read_records(path)) == [record, record]
    head = path.read_bytes()[:2]
    assert head == {".jsonl": b'{"', ".gz": b"\x1f\x8b", ".xz": b"\xfd7"}[path.suffix]
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_interrupted_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "out.jsonl"
    record = parse_record(changed())
    write_records(path, [record])

    def failing():
        yield record
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_records(path, failing())
    assert list(read_records(path)) == [record] and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_damaged_archive_is_reported(tmp_path, pack):
    lines = "".join(f'{{"id": "{i}", "text": "{i * 7919}"}}\n' for i in range(5000))
    path = tmp_path / ("in.gz" if pack is gzip.compress else "in.xz")
    path.write_bytes(pack(lines.encode())[:-300])
    with pytest.raises(RecordError, match=r"line \d+: damaged file"):
        list(read_records(path))
    packed = bytearray(pack(lines.encode()))
    packed[100:200] = bytes(100)
    path.write_bytes(packed)
    with pytest.raises(RecordError, match=r"line \d+: damaged file"):
        list(read_records(path))
    path.write_bytes(b"no archive")
    with pytest.raises(RecordError, match="line 1: damaged file"):
        list(read_records(path))


def test_bytes_that_are_not_utf8_are_reported(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_bytes('{"id": 1, "text": "人物"}'.encode("gb18030"))
    with pytest.raises(RecordError, match="line 1: not UTF-8"):
        list(read_records(path))


def test_file_with_byte_order_mark_and_no_final_line_feed_is_read(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": 1, "text": "a"}\r\n{"id": 2, "text": "b"}')
    assert [r.text for r in read_records(path)] == ["a", "b"]


CONFIDENCE = st.floats(0, 1)


@st.composite
def annotated(draw):
    words = draw(st.lists(st.sampled_from(["Ada", "查尔斯", "e\u0301t", "🙂", "B."]), min_size=1))
    text = " ".join(words)
    spans = []
    for i, word in enumerate(words):
        start = len(" ".join(words[:i])) + (i > 0)
        spans.append((start, start + len(word)))
    span = st.sampled_from(spans)
    name = st.sampled_from(["Person", "人物", "x y"])
    mentions = {(*draw(span), draw(name)): draw(CONFIDENCE) for _ in range(draw(st.integers(0, 5)))}
    ordered = tuple(Mention(*key, confidence) for key, confidence in sorted(mentions.items()))
    index = st.integers(0, len(ordered) - 1)
    relation = st.builds(Relation, name, index, index, CONFIDENCE)
    relations = st.lists(relation, max_size=3) if ordered else st.just([])
    trigger = st.builds(lambda s, c: Span(*s, c), span, CONFIDENCE)
    argument = st.builds(lambda s, r, c: Argument(*s, r, c), span, name, CONFIDENCE)
    arguments = st.lists(argument, max_size=3).map(tuple)
    events = st.builds(Event, name, st.none() | trigger, arguments, CONFIDENCE)
    clusters = (tuple(range(len(ordered))),) if len(ordered) > 1 else ()
    return text, Annotation(
        ordered,
        tuple(draw(relations)),
        tuple(draw(st.lists(events, max_size=3))),
        clusters,
    )


@given(annotated())
@settings(max_examples=50, deadline=None)
def test_annotation_round_trips_through_json(case):
    text, annotation = case
    data = json.loads(json.dumps(annotation_to_json(annotation)))
    assert annotation_from_json(data, text) == annotation
    record = Record("1", text, annotation, layers=frozenset(LAYERS))
    assert parse_record(dump_record(record)) == record


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not beside the checkout")
def test_every_data_set_reads_and_writes_back_unchanged():
    paths = sorted(DATA.glob("*/dev*.jsonl.xz"))
    assert paths
    for path in paths:
        with lzma.open(path, "rt", encoding="utf-8") as file:
            for line, record in islice(zip(file, read_records(path), strict=True), 100):
                if path.parent.name != "tekgen":  # has white space around type names
                    assert without_confidence(record_to_json(record)) == json.loads(line)
