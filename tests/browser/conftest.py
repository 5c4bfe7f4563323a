"""One graph, one app and one browser for all tests; a page for each."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import hostile
import pytest
from embedded_graph import running_server
from explorer_app import ROOT, explorer, ready
from gold_extractor import EXAMPLES, GoldExtractor

import kgbuilder
from dashboard.data.ingesting import pasted
from kgbuilder.building import build_documents

playwright = pytest.importorskip("playwright.sync_api")

SHOTS = ROOT / "build" / "screenshots"
WAIT_MS = 60_000
NARROW = {"width": 390, "height": 844}
WIDE = {"width": 1360, "height": 900}


def chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for path in map(shutil.which, names) if path), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = chromium()
    if path is None:
        pytest.skip("no browser: install Debian's chromium, or Google Chrome")
    with playwright.sync_playwright() as runner:
        # Without a sandbox of its own, which containers do not allow; it only sees our pages.
        opened = runner.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def store(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The example corpus's graph and a hostile document; tests change what is named in them."""
    folder = tmp_path_factory.mktemp("browser")
    settings = kgbuilder.load_settings(overrides={"cache.folder": str(folder / "cache")})
    with running_server(folder / "example.kg") as url:
        kgbuilder.build(
            EXAMPLES / "computing", store=url, extractor=GoldExtractor(), settings=settings
        )
        report = build_documents(
            [pasted(hostile.TITLE, hostile.TEXT)],
            store=url,
            extractor=hostile.HostileExtractor(),
            settings=settings,
        )
        assert report.written == 1, report.failures
        yield url


@pytest.fixture(scope="session")
def app(store: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an explorer of the graph."""
    with explorer(store, tmp_path_factory.mktemp("app")) as address:
        yield address


@pytest.fixture
def visit(browser: Any, app: str, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Opens a page of the app: ``visit("graph?n=...", dark=True, narrow=True, locale="zh-CN")``.

    At the end each page is kept as a picture, and must have shown no error.
    """
    opened: list[Any] = []

    def go(
        path: str = "",
        *,
        dark: bool = False,
        narrow: bool = False,
        locale: str = "en-US",
        base: str = app,
    ) -> Any:
        context = browser.new_context(
            viewport=NARROW if narrow else WIDE,
            color_scheme="dark" if dark else "light",
            locale=locale,
            reduced_motion="reduce",
            accept_downloads=True,
        )
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.goto(f"{base}/{path}")
        ready(page)
        opened.append(page)
        return page

    yield go
    SHOTS.mkdir(parents=True, exist_ok=True)
    for index, page in enumerate(opened):
        name = request.node.name.removeprefix("test_") + (f"-{index}" if index else "")
        page.screenshot(path=SHOTS / f"{name}.png")
        errors = page.locator(".stException").count()
        page.context.close()
        assert errors == 0, f"{name} shows an error"
