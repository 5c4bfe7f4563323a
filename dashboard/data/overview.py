"""What is in a graph: counts, the newest documents, events by year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dashboard.data.reader import Reader
from dashboard.data.records import DocumentInfo, Overview


def overview(reader: Reader) -> Overview:
    """Counts by type."""
    return reader.overview()


def newest_documents(reader: Reader, limit: int = 6) -> list[DocumentInfo]:
    """Those written last."""
    return reader.newest_documents(limit)


def find_documents(reader: Reader, text: str, limit: int = 50) -> list[DocumentInfo]:
    """Documents whose title or address holds ``text``."""
    return reader.find_documents(text, limit)


def events_by_year(reader: Reader, limit: int = 5_000) -> tuple[Counter[int], bool]:
    """How many events each year has, of at most ``limit`` dated ones; whether that cut them."""
    dates = reader.event_dates(limit + 1)
    return years(dates[:limit]), len(dates) > limit


def years(dates: Iterable[str]) -> Counter[int]:
    """The years of ISO 8601 dates; what has none is left out."""
    found = (year_of(date) for date in dates)
    return Counter(year for year in found if year is not None)


def year_of(date: str) -> int | None:
    """The year of an ISO 8601 date, interval (its beginning) or year; None if it has none."""
    digits = date.split("/")[0].lstrip("-")
    sign = -1 if date.startswith("-") else 1
    head = digits.partition("-")[0]
    return sign * int(head) if head.isdecimal() and len(head) == 4 else None
