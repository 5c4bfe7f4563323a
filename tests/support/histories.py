"""Versions of a few documents, full of names that others share."""

from __future__ import annotations

from document_graphs import document_graph
from hypothesis import strategies as st

from graph.records import DocumentGraph

NAMES = ("Ada Lovelace", "Augusta Byron", "Countess Lovelace", "Ada King")
PLACES = ("London", "Londinium", "Lundenwic")


@st.composite
def versions(draw: st.DrawFn, documents: int = 4) -> DocumentGraph:
    """One of some documents, in any of many versions."""
    number = draw(st.integers(0, documents - 1))
    some_names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)
    some_places = st.lists(st.sampled_from(PLACES), min_size=1, max_size=2, unique=True)
    entities = {
        "e0": ("person", draw(some_names)),
        "e1": (draw(st.sampled_from(("city", "place"))), draw(some_places)),
        "e2": ("person", draw(some_names)),
        "e3": ("date", "then"),
    }
    local = st.sampled_from(sorted(entities))
    kinds = st.sampled_from(("spouse", "part of", "born on", "died on"))
    return document_graph(
        f"file:///{number}.txt",
        entities,
        draw(st.lists(st.tuples(kinds, local, local), max_size=3)),
        [("meeting", "met", {"participant": draw(local), "place": draw(local)})],
        version=draw(st.integers(0, 1000)),
        confidence=draw(st.sampled_from((0.5, 0.7, 0.9))),
        values={"e3": draw(st.sampled_from(("1815", "1816", None)))},
    )
