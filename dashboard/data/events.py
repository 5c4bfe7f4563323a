"""Events: lists by type, participant, place and date."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.data.overview import year_of
from dashboard.data.reader import Reader
from dashboard.data.records import Argument, EventList, EventRow
from dashboard.data.rows import NODE, node_of

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
    parameters = {
        "types": list(wanted.types),
        "words": wanted.words.casefold(),
        "participant": wanted.participant,
        "document": wanted.document,
        "limit": (_READ if dated else limit) + 1,
    }
    types = "(size($types) = 0 OR v.type IN $types)"
    document = " AND v.document = $document" if wanted.document else ""
    if wanted.participant:
        start = f"MATCH (e:Entity {{id: $participant}})<-[r]-(v:Event) WHERE {types}{document} "
    elif wanted.words:
        start = (
            "MATCH (e:Entity)<-[r]-(v:Event) WHERE (toLower(e.name) CONTAINS $words "
            f"OR any(a IN e.aliases WHERE toLower(a) CONTAINS $words)) AND {types}{document} "
        )
    elif dated:
        low, high = wanted.first_year or -9999, wanted.last_year or 9999
        parameters |= {"low": f"{low:04}", "high": f"{high + 1:04}"}
        start = (
            "MATCH (x:Value {datatype: 'date'})<-[r]-(v:Event) WHERE x.value >= $low AND "
            f"x.value < $high AND {types}{document} "
        )
    else:
        start = f"MATCH (v:Event) WHERE {types}{document} "
    rows = reader.query(f"{start}RETURN DISTINCT v.id AS id LIMIT $limit", parameters)
    return [row["id"] for row in rows], len(rows) > parameters["limit"] - 1  # type: ignore[operator]


def events_of(reader: Reader, ids: Sequence[str]) -> list[EventRow]:
    """These events with their arguments and documents."""
    if not ids:
        return []
    arguments: defaultdict[str, list[Argument]] = defaultdict(list)
    dates: defaultdict[str, list[str]] = defaultdict(list)
    for row in reader.query(
        "UNWIND $ids AS event MATCH (v:Event {id: event})-[r]->(n:Entity) "
        f"RETURN event, type(r) AS role, r.confidence AS confidence, {NODE.format('n')}, "
        "n.datatype AS datatype, n.value AS value",
        {"ids": list(ids)},
    ):
        arguments[row["event"]].append(Argument(row["role"], node_of(row), row["confidence"] or 0))
        if row["datatype"] == "date" and row["value"]:
            dates[row["event"]].append(row["value"])
    rows = reader.query(
        "UNWIND $ids AS event MATCH (v:Event {id: event}) "
        "OPTIONAL MATCH (d:Document {id: v.document}) "
        "RETURN v.id AS id, v.type AS type, v.trigger AS trigger, v.start AS start, "
        "v.confidence AS confidence, v.date AS date, v.document AS document, "
        "d.title AS title, d.uri AS uri",
        {"ids": list(ids)},
    )
    return [
        EventRow(
            id=row["id"],
            type=row["type"],
            trigger=row["trigger"] or "",
            confidence=row["confidence"] or 0.0,
            date=row["date"] or min(dates[row["id"]], default=""),
            document=row["document"] or "",
            title=row["title"] or (row["uri"] or "").rpartition("/")[2],
            start=row["start"] or 0,
            arguments=tuple(sorted(arguments[row["id"]], key=lambda a: (a.role, a.node.name))),
        )
        for row in rows
    ]


def events_with(reader: Reader, entity: str, limit: int = 50) -> EventList:
    """The events that an entity takes part in."""
    return events(reader, EventFilter(participant=entity), limit)


def by_year(found: Sequence[EventRow]) -> dict[int, Counter[str]]:
    """Types counted by year."""
    counted: dict[int, Counter[str]] = {}
    for event in found:
        year = year_of(event.date)
        if year is not None:
            counted.setdefault(year, Counter())[event.type] += 1
    return dict(sorted(counted.items()))


def without_dates(filter: EventFilter) -> EventFilter:
    """The same filter for all time."""
    return replace(filter, first_year=None, last_year=None)


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
