from __future__ import annotations

from collections.abc import Iterator

import pytest
from embedded_graph import running_server
from gold_extractor import EXAMPLES, GoldExtractor

import kgbuilder


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
