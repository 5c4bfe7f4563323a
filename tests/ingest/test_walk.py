from __future__ import annotations

import logging
import tracemalloc
from pathlib import Path

import pytest

from ingest.documents import Document, Failure
from ingest.walk import files, walk


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Text of {name}.")


def names(root: Path, paths: list[Path]) -> list[str]:
    found = []
    for path in files(paths):
        assert isinstance(path, Path), path
        found.append(path.relative_to(root).as_posix())
    return found


def test_folders_are_read_in_sorted_order_without_hidden_files(tmp_path: Path) -> None:
    write(
        tmp_path, "b.txt", "a/z.md", "a/.hidden.txt", ".git/x.txt", "c/d/e.txt", "B.txt", "a.html"
    )
    assert names(tmp_path, [tmp_path]) == ["B.txt", "a/z.md", "a.html", "b.txt", "c/d/e.txt"]


def test_named_paths_come_as_named(tmp_path: Path) -> None:
    write(tmp_path, "b.txt", "a/z.md", ".hidden.txt", "x.py")
    paths = [tmp_path / name for name in ("b.txt", ".hidden.txt", "a", "x.py")]
    assert names(tmp_path, paths) == ["b.txt", ".hidden.txt", "a/z.md", "x.py"]
    results = list(walk(paths))
    assert [type(result) for result in results] == [Document, Document, Document, Failure]


def test_unknown_types_in_folders_are_passed_over_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, "a.txt", "b.py", "c.png", "LICENSE")
    with caplog.at_level(logging.INFO, "ingest.walk"):
        assert names(tmp_path, [tmp_path]) == ["a.txt"]
    assert "Passed over 3 files" in caplog.text


def test_a_missing_path_is_a_failure_and_the_rest_goes_on(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    missing, found = walk([tmp_path / "no", tmp_path])
    assert missing == Failure((tmp_path / "no").as_uri(), "there is no such file or folder")
    assert isinstance(found, Document)
    (failure,) = walk(["bad\0name"])
    assert isinstance(failure, Failure)


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    write(tmp_path, "root/a/one.txt", "elsewhere/two.txt")
    (tmp_path / "root/a/loop").symlink_to(tmp_path / "root")
    (tmp_path / "root/b").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "root/c").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "root/dangling.txt").symlink_to(tmp_path / "nowhere")
    assert names(tmp_path, [tmp_path / "root"]) == ["root/a/one.txt", "root/b/two.txt"]


def test_folders_may_be_nested_deeply(tmp_path: Path) -> None:
    path = tmp_path
    for _ in range(300):
        path = path / "d"
    path.mkdir(parents=True)
    (path / "a.txt").write_text("x")
    assert len(list(files([tmp_path]))) == 1


def test_an_unreadable_file_among_others_is_named(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "c.txt")
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.4 nonsense")
    results = list(walk([tmp_path]))
    assert [type(result) for result in results] == [Document, Failure, Document]
    assert results[1].uri == (tmp_path / "b.pdf").as_uri()


def test_memory_does_not_grow_with_the_number_of_files(tmp_path: Path) -> None:
    for folder in range(10):
        (tmp_path / f"{folder}").mkdir()
        for name in range(10):
            (tmp_path / f"{folder}/{name}.txt").write_text("word " * 5_000)
    tracemalloc.start()
    try:
        count = sum(1 for _ in walk([tmp_path]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 100
    assert peak < 800_000  # all files together are 2.5 MB
