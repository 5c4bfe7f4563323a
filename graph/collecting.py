"""Python's garbage collector, where it finds nothing and costs much."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Looks for no cycles meanwhile: for work that makes very many objects and no cycles.

    What is no longer referred to is freed as always. Holds for all threads of the process.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
