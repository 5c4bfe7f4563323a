from __future__ import annotations

import gzip
import json
import multiprocessing.spawn
import random
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from corpora import save_tokenizer
from typer.testing import CliRunner

from model.corpus.building import DROPPED, REPORT, Report, build
from model.corpus.errors import CorpusError
from model.corpus.packed import PackedCorpus
from model.corpus.recipe import Recipe, load_recipe

EN = [
    "the", "of", "and", "river", "stone", "house", "was", "in", "garden", "people", "built",
    "century", "king", "known", "city", "under", "water", "mountain", "music", "school",
]  # fmt: skip
ZH = (
    "这座城市位于河流的北岸建年居民约有以丝绸和瓷器闻名世人口万学校山水音乐历史文化经济发展国家中心"
)


def prose(seed: int, sentences: int = 12) -> str:
    chosen = random.Random(seed)
    return " ".join(
        " ".join(["The", *chosen.choices(EN, k=12)]) + f" {chosen.randrange(9999)}."
        for _ in range(sentences)
    )


def chinese(seed: int) -> str:
    chosen = random.Random(seed)
    return "".join("".join(chosen.choices(ZH, k=24)) + "。" for _ in range(9))


def workers(process: psutil.Process) -> list[psutil.Process]:
    """Children that run; one that has ended is no worker, though nobody asked for its exit yet."""
    found = []
    for child in process.children():
        with suppress(psutil.NoSuchProcess):  # ended, or a zombie
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_tokenizer(tmp_path / "model")
    rows: list[Any] = [{"id": number, "text": prose(number)} for number in range(40)]
    rows += [
        {"id": "same", "text": prose(3).upper()},
        {"id": "near", "text": prose(4, 40)},
        {"id": "nearly", "text": prose(4, 40).replace("9", "8", 1)},
        {"id": "chinese", "text": chinese(1)},
        {"id": "short", "text": "Too short."},
        {"id": "leaked", "text": prose(99)},
        "broken",
    ]
    write(tmp_path / "en.jsonl", rows)
    write(tmp_path / "zh.jsonl", [{"text": chinese(seed)} for seed in range(2, 8)])
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").write_text("def f():\n    return 1\n" * 10)
    write(tmp_path / "test.jsonl", [{"text": prose(99)}])
    return tmp_path


def write(path: Path, rows: list[Any]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def recipe_file(folder: Path, **changes: Any) -> Path:
    recipe = {
        "tokenizer": "model",
        "output": "packed",
        "max_tokens": 128,
        "languages": ["en"],
        "evaluation": ["test.jsonl"],
        "sources": [
            {"name": "english", "shape": "web", "paths": ["en.jsonl"]},
            {"name": "chinese", "shape": "web", "paths": ["zh.jsonl"], "languages": ["zh"]},
            {"name": "code", "shape": "code", "paths": ["code"]},
        ],
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe | changes))
    return path


def content(corpus: PackedCorpus) -> list[list[int]]:
    return [sample.tolist() for sample in corpus]


def test_a_corpus_is_built_and_the_report_says_what_was_left_out(folder: Path) -> None:
    corpus, report = build(load_recipe(recipe_file(folder)))
    corpus.verify()
    assert corpus.path == folder / "packed"
    english = report.sources["english"]
    assert english.documents == 47
    assert english.kept == 41
    assert english.dropped == {
        "exact duplicate": 1, "near duplicate": 1, "language": 1, "quality: too-short": 1,
        "evaluation overlap": 1, "unreadable": 1,
    }  # fmt: skip
    assert report.sources["chinese"].languages == {"zh": 6}
    assert report.bytes_read == report.bytes_total
    counts = {name: count.documents for name, count in corpus.sources.items()}
    assert counts == {"english": 41, "chinese": 6, "code": 1}
    assert sum(len(sample) for sample in corpus) == report.tokens == corpus.token_count
    with gzip.open(corpus.path / DROPPED, "rt", encoding="utf-8") as file:
        dropped = {row["id"]: row for row in map(json.loads, file)}
    assert dropped["en.jsonl#same"]["detail"] == "of english: en.jsonl#3"
    assert dropped["en.jsonl#nearly"]["detail"].startswith("of english: en.jsonl#near, similarity")
    assert dropped["en.jsonl#leaked"]["reason"] == "evaluation overlap"
    assert dropped["en.jsonl:47"]["reason"] == "unreadable"
    written = json.loads((corpus.path / REPORT).read_text())
    assert written["sources"]["english"]["dropped"]["near duplicate"] == 1
    assert {found.name for found in corpus.path.iterdir()} == {
        "tokens.bin", "index.bin", "corpus.json", REPORT, DROPPED,
    }  # fmt: skip


