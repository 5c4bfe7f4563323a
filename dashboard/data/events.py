"""Events: lists by type, participant, place and date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.data.overview import year_of
from dashboard.data.reader import Reader
from dashboard.data.records import EventList, EventRow

_READ = 5_000
"""Events that are looked at, at most, where dates or names filter."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """``participant`` is an entity's id, or words in the name of any filler of any role."""

    types: tuple[str, ...] = ()
    participant: str = ""
    words: str = ""
    first_year: int | None = None
    last_year: int | None = None
    document: str = ""


def events(reader: Reader, wanted: EventFilter, limit: int = 500) -> EventList:
    """Events that fit the filter: dated ones first, by date; at most ``limit``."""
    ids, cut = _ids(reader, wanted, limit)
    found = [event for event in events_of(reader, ids) if _fits(event, wanted)]
    found.sort(key=lambda event: (*_date_key(event.date), event.title, event.start))
    return EventList(tuple(found[:limit]), cut or len(found) > limit)


def _ids(reader: Reader, wanted: EventFilter, limit: int) -> tuple[list[str], bool]:
    dated = wanted.first_year is not None or wanted.last_year is not None
    low, high = wanted.first_year or -9999, wanted.last_year or 9999
    most = _READ if dated else limit
    ids = reader.event_ids(
        types=wanted.types,
        participant=wanted.participant,
        words=wanted.words,
        dated=(f"{low:04}", f"{high + 1:04}") if dated else None,
        document=wanted.document,
        limit=most + 1,
    )
    return ids, len(ids) > most


def events_of(reader: Reader, ids: Sequence[str]) -> list[EventRow]:
    """These events with their arguments and documents."""
    return reader.events(ids)


def events_with(reader: Reader, entity: str, limit: int = 50) -> EventList:
    """The events that an entity takes part in."""
    return events(reader, EventFilter(participant=entity), limit)


def _fits(event: EventRow, wanted: EventFilter) -> bool:
    if wanted.first_year is None and wanted.last_year is None:
        return True
    year = year_of(event.date)
    if year is None:
        return False
    return (wanted.first_year is None or wanted.first_year <= year) and (
        wanted.last_year is None or year <= wanted.last_year
    )


def _date_key(date: str) -> tuple[bool, int, str]:
    year = year_of(date)
    return (year is None, year or 0, date)
