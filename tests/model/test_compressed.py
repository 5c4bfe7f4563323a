from __future__ import annotations

from pathlib import Path

import pytest

from model.compressed import DAMAGED, open_bytes, without_ending


@pytest.mark.parametrize("ending", ["", ".gz", ".bz2", ".XZ"])
def test_what_is_written_is_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"records.jsonl{ending}"
    with open_bytes(path, "wb") as file:
        file.write(b"one\ntwo\n" * 100)
    with open_bytes(path) as file:
        assert sum(1 for _ in file) == 200
    assert without_ending(path).name == "records.jsonl"
    assert (path.stat().st_size < 200) == bool(ending)


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz"])
def test_a_file_cut_short_is_damaged(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"file{ending}"
    with open_bytes(path, "wb") as file:
        file.write(bytes(range(256)) * 100)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DAMAGED), open_bytes(path) as file:
        file.read()
