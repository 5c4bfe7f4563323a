"""A bounded channel between two threads."""

from __future__ import annotations

from collections import deque
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class ChannelClosedError(Exception):
    """The channel is closed: to a sender at once, to a receiver when nothing is left."""


class Channel(Generic[T]):
    """Hands items from one thread to another, in order.

    It holds at most ``items`` items and, beyond the first one, at most ``weight`` of what they
    weigh: a fast reader can then fill neither the memory with many small documents nor with a
    few huge ones.
    """

    def __init__(self, items: int, weight: int) -> None:
        self._limits = (items, weight)
        self._queue: deque[tuple[T, int]] = deque()
        self._weight = 0
        self._closed = False
        self._change = Condition()

    def put(self, item: T, weight: int = 0) -> None:
        """Wait for room and add ``item``. Raises ChannelClosedError."""
        with self._change:
            self._change.wait_for(lambda: self._closed or self._has_room(weight))
            if self._closed:
                raise ChannelClosedError
            self._queue.append((item, weight))
            self._weight += weight
            self._change.notify_all()

    def get(self) -> T:
        """Wait for an item and take it. Raises ChannelClosedError when there will be none."""
        with self._change:
            self._change.wait_for(lambda: self._queue or self._closed)
            return self._take()

    def get_nowait(self) -> T | None:
        """An item if one is there, else None."""
        with self._change:
            return self._take() if self._queue else None

    def close(self) -> None:
        """Take no more items; those inside can still be got."""
        with self._change:
            self._closed = True
            self._change.notify_all()

    def abort(self) -> None:
        """Close, and drop what is inside."""
        with self._change:
            self._queue.clear()
            self._weight = 0
            self._closed = True
            self._change.notify_all()

    def _has_room(self, weight: int) -> bool:
        if not self._queue:
            return True
        items, most = self._limits
        return len(self._queue) < items and self._weight + weight <= most

    def _take(self) -> T:
        if not self._queue:
            raise ChannelClosedError
        item, weight = self._queue.popleft()
        self._weight -= weight
        self._change.notify_all()
        return item
