"""Files that wait until nothing has changed about them for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path
from time import monotonic

from kgbuilder.watch.folders import inode


@dataclass(slots=True)
class _Waiting:
    signature: str
    first: float
    """When the change was first seen."""
    since: float
    """Since when the signature is what it is."""


class Settling:
    """At most about ``most`` files, each with its signature; times are monotonic seconds.

    A file is complete when its signature has been the same for ``quiet`` seconds. The clock on
    the wall plays no part: it may jump, and a file server's may be another.
    """

    def __init__(self, quiet: float, most: int, clock: Callable[[], float] = monotonic) -> None:
        self.quiet = quiet
        self._most = most
        self._clock = clock
        self._files: dict[Path, _Waiting] = {}

    def __len__(self) -> int:
        return len(self._files)

    @property
    def full(self) -> bool:
        return len(self._files) >= self._most

    def see(self, path: Path, signature: str) -> None:
        """Note that the file looks like this now."""
        now = self._clock()
        waiting = self._files.get(path)
        if waiting is None:
            self._files[path] = _Waiting(signature, now, now)
        elif waiting.signature != signature:
            waiting.signature, waiting.since = signature, now

    def forget(self, path: Path) -> None:
        self._files.pop(path, None)

    def ripe(self) -> Iterator[tuple[Path, str]]:
        """Those whose time has come, the longest known first. They stay until forgotten."""
        now = self._clock()
        for path, waiting in list(self._files.items()):
            if now - waiting.since >= self.quiet:
                yield path, waiting.signature

    def time_left(self) -> float:
        """Seconds until the next file may be complete; endless where none waits."""
        since = min((waiting.since for waiting in self._files.values()), default=inf)
        return max(0.01, since + self.quiet - self._clock())

    def inodes(self) -> set[str]:
        return {inode(waiting.signature) for waiting in self._files.values()}

    def age(self, path: Path) -> float:
        """Seconds since the change was first seen."""
        waiting = self._files.get(path)
        return 0.0 if waiting is None else self._clock() - waiting.first
