from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from embedded_graph import running_server
from gold_extractor import EXAMPLES, GoldExtractor

import kgbuilder

#: Databases that live for seconds or minutes spend a third of their time on compiling for speed.
_SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def pytest_configure() -> None:
    """Java is told that it is short-lived, and a worker of pytest-xdist gets the Neo4j that
    ``scripts/test`` started for it."""
    os.environ.setdefault("JAVA_TOOL_OPTIONS", _SHORT_LIVED)
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        return
    for name in ("URI", "USER", "PASSWORD"):
        variable = f"KGBUILDER_TEST_NEO4J_{name}"
        if value := os.environ.get(f"{variable}_{worker}"):
            os.environ[variable] = value
    # Workers ignore Ctrl-C, and so would every process that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def example_graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the example corpus's graph, as a perfect extractor would build it.

    Tests may look at it only.
    """
    folder = tmp_path_factory.mktemp("example")
    settings = kgbuilder.load_settings(overrides={"cache.folder": str(folder / "cache")})
    with running_server(folder / "example.kg") as url:
        report = kgbuilder.build(
            EXAMPLES / "computing", store=url, extractor=GoldExtractor(), settings=settings
        )
        assert report.written == 32 and not report.failures
        yield url
