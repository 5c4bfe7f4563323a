"""Building, changing and deleting documents, on a real embedded database."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rule_extractor import RuleExtractor
from typer.testing import Result

import kgbuilder
from graph.store import StoreError, open_store
from graph.store.reading import dump
from kgbuilder.errors import InputError

Cli = Callable[..., Result]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    (folder / "zh").mkdir(parents=True)
    (folder / "acme.txt").write_text("Jane Smith founded Acme Company in 1901. Very good.")
    (folder / "beta.md").write_text("# Beta\n\nBob Jones joined Beta Institute.\n")
    (folder / "zh" / "north.txt").write_text("艾伦创立北方公司。")
    write_rows(folder, a="Carl Young joined Beta Institute.", b="Ann Wood joined Acme Company.")
    return folder


def write_rows(folder: Path, **texts: str) -> None:
    lines = [json.dumps({"key": key, "text": text}) for key, text in texts.items()]
    (folder / "rows.jsonl").write_text("\n".join(lines))


def graph(url: str) -> dict[str, list[Any]]:
    with open_store(url, writer=False) as store:
        return dump(store)


def names(url: str) -> set[str]:
    return {row["name"] for row in kgbuilder.query("MATCH (e:Entity) RETURN e.name AS name")}


def test_a_build_puts_facts_with_evidence_into_the_graph(store: str, documents: Path) -> None:
    report = kgbuilder.build(documents)
    assert (report.files, report.documents, report.written, report.failed) == (4, 5, 5, 0)
    assert names(store) >= {"Jane Smith", "Acme Company", "Beta Institute", "艾伦", "北方公司"}
    rows = kgbuilder.query(
        "MATCH (o:Organization)-[r:FOUNDED_BY]->(p:Person) "
        "WITH o, p, r.evidence_chunk[0] AS id "
        "MATCH (c:Chunk {id: id})-[:PART_OF]->(d:Document) "
        "RETURN o.name AS organization, p.name AS person, c.text AS text, d.uri AS uri "
        "ORDER BY organization"
    )
    assert [(row["organization"], row["person"]) for row in rows] == [
        ("Acme Company", "Jane Smith"),
        ("北方公司", "艾伦"),
    ]
    assert rows[0]["uri"] == (documents / "acme.txt").resolve().as_uri()
    assert "Jane Smith founded" in rows[0]["text"]


def test_a_second_build_writes_nothing(store: str, documents: Path) -> None:
    kgbuilder.build(documents)
    with open_store(store, writer=False) as opened:
        times = "MATCH (d:Document) RETURN d.uri AS uri, d.ingested_at AS at ORDER BY uri"
        before = opened.query(times)
        extractor = RuleExtractor()
        report = kgbuilder.build(documents, extractor=extractor)
        assert (report.written, report.unchanged, report.retracted) == (0, 5, 0)
        assert extractor.texts == 0
        assert opened.query(times) == before


def test_a_changed_file_changes_only_what_it_states(store: str, documents: Path) -> None:
    kgbuilder.build(documents)
    (documents / "acme.txt").write_text("Jane Smith founded Omega Company in 1901. Very good.")
    report = kgbuilder.build(documents)
    assert (report.written, report.unchanged) == (1, 4)
    changed = graph(store)
    assert "Acme Company" in names(store)  # rows.jsonl still names it
    assert not kgbuilder.query("MATCH (e {name: 'Acme Company'})-[r:FOUNDED_BY]->() RETURN r")
    with open_store(store, writer=True) as opened:
        opened.query("MATCH (n) DETACH DELETE n", write=True)
    kgbuilder.build(documents)
    assert graph(store) == changed


def test_deleting_leaves_no_trace(store: str, documents: Path, cli: Cli) -> None:
    others = [documents / "beta.md", documents / "rows.jsonl", documents / "zh"]
    kgbuilder.build(others)
    before = graph(store)
    kgbuilder.build(documents)
    assert graph(store) != before
    result = cli("delete", documents / "acme.txt")
    assert result.exit_code == 0, result.output
    assert graph(store) == before
    assert cli("delete", documents / "acme.txt").exit_code == 1
    assert cli("delete", (documents / "beta.md").resolve().as_uri()).exit_code == 0
    assert cli("delete", documents).exit_code == 0
    left = [n for n in graph(store)["nodes"] if n[0] != ["GraphSettings"]]
    assert left == []


def test_rows_that_are_gone_are_retracted_and_the_rest_is_left(store: str, tmp_path: Path) -> None:
    write_rows(tmp_path, a="Carl Young joined Beta Institute.", b="Ann Wood joined Acme Company.")
    kgbuilder.build(tmp_path / "rows.jsonl")
    write_rows(tmp_path, a="Carl Young joined Beta Institute.")
    report = kgbuilder.build(tmp_path / "rows.jsonl")
    assert (report.unchanged, report.written, report.retracted) == (1, 0, 1)
    assert names(store) == {"Carl Young", "Beta Institute"}


def test_rows_are_not_retracted_when_one_cannot_be_read(store: str, tmp_path: Path) -> None:
    write_rows(tmp_path, a="Carl Young joined Beta Institute.", b="Ann Wood joined Acme Company.")
    path = tmp_path / "rows.jsonl"
    kgbuilder.build(path)
    path.write_text(path.read_text().splitlines()[0] + '\n{"text": broken')
    report = kgbuilder.build(path)
    assert (report.failed, report.retracted) == (1, 0)
    assert "Ann Wood" in names(store)


def test_prune_deletes_what_is_gone_below_the_folder_only(
    store: str, documents: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "documents-of-another"
    elsewhere.mkdir()
    (elsewhere / "x.txt").write_text("Dan Hill joined Gamma Institute.")
    kgbuilder.build([documents, elsewhere])
    (documents / "beta.md").unlink()
    (elsewhere / "x.txt").unlink()
    assert kgbuilder.build(documents).retracted == 0
    assert "Bob Jones" in names(store)
    assert kgbuilder.build(documents, prune=True).retracted == 1
    assert "Bob Jones" not in names(store)
    assert "Dan Hill" in names(store)
    assert kgbuilder.build(elsewhere / "x.txt", prune=True).retracted == 1
    assert "Dan Hill" not in names(store)


def test_another_pipeline_extracts_anew(
    store: str, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kgbuilder.build(documents)
    monkeypatch.setenv("RULE_EXTRACTOR_VERSION", "2")
    report = kgbuilder.build(documents)
    assert (report.written, report.unchanged, report.cached_chunks) == (5, 0, 0)


def test_the_cache_answers_for_another_store_state(store: str, documents: Path) -> None:
    kgbuilder.build(documents)
    kgbuilder.delete(documents)
    extractor = RuleExtractor()
    report = kgbuilder.build(documents, extractor=extractor)
    assert (report.written, extractor.texts) == (5, 0)
    assert report.cached_chunks == report.chunks > 0


def test_bad_documents_are_named_and_the_others_built(
    store: str, documents: Path, cli: Cli
) -> None:
    (documents / "a.pdf").write_bytes(b"no pdf")
    (documents / "m.txt").write_text("UNREADABLE")
    (documents / "z.txt").write_text("")
    result = cli("build", documents)
    assert result.exit_code == 1
    for name in ("a.pdf", "m.txt", "z.txt"):
        assert name in result.stderr
    assert "5 written" in result.stderr
    assert "3 failed" in result.stderr
    assert "Traceback" not in result.output
    report = kgbuilder.build(documents)
    assert {Path(failure.uri).name for failure in report.failures} == {"a.pdf", "m.txt", "z.txt"}


def test_a_document_that_fails_keeps_its_last_good_version(store: str, documents: Path) -> None:
    kgbuilder.build(documents)
    (documents / "acme.txt").write_text("UNREADABLE")
    assert kgbuilder.build(documents).failed == 1
    assert "Jane Smith" in names(store)


def test_the_order_of_documents_does_not_matter(store: str, documents: Path) -> None:
    kgbuilder.build(documents)
    whole = graph(store)
    kgbuilder.delete(documents)
    for path in sorted(documents.rglob("*.*"), reverse=True):
        kgbuilder.build(path)
    assert graph(store) == whole


def test_a_path_that_is_not_there_is_an_error_before_anything_is_done(
    store: str, documents: Path, cli: Cli
) -> None:
    with pytest.raises(InputError, match="nowhere"):
        kgbuilder.build([documents, documents / "nowhere"])
    assert cli("build", documents / "nowhere").exit_code == 2
    assert names(store) == set()


def test_a_file_named_twice_is_built_once(store: str, documents: Path) -> None:
    report = kgbuilder.build([documents / "acme.txt", documents / "acme.txt"])
    assert (report.documents, report.written, report.unchanged) == (2, 1, 1)


def test_the_observer_sees_the_report_grow(store: str, documents: Path) -> None:
    seen: list[int] = []
    kgbuilder.build(documents, observer=lambda report: seen.append(report.documents))
    assert seen[-1] == 5
    assert seen == sorted(seen)


def test_an_interrupt_leaves_what_was_written_and_can_be_taken_up(
    store: str, tmp_path: Path
) -> None:
    for i in range(150):
        (tmp_path / f"{i:03}.txt").write_text(f"Jane Smith joined Acme Company in {1800 + i}.")

    def interrupt(report: kgbuilder.BuildReport) -> None:
        raise KeyboardInterrupt

    report = kgbuilder.BuildReport()
    with pytest.raises(KeyboardInterrupt):
        kgbuilder.build(tmp_path, observer=interrupt, report=report)
    written = report.written
    rest = kgbuilder.build(tmp_path)
    assert rest.unchanged == written
    assert rest.written == 150 - written > 0


def test_a_store_that_goes_away_ends_the_run_with_its_error(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(150):
        (tmp_path / f"{i:03}.txt").write_text(f"Jane Smith joined Acme Company in {1800 + i}.")
    opened = kgbuilder.open_store(store, write=True)
    report = kgbuilder.BuildReport()
    write = opened.write_all

    def write_until_it_is_gone(*arguments: Any) -> Any:
        if report.written:
            opened.close()  # in the thread that writes: drivers do not like it from another
        return write(*arguments)

    monkeypatch.setattr(opened, "write_all", write_until_it_is_gone)
    with pytest.raises(StoreError):
        kgbuilder.build(tmp_path, store=opened, report=report)
    assert report.failed == 0
    assert 0 < report.written < 150


def test_a_bulk_load_costs_only_what_changed_when_it_is_made_again(
    documents: Path, cli: Cli, tmp_path: Path
) -> None:
    place = tmp_path / "load"
    result = cli("build", documents, "--bulk", place)
    assert result.exit_code == 0, result.output
    assert "neo4j-admin database import full @import.args" in result.output
    rows = (place / "import" / "nodes_documents.csv").read_text().splitlines()
    assert len([line for line in rows if line.startswith('"')]) == 5
    (documents / "acme.txt").unlink()
    result = cli("build", documents, "--bulk", place, "--prune")
    assert "0 written" in result.output
    assert "4 unchanged" in result.output
    assert "1 retracted" in result.output
    assert "acme.txt" not in (place / "import" / "nodes_documents.csv").read_text()
