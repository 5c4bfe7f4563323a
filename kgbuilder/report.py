"""What a build did."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.documents import Failure

#: Failures kept in a report. Each is logged when it happens; memory stays bounded.
KEPT_FAILURES = 1000


@dataclass(slots=True)
class BuildReport:
    """Counts of one build; seconds are of the clock on the wall.

    ``read``, ``extract`` and ``write`` seconds are the time that each step was at work. The
    steps overlap, so they may add up to more than ``seconds``.
    """

    files: int = 0
    """Files read to their end."""
    documents: int = 0
    """Documents read."""
    written: int = 0
    """New or changed documents."""
    unchanged: int = 0
    retracted: int = 0
    """Documents that are gone from their source."""
    failed: int = 0
    failures: list[Failure] = field(default_factory=list)
    """The first of those that failed, at most KEPT_FAILURES."""
    characters: int = 0
    """Characters of the new and changed documents."""
    chunks: int = 0
    cached_chunks: int = 0
    """Those that the cache answered."""
    mentions: int = 0
    relations: int = 0
    events: int = 0
    seconds: float = 0.0
    read_seconds: float = 0.0
    extract_seconds: float = 0.0
    write_seconds: float = 0.0

    def fail(self, failure: Failure) -> None:
        self.failed += 1
        if len(self.failures) < KEPT_FAILURES:
            self.failures.append(failure)
