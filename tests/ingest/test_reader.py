from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from ingest.documents import Document, Failure
from ingest.options import ReadLimits, ReadOptions
from ingest.reader import read


def test_missing_empty_huge_and_unsupported_files_are_failures(
    tmp_path: Path, read_failure
) -> None:
    path = tmp_path / "a.txt"
    assert "No such file" in read_failure(path)
    path.write_bytes(b"")
    assert read_failure(path) == "the file is empty"
    path.write_text("x" * 100)
    options = ReadOptions(limits=ReadLimits(max_file_bytes=99))
    assert read_failure(path, options) == "100 bytes, more than the limit of 99"
    (tmp_path / "a.py").write_text("x = 1")
    assert "type .py" in read_failure(tmp_path / "a.py")
    assert "a folder" in read_failure(tmp_path)


def test_a_pipe_is_a_failure_and_does_not_block(tmp_path: Path, read_failure) -> None:
    os.mkfifo(tmp_path / "a.txt")
    assert "not a regular file" in read_failure(tmp_path / "a.txt")


def test_an_unreadable_file_is_a_failure(tmp_path: Path, read_failure) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert "Permission denied" in read_failure(path)


def test_the_content_decides_what_a_file_is(tmp_path: Path, read_one, read_failure) -> None:
    (tmp_path / "page.txt").write_text(
        "<!DOCTYPE html><html><body><p>Hi <b>you</b></p></body></html>"
    )
    document = read_one(tmp_path / "page.txt")
    assert (document.text, document.media_type) == ("Hi you", "text/html")
    (tmp_path / "page.pdf").write_text("<html><body><p>Not found</p></body></html>")
    assert read_one(tmp_path / "page.pdf").media_type == "text/html"
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("a.txt", "x")
    assert "a zip file that is not DOCX" in read_failure(tmp_path / "a.docx")
    with zipfile.ZipFile(tmp_path / "a.txt", "w") as archive:
        archive.writestr("[Content_Types].xml", "x")
        archive.writestr("xl/workbook.xml", "x")
    assert "spreadsheets" in read_failure(tmp_path / "a.txt")
    (tmp_path / "b.txt").write_bytes(b"\x7fELF" + bytes(range(256)) * 4)
    assert "binary" in read_failure(tmp_path / "b.txt")


def test_a_file_without_a_suffix_is_read_if_it_is_text(
    tmp_path: Path, read_one, read_failure
) -> None:
    (tmp_path / "README").write_text("Hello.")
    assert read_one(tmp_path / "README").text == "Hello."
    (tmp_path / "data").write_bytes(bytes(1000))
    assert "binary" in read_failure(tmp_path / "data")


def test_the_uri_is_the_same_however_the_file_is_named(
    tmp_path: Path, read_one, monkeypatch
) -> None:
    path = tmp_path / "a b 居.txt"
    path.write_text("Hi.")
    (tmp_path / "link.txt").symlink_to(path)
    monkeypatch.chdir(tmp_path)
    uris = {
        read_one(p).uri for p in (path, path.name, f"../{tmp_path.name}/{path.name}", "link.txt")
    }
    assert uris == {path.resolve().as_uri()}


def test_the_hash_covers_text_title_marks_and_metadata(tmp_path: Path, read_one) -> None:
    path = tmp_path / "a.md"
    hashes = []
    for source in (
        "# T\n\ntext",
        "T\n\ntext",
        "---\na: 1\n---\n# T\n\ntext",
        "---\ntitle: U\n---\n# T\n\ntext",
    ):
        path.write_text(source)
        hashes.append(read_one(path).sha256)
    assert len(set(hashes)) == 4
    path.write_text("# T\r\n\r\ntext  ")
    assert read_one(path).sha256 == hashes[0]


def test_reading_again_gives_the_same_document(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<h1>T</h1>" + "<p>Marie Curie was born in Warsaw, in 1867.</p>" * 20)
    assert list(read(path)) == list(read(path))


@pytest.mark.parametrize(
    "name", ["a.pdf", "a.docx", "a.pptx", "a.epub", "a.html", "a.md", "a.csv", "a.json", "a.jsonl"]
)
@pytest.mark.parametrize("seed", range(4))
def test_damage_of_any_kind_gives_failures_and_no_exception(
    tmp_path: Path, name: str, seed: int
) -> None:
    import random

    randomness = random.Random(seed)
    path = tmp_path / name
    starts = {".pdf": b"%PDF-1.7\n1 0 obj <<", ".docx": b"PK\x03\x04", ".epub": b"PK\x03\x04"}
    path.write_bytes(starts.get(path.suffix, b"") + randomness.randbytes(2000))
    for result in read(path):
        assert isinstance(result, (Document, Failure))