def test_the_number_of_workers_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.corpus.building.BATCH_DOCUMENTS", 5)
    recipe = load_recipe(recipe_file(folder))
    one, _ = build(recipe)
    other = recipe.model_copy(update={"output": folder / "other"})
    two, report = build(other, workers=2)
    assert content(one) == content(two)
    assert one.manifest.checksums == two.manifest.checksums
    assert report.dropped["near duplicate"] == 1
    assert not workers(psutil.Process())


def test_what_fails_leaves_no_corpus_behind(folder: Path) -> None:
    recipe = load_recipe(recipe_file(folder))

    def stop(report: Report) -> None:
        if report.documents == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(recipe, workers=2, observer=stop)
    assert not recipe.output.exists()
    assert not list(folder.glob("*.partial"))
    assert not workers(psutil.Process())


def test_a_worker_that_cannot_start_is_an_error_and_no_hang(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More than a pipe holds waits for a worker that ends before it reads.
    write(folder / "en.jsonl", [{"text": prose(number, 500)} for number in range(20)])
    spawn = multiprocessing.get_context("spawn")
    monkeypatch.setattr(multiprocessing.spawn, "get_executable", lambda: b"/bin/false")
    monkeypatch.setattr("model.corpus.building.BATCH_DOCUMENTS", 5)
    # Which shows first depends on when the system tells of the end of the process.
    shown = "use fewer workers|no worker process can be started: ."
    with pytest.raises(CorpusError, match=shown):
        build(load_recipe(recipe_file(folder)), workers=2)
    assert not spawn.active_children()


def test_workers_end_with_a_parent_that_is_killed(folder: Path) -> None:
    script = (
        "import sys, time; from model.corpus.building import build;"
        "from model.corpus.recipe import load_recipe;"
        "build(load_recipe(sys.argv[1]), workers=2, observer=lambda report: time.sleep(60))"
    )
    parent = psutil.Popen([sys.executable, "-c", script, str(recipe_file(folder))])
    deadline = time.monotonic() + 60
    while not (started := workers(parent)):
        assert time.monotonic() < deadline and parent.is_running()
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(started, timeout=60)
    assert not alive


def test_duplicates_and_documents_follow_the_recipe(folder: Path) -> None:
    recipe = load_recipe(
        recipe_file(
            folder,
            duplicates={"exact": False, "near": False},
            evaluation=[],
            sources=[{"name": "e", "shape": "web", "paths": ["en.jsonl"], "documents": 43}],
        )
    )
    _, report = build(recipe)
    assert report.sources["e"].documents == 43
    assert report.sources["e"].kept == 43


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tokenizer": "absent"}, "absent"),
        ({"sources": []}, "sources"),
        ({"sources": [{"name": "a", "shape": "zip", "paths": ["en.jsonl"]}]}, "source shape 'zip'"),
        ({"sources": [{"name": "a", "shape": "web", "paths": ["absent.jsonl"]}]}, "absent.jsonl"),
        ({"sources": 2 * [{"name": "a", "shape": "web", "paths": ["en.jsonl"]}]}, "'a'"),
        ({"max_token": 5}, "max_token"),
        ({"rules": "absent.yaml"}, "absent.yaml"),
    ],
)
def test_mistakes_in_recipes_are_named(folder: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(CorpusError, match=said):
        load_recipe(recipe_file(folder, **changes))


def test_the_example_recipe_is_valid() -> None:
    root = Path(__file__).resolve().parents[2]
    example = yaml.safe_load((root / "configs" / "corpus" / "example.yaml").read_text("utf-8"))
    assert len(Recipe.model_validate(example).sources) == 7


def test_the_command_builds_merges_and_verifies(folder: Path) -> None:
    import typer

    from kgbuilder.cli import train_corpus

    app = typer.Typer()
    app.command()(train_corpus.command)

    def call(*arguments: object) -> str:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    output = call(recipe_file(folder), "--workers", 1)
    assert "english: 41 documents" in output
    assert "near duplicate" in output
    call(recipe_file(folder), "--workers", 1, "-o", folder / "again")
    call("--merge", folder / "packed", folder / "again", "-o", folder / "both")
    assert len(PackedCorpus(folder / "both")) == 2 * len(PackedCorpus(folder / "packed"))
    assert "whole" in call("--verify", folder / "both")
    file = folder / "both" / "tokens.bin"
    file.write_bytes(file.read_bytes()[:-1] + b"\1")
    refused = CliRunner().invoke(app, ["--verify", str(folder / "both")])
    assert isinstance(refused.exception, CorpusError)
