import io

import pytest
from rich.console import Console

from kgbuilder.cli import console


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (8.24, "8.2 s"), (200, "3 min 20 s"), (7500.4, "2 h 5 min")],
)
def test_durations_are_for_people(seconds: float, text: str) -> None:
    assert console.duration(seconds) == text


def test_on_a_pipe_progress_is_log_lines_now_and_then(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO", logger="kgbuilder")
    pipe = Console(file=io.StringIO())
    with console.progress(pipe, "Building") as show:
        show(1, 4, "1 of 4 files")
    assert caplog.text == ""
    monkeypatch.setattr(console, "LINE_INTERVAL", 0.0)
    with console.progress(pipe, "Building") as show:
        show(1, 4, "1 of 4 files")
        show(2, None, "2 files")
    assert "Building: 1 of 4 files, about 0.0 s left" in caplog.text
    assert "Building: 2 files\n" in caplog.text


def test_on_a_terminal_progress_is_a_bar() -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=100)
    with console.progress(screen, "Building") as show:
        show(1, 4, "1 of 4 files")
    assert "1 of 4 files" in screen.file.getvalue()  # type: ignore[attr-defined]
