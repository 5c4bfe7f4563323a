"""Charts, as Vega-Lite; each tells its content in words to those who cannot see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.context import Context
from dashboard.data.overview import year_of
from dashboard.data.records import EventRow

MOST_BARS = 12
#: On light and on dark ground; the theme's own are too pale to read (WCAG AA).
LABELS = ("#3d4a5c", "#c4cedd")
NUMBERS = ("#16202e", "#e8edf5")


def _config(context: Context) -> dict[str, Any]:
    color = LABELS[context.dark]
    return {"view": {"stroke": None}, "axis": {"labelColor": color, "labelFontSize": 12}}


def bars(context: Context, title: str, items: Sequence[tuple[str, int, str]]) -> None:
    """Horizontal bars of (label, count, colour), the longest at most."""
    if not items:
        return
    st.subheader(title, anchor=False)
    shown = items[:MOST_BARS]
    spec: dict[str, Any] = {
        "data": {
            "values": [
                {"label": label, "count": count, "color": color} for label, count, color in shown
            ]
        },
        "height": {"step": 24},
        "encoding": {
            "y": {
                "field": "label",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"labelLimit": 150, "ticks": False, "domain": False},
            },
            "x": {"field": "count", "type": "quantitative", "title": None, "axis": None},
        },
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 4},
                "encoding": {"color": {"field": "color", "type": "nominal", "scale": None}},
            },
            {
                "mark": {
                    "type": "text",
                    "align": "left",
                    "dx": 5,
                    "color": NUMBERS[context.dark],
                },
                "encoding": {"text": {"field": "count", "type": "quantitative", "format": ","}},
            },
        ],
        "config": _config(context),
    }
    alt = f"{title}: " + ", ".join(f"{label} {count}" for label, count, _ in shown)
    st.vega_lite_chart(spec=spec, width="stretch", alt=alt)
    if len(items) > MOST_BARS:
        st.caption(context.words("more_types", count=len(items) - MOST_BARS))


def columns_by_year(context: Context, title: str, years: Mapping[int, int]) -> None:
    """A column for each year, or for each decade where there are many."""
    if not years:
        return
    st.subheader(title, anchor=False)
    first, last = min(years), max(years)
    width = 1 if last - first <= 60 else 10 if last - first <= 700 else 100
    counted: dict[int, int] = {}
    for year, count in years.items():
        counted[year // width * width] = counted.get(year // width * width, 0) + count
    color = context.vocabulary.color("", "event")[context.dark]
    spec = {
        "data": {
            "values": [
                {"start": year, "end": year + width, "count": count}
                for year, count in sorted(counted.items())
            ]
        },
        "height": 200,
        "mark": {"type": "bar", "color": color},
        "encoding": {
            "x": {
                "field": "start",
                "bin": {"binned": True, "step": width},
                "type": "quantitative",
                "title": None,
                "axis": {"format": "d"},
            },
            "x2": {"field": "end"},
            "y": {
                "field": "count",
                "type": "quantitative",
                "title": None,
                "axis": {"tickMinStep": 1},
            },
            "tooltip": [
                {"field": "start", "type": "quantitative", "format": "d", "title": title},
                {"field": "count", "type": "quantitative", "title": context.words("events")},
            ],
        },
        "config": _config(context),
    }
    alt = f"{title}: " + ", ".join(f"{year}: {count}" for year, count in sorted(counted.items()))
    st.vega_lite_chart(spec=spec, width="stretch", alt=alt)


def timeline(context: Context, events: Sequence[EventRow], title: str) -> None:
    """Events as points: time across, a row for each type."""
    points = [
        {
            "year": year_of(event.date),
            "date": event.date,
            "type": context.vocabulary.event(event.type),
            "what": f"{event.trigger}: "
            + ", ".join(argument.node.name for argument in event.arguments[:4]),
        }
        for event in events
        if year_of(event.date) is not None
    ]
    if not points:
        return
    rows = len({point["type"] for point in points})
    color = context.vocabulary.color("", "event")[context.dark]
    spec = {
        "data": {"values": points},
        "height": 40 + 24 * rows,
        "mark": {"type": "circle", "size": 90, "opacity": 0.65, "color": color},
        "encoding": {
            "x": {
                "field": "year",
                "type": "quantitative",
                "scale": {"zero": False, "nice": True},
                "axis": {"format": "d"},
                "title": None,
            },
            "y": {"field": "type", "type": "nominal", "title": None, "axis": {"labelLimit": 140}},
            "tooltip": [{"field": name, "type": "nominal"} for name in ("date", "type", "what")],
        },
        "config": _config(context),
    }
    alt = f"{title}: " + "; ".join(f"{p['date']} {p['type']}, {p['what']}" for p in points[:40])
    st.vega_lite_chart(spec=spec, width="stretch", alt=alt)
