"""Stopping by a signal, without cutting short what must be done whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(BaseException):
    """The daemon was told to stop, in the midst of a batch."""


class Stopper:
    """Turns the first SIGTERM or SIGINT into a stop at the next safe place."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._armed = False

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Handle signals while open. Elsewhere than in the main thread there are none."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            number: signal.signal(number, self._handle)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Inside, a signal raises Stopped at once: what is cut short there loses nothing."""
        self._armed = True
        try:
            if self.asked.is_set():
                raise Stopped
            yield
        finally:
            self._armed = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.asked.set()
        if self._armed:
            self._armed = False  # once: the way out must not be cut short
            raise Stopped
