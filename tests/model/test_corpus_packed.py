from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from corpora import pack_samples
from hypothesis import given, settings
from hypothesis import strategies as st

from model.corpus.errors import CorpusError
from model.corpus.packed import (
    INDEX,
    MANIFEST,
    TOKENS,
    PackedCorpus,
    PackedWriter,
    Vocabulary,
    merge,
)

SAMPLES = st.lists(st.lists(st.integers(0, 99_999), min_size=1, max_size=40), max_size=30)


@settings(max_examples=30, deadline=None)
@given(first=SAMPLES, second=SAMPLES, vocabulary=st.sampled_from([100_000, 1 << 20]))
def test_samples_come_back_as_they_were_packed(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[list[int]],
    second: list[list[int]],
    vocabulary: int,
) -> None:
    path = tmp_path_factory.mktemp("packed") / "corpus"
    corpus = pack_samples(path, {"a": first, "b": second}, vocabulary)
    assert [list(sample) for sample in corpus] == first + second
    assert [list(sample) for sample in PackedCorpus(path, "b")] == second
    assert corpus.lengths.tolist() == [len(sample) for sample in first + second]
    assert corpus.sources["a"].tokens == sum(map(len, first))
    corpus.verify()


@pytest.mark.parametrize(("vocabulary", "width"), [(65_536, 2), (65_537, 4)])
def test_width_of_tokens_follows_the_vocabulary(
    tmp_path: Path, vocabulary: int, width: int
) -> None:
    corpus = pack_samples(tmp_path / "corpus", {"a": [[0, vocabulary - 1]]}, vocabulary)
    assert corpus[0].dtype.itemsize == width
    assert corpus[0].tolist() == [0, vocabulary - 1]
    assert (tmp_path / "corpus" / TOKENS).stat().st_size == 2 * width


def test_samples_are_views_that_cannot_be_written(tmp_path: Path) -> None:
    corpus = pack_samples(tmp_path / "corpus", {"a": [[1, 2], [3]]})
    assert corpus[-1].tolist() == [3]
    assert not corpus[0].flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        corpus[0][0] = 5
    for place in (2, -3):
        with pytest.raises(IndexError):
            corpus[place]


@pytest.mark.parametrize("bad", [[], [1000], [-1], list(range(65))])
def test_samples_that_do_not_fit_are_refused(tmp_path: Path, bad: list[int]) -> None:
    with pytest.raises(CorpusError):
        pack_samples(tmp_path / "corpus", {"a": [bad]})
    assert not list(tmp_path.iterdir())


def test_nothing_appears_before_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "corpus"
    with PackedWriter(path, Vocabulary(10, "x"), 8) as writer:
        writer.begin("a")
        writer.add([1, 2, 3])
        assert not path.exists()
    assert len(PackedCorpus(path)) == 1
    with pytest.raises(CorpusError, match="exists"), PackedWriter(path, Vocabulary(10, "x"), 8):
        pass
    with (
        pytest.raises(RuntimeError),
        PackedWriter(path, Vocabulary(10, "x"), 8, overwrite=True) as writer,
    ):
        writer.begin("a")
        raise RuntimeError
    assert PackedCorpus(path)[0].tolist() == [1, 2, 3]
    with PackedWriter(path, Vocabulary(10, "x"), 8, overwrite=True) as writer:
        writer.begin("a")
        writer.add([4])
    assert PackedCorpus(path)[0].tolist() == [4]
    assert [found.name for found in tmp_path.iterdir()] == ["corpus"]


