from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model.corpus.duplicates import Seen, digest, signature
from model.corpus.errors import CorpusError
from model.corpus.overlap import Overlap, evaluation_texts
from model.corpus.units import hashes, ngram_hashes, units

WORDS = [f"word{number}" for number in range(5000)]
ZH = "".join(chr(0x4E00 + number) for number in range(3000))


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[Seen]:
    found = Seen(tmp_path / "seen.sqlite", 0.8)
    yield found
    found.close()


def words(seed: int, count: int = 200) -> list[str]:
    return random.Random(seed).choices(WORDS, k=count)


def sign(text: str) -> np.ndarray:
    return signature(hashes(units(text)))


def similarity(first: str, second: str) -> float:
    runs = [set(ngram_hashes(hashes(units(text)), 5).tolist()) for text in (first, second)]
    return len(runs[0] & runs[1]) / len(runs[0] | runs[1])


def test_exact_duplicates_are_told_but_for_space_and_case(seen: Seen) -> None:
    assert seen.exact("1", digest("The  house.\n\nIt stands.")) is None
    assert seen.exact("2", digest("the house. it stands. ")) == "1"
    assert seen.exact("3", digest("the house. it stood.")) is None


def test_near_duplicates_are_found_and_others_are_not(seen: Seen) -> None:
    documents = [words(seed) for seed in range(60)]
    for number, document in enumerate(documents):
        assert seen.near(str(number), sign(" ".join(document))) is None
    for number, document in enumerate(documents):
        changed = [*document[:150], "other", *document[151:]]
        assert similarity(" ".join(document), " ".join(changed)) > 0.9
        found = seen.near("changed", sign(" ".join(changed)))
        assert found is not None
        assert found[0] == str(number)
        assert found[1] == pytest.approx(0.95, abs=0.08)
        half = document[:100] + words(1000 + number, 100)
        assert seen.near("half", sign(" ".join(half))) is None


def test_chinese_is_compared_by_characters(seen: Seen) -> None:
    text = "".join(random.Random(1).choices(ZH, k=400))
    assert seen.near("1", sign(text)) is None
    assert seen.near("2", sign(text[:200] + "某" + text[201:])) is not None
    assert seen.near("3", sign("".join(random.Random(2).choices(ZH, k=400)))) is None


def test_signatures_estimate_similarity(seen: Seen) -> None:
    errors = []
    for seed in range(30):
        first = words(seed, 400)
        second = first[: 100 + 10 * seed] + words(seed + 500, 300 - 10 * seed)
        estimate = float(np.mean(sign(" ".join(first)) == sign(" ".join(second))))
        errors.append(estimate - similarity(" ".join(first), " ".join(second)))
    assert abs(np.mean(errors)) < 0.03
    assert np.std(errors) < 0.06


def test_what_was_seen_is_removed_at_the_end(tmp_path: Path) -> None:
    seen = Seen(tmp_path / "seen.sqlite", 0.8)
    seen.exact("1", b"x")
    seen.close()
    assert not list(tmp_path.iterdir())


def remove(overlap: Overlap, text: str) -> tuple[str, int]:
    found = units(text)
    return overlap.remove(text, found, hashes(found))


def test_lines_that_hold_evaluation_texts_are_taken_out(tmp_path: Path) -> None:
    test = "The senate met on Tuesday in the old hall by the river to vote on taxes and tolls."
    zh = "委员会星期二在河边的旧礼堂开会，就税收和通行费进行表决，结果将于下周公布。"
    Overlap.of([test, zh, "Too short."]).save(tmp_path / "overlap.npy")
    overlap = Overlap.load(tmp_path / "overlap.npy")
    keep = "Nothing of this line stands in any test set, however long it may go on and on."
    shouted = test.upper().replace(" ", ", ")
    text = f"{keep}\nHe wrote: {shouted}!\n{keep}"
    assert remove(overlap, text) == (f"{keep}\n{keep}", 1)
    assert remove(overlap, f"{keep}\n\n据报道，{zh}") == (keep, 1)
    # over the end of a line
    split = test.replace("hall by", "hall\nby")
    assert remove(overlap, f"{keep}\n{split}\n{keep}") == (f"{keep}\n{keep}", 2)
    for text in (keep, "The senate met on Tuesday in the old hall.", "Too short.", "", zh[:18]):
        assert remove(overlap, text) == (text, 0)
    assert remove(Overlap.of([]), test) == (test, 0)


def test_evaluation_texts_come_from_records_and_lines(tmp_path: Path) -> None:
    records = tmp_path / "a.jsonl"
    records.write_text('{"text": "One.", "id": 1}\n{"question": "Two?", "context": "Three."}\n')
    plain = tmp_path / "b.txt"
    plain.write_text("Four.\n\nFive.\n")
    assert list(evaluation_texts([records, plain])) == ["One.", "Two?", "Three.", "Four.", "Five."]
    records.write_text('{"other": 1}\n')
    with pytest.raises(CorpusError, match="no text"):
        list(evaluation_texts([records]))
