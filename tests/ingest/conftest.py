"""Files of every format, made by the libraries that are the reference for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from ingest.documents import Document, Failure
from ingest.options import ReadOptions
from ingest.reader import read

settings.register_profile("ingest", max_examples=60, deadline=None)
settings.load_profile("ingest")

ReadOne = Callable[..., Document]
ReadFailure = Callable[..., str]


@pytest.fixture
def read_one() -> ReadOne:
    """Reads a file that holds one good document, and checks its marks."""

    def read_one(path: Path, options: ReadOptions | None = None) -> Document:
        (document,) = read(path, options)
        assert isinstance(document, Document), document
        assert document.text == document.text.encode("utf-8").decode("utf-8")
        assert list(document.marks) == sorted(document.marks, key=lambda mark: mark.start)
        for mark in document.marks:
            assert 0 <= mark.start < len(document.text)
            assert not document.text[mark.start].isspace()
        return document

    return read_one


@pytest.fixture
def read_failure() -> ReadFailure:
    """Reads a file that cannot be read and gives the reason."""

    def read_failure(path: Path, options: ReadOptions | None = None) -> str:
        (failure,) = read(path, options)
        assert isinstance(failure, Failure), failure
        assert failure.uri == path.resolve().as_uri()
        assert "\n" not in failure.reason
        return failure.reason

    return read_failure