def test_overwriting_spares_folders_that_are_no_corpus(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with (
        pytest.raises(CorpusError, match="no packed corpus"),
        PackedWriter(tmp_path / "photos", Vocabulary(10, "x"), 8, overwrite=True),
    ):
        pass
    assert (tmp_path / "photos").is_dir()


def test_what_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "corpus"
    script = (
        "import os, signal, sys\n"
        "from model.corpus.packed import PackedWriter, Vocabulary\n"
        "writer = PackedWriter(sys.argv[1], Vocabulary(10, 'x'), 8).__enter__()\n"
        "writer.begin('a'); writer.add([1])\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {"PYTHONPATH": root}
    killed = subprocess.run([sys.executable, "-c", script, str(path)], env=environment)
    assert killed.returncode == -signal.SIGKILL
    assert not path.exists()
    assert path.with_name("corpus.partial").exists()
    assert len(pack_samples(path, {"a": [[1], [2]]})) == 2
    assert [found.name for found in tmp_path.iterdir()] == ["corpus"]


def test_two_writers_of_one_corpus_do_not_mix(tmp_path: Path) -> None:
    with PackedWriter(tmp_path / "corpus", Vocabulary(10, "x"), 8) as writer:
        writer.begin("a")
        with (
            pytest.raises(CorpusError, match="another process"),
            PackedWriter(tmp_path / "corpus", Vocabulary(10, "x"), 8),
        ):
            pass
        writer.add([7])
    assert PackedCorpus(tmp_path / "corpus")[0].tolist() == [7]


@pytest.mark.parametrize("name", [TOKENS, INDEX])
def test_damage_is_found(tmp_path: Path, name: str) -> None:
    corpus = pack_samples(tmp_path / "corpus", {"a": [[1, 2], [3]]})
    file = corpus.path / name
    data = bytearray(file.read_bytes())
    data[0] ^= 1
    file.write_bytes(data)
    with pytest.raises(CorpusError, match="checksum"):
        PackedCorpus(corpus.path).verify()
    file.write_bytes(data[:-1])
    with pytest.raises(CorpusError, match="bytes instead of"):
        PackedCorpus(corpus.path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "version 2"),
        ({"format": "zip"}, "does not describe"),
        ({"samples": "x"}, "damaged|invalid"),
        ({"sources": {}}, "add up"),
    ],
)
def test_manifests_that_do_not_fit_are_refused(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    corpus = pack_samples(tmp_path / "corpus", {"a": [[1, 2], [3]]})
    file = corpus.path / MANIFEST
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(CorpusError, match=said):
        PackedCorpus(corpus.path)
    file.unlink()
    with pytest.raises(CorpusError, match="no packed corpus"):
        PackedCorpus(corpus.path)


def test_merging_joins_sources_of_one_name(tmp_path: Path) -> None:
    first = pack_samples(tmp_path / "1", {"zh": [[1], [2, 2]], "en": [[3]]})
    second = pack_samples(tmp_path / "2", {"en": [[4], [5]], "code": [[6]]})
    merged = merge([first.path, second.path], tmp_path / "merged")
    assert [sample.tolist() for sample in merged] == [[1], [2, 2], [3], [4], [5], [6]]
    assert {name: count.samples for name, count in merged.sources.items()} == {
        "zh": 2, "en": 3, "code": 1,
    }  # fmt: skip
    assert [sample.tolist() for sample in PackedCorpus(merged.path, "en")] == [[3], [4], [5]]
    merged.verify()


def test_corpora_of_different_tokenizers_are_not_merged(tmp_path: Path) -> None:
    first = pack_samples(tmp_path / "1", {"a": [[1]]}, 100)
    second = pack_samples(tmp_path / "2", {"a": [[1]]}, 101)
    with pytest.raises(CorpusError, match="different tokenizers"):
        merge([first.path, second.path], tmp_path / "merged")


def test_large_corpora_are_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.corpus.packed._BLOCK", 640)
    samples = [[number % 1000] * (1 + number % 60) for number in range(200)]
    corpus = pack_samples(tmp_path / "corpus", {"a": samples})
    blocks = list(corpus.blocks())
    assert len(blocks) > 5
    assert max(len(tokens) for tokens, _ in blocks) <= 640
    assert np.concatenate([tokens for tokens, _ in blocks]).tolist() == list(
        chain.from_iterable(samples)
    )
    assert np.concatenate([lengths for _, lengths in blocks]).tolist() == list(map(len, samples))


def _sum(corpus: PackedCorpus) -> int:
    return int(corpus[0].sum())


def test_other_processes_map_the_file_for_themselves(tmp_path: Path) -> None:
    corpus = pack_samples(tmp_path / "corpus", {"a": [[1]], "b": [[2, 3]]})
    part = PackedCorpus(corpus.path, "b")
    assert len(pickle.dumps(part)) < 1000
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(_sum, (part,)) == 5
