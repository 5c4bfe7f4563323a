"""Documents whose names meet, for tests of what stores make of them."""

from __future__ import annotations

from document_graphs import document_graph

from graph.records import DocumentGraph

ADA = document_graph(
    "file:///ada.txt",
    {
        "e0": ("person", ["Ada Lovelace", "Countess of Lovelace"]),
        "e1": ("person", "Charles Babbage"),
        "e2": ("company", "Analytical Engines Ltd"),
        "e3": ("date", "10 December 1815"),
    },
    [("works for", "e0", "e2"), ("spouse", "e1", "e0"), ("born on", "e0", "e3")],
    [("founding", "founded", {"founder": "e1", "organization": "e2", "time": "e3"})],
    values={"e3": "1815-12-10"},
)
BABBAGE = document_graph(
    "file:///babbage.txt",
    {
        "e0": ("person", "Charles Babbage"),
        "e1": ("person", "Ada Lovelace"),
        "e2": ("city", "London"),
    },
    [("spouse", "e1", "e0"), ("part of", "e0", "e2")],
    [("meeting", "met", {"participant": "e0", "place": "e2"})],
)
BRIDGE = document_graph(
    "file:///bridge.txt",
    {
        "e0": ("person", ["Augusta Byron", "Ada Lovelace"]),
        "e1": ("place", ["London", "Londinium"]),
    },
    [("part of", "e0", "e1")],
)
BYRON = document_graph(
    "file:///byron.txt",
    {"e0": ("person", "Augusta Byron"), "e1": ("place", "Londinium")},
    [("part of", "e0", "e1"), ("part of", "e1", "e1")],
)
FOUR = (ADA, BABBAGE, BRIDGE, BYRON)


HOSTILE = (
    "x'}) DETACH DELETE (n) //",
    'Robert"); MATCH (n) DETACH DELETE n; --',
    "`) SET n:Admin //",
    "\\u0027 \\' \n\t $rows {id: 1}",
    "’‘“” 🧨 \u200b",
)


def numbered(number: int) -> DocumentGraph:
    """A document that shares its names with others, in ever new ways."""
    names = ("Ada Lovelace", "Augusta Byron", "Countess Lovelace", "Ada King", "Al Bell")
    pair = [names[number % 5], names[(number * 3 + number // 5) % 5]]
    return document_graph(
        f"file:///{number}.txt",
        {"e0": ("person", pair[:1]), "e1": ("place", f"Place {number % 7}"),
         "e2": ("person", list(dict.fromkeys(pair)))},
        [("part of", "e0", "e1"), ("spouse", "e2", "e0")],
    )  # fmt: skip
