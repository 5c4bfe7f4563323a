"""Who uses a graph that has no room for readers beside a writer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from graph.store import StoreLockedError


class Gate:
    """Many threads may look at the graph, or one may change it, for which it need not queue."""

    def __init__(self, patience: float = 20.0) -> None:
        self._patience = patience
        self._moved = Condition()
        self._looking = 0
        self._changing = False

    @contextmanager
    def looking(self) -> Iterator[None]:
        """While a page is made.

        Raises StoreLockedError where a change takes longer than ``patience``, in seconds.
        """
        with self._moved:
            if not self._moved.wait_for(lambda: not self._changing, self._patience):
                raise StoreLockedError("The graph is being changed; look again in a while")
            self._looking += 1
        try:
            yield
        finally:
            with self._moved:
                self._looking -= 1
                self._moved.notify_all()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Within `looking`: waits until nobody else looks, and keeps everybody from it."""
        with self._moved:
            self._looking -= 1
            self._moved.notify_all()
            self._moved.wait_for(lambda: not self._changing)
            self._changing = True
            self._moved.wait_for(lambda: not self._looking)
        try:
            yield
        finally:
            with self._moved:
                self._changing = False
                self._looking += 1
                self._moved.notify_all()
