"""Events in time: filters, a timeline, roles as a table, and the evidence of one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from dashboard.components.charts import timeline
from dashboard.components.facts import chip, choose_row, confidence, meta
from dashboard.components.passages import show_evidence
from dashboard.components.sharing import table_downloads
from dashboard.components.text import plain
from dashboard.context import Context
from dashboard.data.events import EventFilter, events
from dashboard.data.evidence import event_evidence
from dashboard.data.records import EventRow

LIMIT = 500


def show(context: Context) -> None:
    """The page."""
    words = context.words
    wanted = _filters(context)
    found = context.ask(events, wanted, LIMIT)
    if not found.events:
        st.info(words("no_events"), icon=":material/event_busy:")
        return
    st.caption(words("events_cut" if found.cut else "events_found", count=len(found.events)))
    timeline(context, found.events, words("timeline"))
    columns, rows = table(context, found.events)
    left, right = st.columns([13, 7], gap="medium")
    with left:
        picked = choose_row(context, rows, "events", most=620, columns=columns)
        table_downloads(context, columns, rows, "events")
    with right:
        if picked is None:
            st.caption(words("choose_event"))
        else:
            _details(context, found.events[picked])


def _filters(context: Context) -> EventFilter:
    words, vocabulary = context.words, context.vocabulary
    types, text, first, last = st.columns([4, 4, 2, 2])
    with types:
        chosen = st.multiselect(
            words("event_types"),
            list(vocabulary.event_types()),
            format_func=vocabulary.event,
            key="types",
            bind="query-params",
            placeholder=words("all_types"),
        )
    with text:
        name = st.text_input(
            words("who_where"),
            key="who",
            bind="query-params",
            live="300ms",
            type="search",
            autocomplete="off",
            placeholder=words("who_where_help"),
        )
    with first:
        from_year = st.text_input(
            words("from_year"), key="from", bind="query-params", placeholder="1930", max_chars=5
        )
    with last:
        to_year = st.text_input(
            words("to_year"), key="to", bind="query-params", placeholder="1950", max_chars=5
        )
    for year in (from_year, to_year):
        if year and _year(year) is None:
            st.warning(words("not_a_year", text=plain(year)))
    return EventFilter(
        types=tuple(chosen),
        words=(name or "").strip(),
        first_year=_year(from_year),
        last_year=_year(to_year),
    )


def _year(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.lstrip("-").isdecimal() and len(text) <= 5 else None


def table(context: Context, found: Sequence[EventRow]) -> tuple[list[str], list[dict[str, object]]]:
    """Columns and rows: the roles of the events that are there, a column each, commonest first."""
    words, vocabulary = context.words, context.vocabulary
    roles: Counter[str] = Counter()
    rows: list[dict[str, object]] = []
    for event in found:
        row: dict[str, object] = {
            words("date"): event.date,
            words("type"): vocabulary.event(event.type),
            words("trigger"): event.trigger,
        }
        filled: dict[str, list[str]] = {}
        for argument in event.arguments:
            filled.setdefault(vocabulary.role(argument.role, event.type), []).append(
                argument.node.name
            )
        for role, names in filled.items():
            roles[role] += 1
            row[role] = ", ".join(names)
        row[words("confidence")] = round(event.confidence, 2)
        row[words("document")] = event.title
        rows.append(row)
    columns = [
        words("date"),
        words("type"),
        words("trigger"),
        *(role for role, _ in roles.most_common()),
        words("confidence"),
        words("document"),
    ]
    return columns, [{column: row.get(column, "") for column in columns} for row in rows]


def _details(context: Context, event: EventRow) -> None:
    words = context.words
    st.subheader(plain(context.vocabulary.event(event.type)), anchor=False)
    meta(chip(context, event.type, "event"), confidence(event.confidence))
    show_evidence(context, context.ask(event_evidence, event.id), event.id)
    context.link("graph", words("show_in_graph"), icon=":material/hub:", n=event.id, s=event.id)
