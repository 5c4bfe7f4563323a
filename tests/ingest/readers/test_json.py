from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.documents import Document, Failure
from ingest.options import ReadLimits, ReadOptions
from ingest.reader import read


def test_a_line_is_a_document_with_the_rest_as_metadata(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    record = {
        "id": 7,
        "title": "News",
        "text": "She won.\r\n居里。",
        "tags": ["a", "居"],
        "x": None,
    }
    path.write_text(json.dumps(record) + '\n\n{"body": "B.", "ok": true}\n', encoding="utf-8")
    first, second = read(path)
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert (first.text, first.title) == ("She won.\n居里。", "News")
    assert first.uri == path.as_uri() + "#line=1"
    assert dict(first.metadata) == {"id": "7", "tags": '["a", "居"]'}
    assert (second.text, second.uri) == ("B.", path.as_uri() + "#line=3")
    assert dict(second.metadata) == {"ok": "true"}


def test_a_broken_line_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [
        b'{"text": "good"}',
        b'{"text": "cut"',
        b"[1, 2]",
        b'{"title": "no text"}',
        b'{"text": 5}',
        b'{"text": "  "}',
        b'{"text": "\xff\xfe"}',
        b'{"text": ' + b"[" * 100_000 + b"}",
        b'{"text": ' + b"9" * 10_000 + b"}",
        '{"text": "also good: 居里"}'.encode(),
    ]
    path.write_bytes(b"\n".join(lines))
    results = list(read(path))
    assert [result.uri.partition("#")[2] for result in results] == [
        f"line={number}" for number in range(1, 11)
    ]
    assert isinstance(results[0], Document)
    assert isinstance(results[-1], Document)
    reasons = [result.reason for result in results if isinstance(result, Failure)]
    expected = [
        "not valid JSON",
        "an array",
        "no field",
        "not a string but a number",
        "is empty",
        "bytes that are not valid",
        "nested too deeply",
        "not valid JSON",
    ]
    assert len(reasons) == len(expected)
    for number, (reason, part) in enumerate(zip(reasons, expected, strict=True), 2):
        assert reason.startswith(f"line {number}: ")
        assert part in reason


def test_a_line_beyond_the_limit_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "x" * 500}) + '\n{"text": "short"}\n')
    bad, good = read(path, ReadOptions(limits=ReadLimits(max_text_chars=100, max_file_bytes=10)))
    assert isinstance(bad, Failure)
    assert bad.reason == "line 1: longer than the limit of 100 characters"
    assert isinstance(good, Document)
    assert good.uri.endswith("#line=2")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_other_encodings_are_read(tmp_path: Path, read_one, encoding: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes('{"text": "居里夫人出生于华沙。"}\n'.encode(encoding))
    assert read_one(path).text == "居里夫人出生于华沙。"


def test_fields_can_be_named_and_ids_make_stable_uris(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"k": "ä/1", "abstract": "A.", "t": "T"}\n{"k": "ä/1", "abstract": "B."}\n')
    options = ReadOptions(text_field="abstract", title_field="t", id_field="k")
    good, repeated = read(path, options)
    assert isinstance(good, Document)
    assert (good.text, good.title) == ("A.", "T")
    assert good.uri == path.as_uri() + "#id=%C3%A4%2F1"
    assert isinstance(repeated, Failure)
    assert "repeats" in repeated.reason


def test_a_json_object_is_one_document_and_an_array_many(tmp_path: Path, read_one) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"text": "One.",\n "n": 1}')
    document = read_one(path)
    assert (document.uri, document.text) == (path.as_uri(), "One.")
    path.write_text('[{"text": "One."}, 5, {"text": "Two."}]')
    first, bad, second = read(path)
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert (first.uri, second.uri) == (path.as_uri() + "#/0", path.as_uri() + "#/2")
    assert isinstance(bad, Failure)
    assert bad.reason == "element 1: not an object but a number"


def test_json_lines_named_json_are_read_as_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"text": "One."}\n{"text": "Two."}\n')
    assert [document.uri.partition("#")[2] for document in read(path)] == ["line=1", "line=2"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a": 1', "not valid JSON"),
        ('{"a": 1}', "no field 'text' or 'content' or 'body'"),
        ("[]", "no records"),
        ("null", "not an object but null"),
    ],
)
def test_broken_json_is_a_failure(tmp_path: Path, read_failure, source: str, reason: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(source)
    assert reason in read_failure(path)


def test_lone_surrogates_do_not_reach_the_text(tmp_path: Path, read_one) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a\\ud800b\\u0000c \\ud83d\\ude00", "\\ud800": "\\udfff"}\n')
    document = read_one(path)
    assert document.text == "a\ufffdbc 😀"
    assert dict(document.metadata) == {"\ufffd": "\ufffd"}
