"""The app's logic, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.context import close

APP = Path(__file__).parents[2] / "dashboard" / "app.py"


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """The app keeps its graph open; the server of the tests' ends only when nobody does."""
    yield
    close()


def opened(monkeypatch: pytest.MonkeyPatch, *arguments: str, **query: str) -> AppTest:
    monkeypatch.setattr("sys.argv", [str(APP), *arguments])
    app = AppTest.from_file(str(APP), default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def headings(app: AppTest) -> list[str]:
    return [heading.value for heading in app.subheader]


def test_the_start_page_has_charts_and_documents(
    example_graph: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(monkeypatch, "--store", example_graph)
    assert not app.exception
    assert headings(app) == [
        "Entities by type",
        "Events by year",
        "Relations by type",
        "Events by type",
        "Newest documents",
    ]


def test_a_search_shows_cards_instead(example_graph: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(monkeypatch, "--store", example_graph)
    app.text_input(key="q").set_value("turing").run()
    assert not app.exception
    assert not headings(app)
    assert any("found" in caption.value for caption in app.caption)
    assert "award" in app.pills(key="type").options
    app.pills(key="type").set_value(["award"]).run()
    assert [caption.value for caption in app.caption] == ["1 found"]
    app.text_input(key="q").set_value("zzzzqqq **b**").run()
    assert "zzzzqqq" in app.info[0].value and "**" not in app.info[0].value


def test_the_interface_is_in_chinese_where_the_address_says_so(
    example_graph: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(monkeypatch, "--store", example_graph, lang="zh")
    assert not app.exception
    assert "实体类型" in headings(app)


def test_without_a_graph_it_says_how_to_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(monkeypatch, "--store", f"embedded:{tmp_path / 'none.kg'}")
    assert not app.exception
    assert "There is no graph in" in app.info[0].value.replace("&#46;", ".")
    assert "kgbuilder build" in app.code[0].value
    assert not (tmp_path / "none.kg").exists()
