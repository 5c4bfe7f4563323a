from __future__ import annotations

from pathlib import Path

import pytest

from ingest.documents import Document, Failure
from ingest.options import ReadLimits, ReadOptions
from ingest.reader import read


def test_a_row_is_a_document_with_its_columns_named(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text('name,born,note\n"Curie, Marie",1867,"two\nlines"\n居里,,物理学家\n')
    first, second = read(path)
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert first.text == "name: Curie, Marie\nborn: 1867\nnote: two lines"
    assert first.title == "Curie, Marie"
    assert first.uri == path.as_uri() + "#row=2"
    assert first.source == path.as_uri()
    assert second.text == "name: 居里\nnote: 物理学家"
    assert second.uri == path.as_uri() + "#row=3"


@pytest.mark.parametrize(
    ("name", "delimiter"), [("a.tsv", "\t"), ("a.csv", ";"), ("a.csv", "\t"), ("a.csv", "|")]
)
def test_other_delimiters_are_told_from_the_header(
    tmp_path: Path, read_one, name: str, delimiter: str
) -> None:
    path = tmp_path / name
    path.write_text(f"name{delimiter}born, died\nMarie Curie{delimiter}1867, 1934\n")
    assert read_one(path).text == "name: Marie Curie\nborn, died: 1867, 1934"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_other_encodings_are_read(tmp_path: Path, read_one, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("姓名,出生地点\r\n居里夫人,波兰华沙\r\n".encode(encoding))
    assert read_one(path).text == "姓名: 居里夫人\n出生地点: 波兰华沙"


def test_a_broken_row_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        b'name,born\nMarie,1867\nPierre,1859,too,many\n"bad"quote,1\n\nIr\xff\xfene,1897\n'
        + "Ève,1904\n".encode()
    )
    results = list(read(path))
    assert [type(result) for result in results] == [Document, Failure, Failure, Failure, Document]
    reasons = [result.reason for result in results if isinstance(result, Failure)]
    assert reasons[0] == "line 3: 4 cells, but the header has 2 columns"
    assert reasons[1].startswith("line 4: not valid CSV")
    assert reasons[2].startswith("line 6: bytes")
    assert [result.uri.partition("#")[2] for result in results] == [
        "row=2",
        "row=3",
        "row=4",
        "row=6",
        "row=7",
    ]


def test_a_quote_that_never_closes_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('name\nMarie\n"never closed\n' + "x\n" * 10)
    good, bad = read(path)
    assert isinstance(good, Document)
    assert isinstance(bad, Failure)
    assert bad.reason.startswith("line 3")


def test_a_cell_beyond_the_limit_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"name,text\nMarie,{'x' * 5000}\nPierre,y\n")
    bad, good = read(path, ReadOptions(limits=ReadLimits(max_text_chars=4000)))
    assert isinstance(bad, Failure)
    assert "line 2" in bad.reason
    assert isinstance(good, Document)


def test_text_title_and_id_columns_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,headline,body,year\na 1,News,She won.,1903\na 1,Copy,Again.,1\nb,Old,,2\n")
    options = ReadOptions(text_field="body", title_field="headline", id_field="id")
    good, repeated, empty = read(path, options)
    assert isinstance(good, Document)
    assert (good.text, good.title) == ("She won.", "News")
    assert dict(good.metadata) == {"id": "a 1", "year": "1903"}
    assert good.uri == path.as_uri() + "#id=a%201"
    assert isinstance(repeated, Failure)
    assert "'a 1'" in repeated.reason
    assert isinstance(empty, Failure)
    assert "'body' is empty" in empty.reason


def test_a_column_that_is_not_there_is_a_failure(tmp_path: Path, read_failure) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    assert "the columns are: a, b" in read_failure(path, ReadOptions(text_field="body"))


def test_a_table_without_rows_is_a_failure(tmp_path: Path, read_failure) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n")
    assert "no records" in read_failure(path)


def test_repeated_and_missing_column_names_are_told_apart(tmp_path: Path, read_one) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,,name\nx,y,z\n")
    assert read_one(path).text == "name: x\ncolumn 2: y\nname (2): z"


def test_a_large_table_is_streamed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,n\n" + "".join(f"someone,{n}\n" for n in range(5_000)))
    options = ReadOptions(limits=ReadLimits(max_file_bytes=1000))
    documents = read(path, options)
    assert next(documents).uri.endswith("#row=2")
    assert sum(1 for _ in documents) == 4_999
