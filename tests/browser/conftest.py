"""One graph, one app and one browser for all tests; a page for each.

Pages of one kind share a browser context, and with it what the browser has already fetched.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hostile
import pytest
from embedded_graph import running_server
from explorer_app import ROOT, explorer, ready
from gold_extractor import EXAMPLES, GoldExtractor

import kgbuilder
from dashboard.data.ingesting import pasted
from kgbuilder.building import build_documents
from kgbuilder.linked_data import import_graph

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


def _explored_as_rdf(store: str, folder: Path) -> Iterator[str]:
    url = f"rdf:{folder / 'graph.rdf'}"
    import_graph(store, store=url)
    with explorer(url, folder) as address:
        yield address


@pytest.fixture(scope="session")
def rdf_app(store: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an explorer of the same graph as RDF."""
    yield from _explored_as_rdf(store, tmp_path_factory.mktemp("rdf-app"))


@pytest.fixture
def own_rdf_app(store: str, tmp_path: Path) -> Iterator[str]:
    """The same for one test alone, which changes the graph."""
    yield from _explored_as_rdf(store, tmp_path)


@pytest.fixture(scope="session")
def surroundings(browser: Any) -> Iterator[Callable[[bool, bool, str], Any]]:
    """A browser context for each kind of surroundings."""
    known: dict[tuple[bool, bool, str], Any] = {}

    def context(dark: bool, narrow: bool, locale: str) -> Any:
        if (dark, narrow, locale) not in known:
            made = browser.new_context(
                viewport=NARROW if narrow else WIDE,
                color_scheme="dark" if dark else "light",
                locale=locale,
                reduced_motion="reduce",
                accept_downloads=True,
            )
            made.set_default_timeout(WAIT_MS)
            known[dark, narrow, locale] = made
        return known[dark, narrow, locale]

    yield context
    for made in known.values():
        made.close()


@pytest.fixture
def visit(
    surroundings: Callable[..., Any], app: str, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Any]]:
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
        page = surroundings(dark, narrow, locale).new_page()
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
        page.close()
        assert errors == 0, f"{name} shows an error"
