import sqlite3
from pathlib import Path

import pytest

from kgbuilder.cache import AnnotationCache
from model.annotations import Annotation, Argument, Event, Mention, Relation, Span

TEXT = "Ada met 艾伦 in Kent."
ANNOTATION = Annotation(
    mentions=(Mention(0, 3, "Person", 0.75), Mention(8, 10, "人物"), Mention(14, 18, "Place")),
    relations=(Relation("met", 0, 1, 0.123456789),),
    events=(
        Event("Meeting", Span(4, 7, 0.5), (Argument(0, 3, "who", 0.25),), 0.9),
        Event("Other", None),
    ),
    clusters=((0, 1),),
)
BIG = 1 << 30


def test_an_entry_comes_back_unchanged_in_another_session(tmp_path: Path) -> None:
    with AnnotationCache(tmp_path, "f", BIG) as cache:
        cache.put({TEXT: ANNOTATION})
    with AnnotationCache(tmp_path, "f", BIG) as cache:
        assert cache.get([TEXT, "unknown"]) == {TEXT: ANNOTATION}


def test_another_fingerprint_misses(tmp_path: Path) -> None:
    with AnnotationCache(tmp_path, "f", BIG) as cache:
        cache.put({TEXT: ANNOTATION})
    with AnnotationCache(tmp_path, "g", BIG) as cache:
        assert cache.get([TEXT]) == {}


def test_a_damaged_entry_is_a_miss_and_can_be_replaced(tmp_path: Path) -> None:
    with AnnotationCache(tmp_path, "f", BIG) as cache:
        cache.put({TEXT: ANNOTATION, "sound": Annotation()})
    with sqlite3.connect(tmp_path / "annotations.sqlite") as connection:
        connection.execute(
            "UPDATE annotation SET value = substr(value, 1, 20) WHERE length(value) > 100"
        )
    with AnnotationCache(tmp_path, "f", BIG) as cache:
        assert cache.get([TEXT, "sound"]) == {"sound": Annotation()}
        cache.put({TEXT: ANNOTATION})
        assert cache.get([TEXT]) == {TEXT: ANNOTATION}


def test_a_file_that_is_no_database_is_started_anew(tmp_path: Path) -> None:
    (tmp_path / "annotations.sqlite").write_bytes(b"no database at all" * 1000)
    with AnnotationCache(tmp_path, "f", BIG) as cache:
        assert cache.get([TEXT]) == {}
        cache.put({TEXT: ANNOTATION})
    with AnnotationCache(tmp_path, "f", BIG) as cache:
        assert cache.get([TEXT]) == {TEXT: ANNOTATION}


def test_a_file_damaged_in_the_middle_never_raises(tmp_path: Path) -> None:
    texts = {f"{TEXT} {i}": ANNOTATION for i in range(2000)}
    with AnnotationCache(tmp_path, "f", BIG) as cache:
        cache.put(texts)
    path = tmp_path / "annotations.sqlite"
    content = bytearray(path.read_bytes())
    content[4096 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4096)
    path.write_bytes(bytes(content))
    with AnnotationCache(tmp_path, "f", BIG) as cache:
        assert set(cache.get(list(texts)).values()) <= {ANNOTATION}
        cache.put({TEXT: ANNOTATION})


def test_the_oldest_entries_go_when_the_cache_is_full(tmp_path: Path) -> None:
    limit = 500_000
    with AnnotationCache(tmp_path, "f", limit) as cache:
        for i in range(60):
            cache.put({f"{TEXT} {i} {j}": ANNOTATION for j in range(50)})
        assert cache.get([f"{TEXT} 0 0"]) == {}
        assert cache.get([f"{TEXT} 59 49"]) == {f"{TEXT} 59 49": ANNOTATION}
    assert cache.path.stat().st_size < 1.5 * limit


def test_a_folder_that_cannot_be_made_costs_only_the_cache(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    with AnnotationCache(tmp_path / "file" / "below", "f", BIG) as cache:
        cache.put({TEXT: ANNOTATION})
        assert cache.get([TEXT]) == {}
    assert "No cache of annotations" in caplog.text
