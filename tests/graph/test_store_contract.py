"""What every store promises, on every server."""

from __future__ import annotations

import itertools

from document_graphs import SCHEMA, document_graph

from graph.store import Store
from graph.store.reading import dump

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


def test_a_document_is_stored_as_labels_and_relationships(store: Store) -> None:
    result = store.write(ADA, SCHEMA)
    assert result.changed
    assert store.query(
        "MATCH (p:Entity:Person {name: 'Ada Lovelace'})-[r:WORKS_FOR]->(o:Organization) "
        "UNWIND labels(o) AS label WITH p, r, o, label ORDER BY label "
        "RETURN p.aliases AS aliases, o.name AS name, collect(label) AS labels, "
        "r.support AS support, "
        "r.confidence AS confidence, r.evidence_chunk AS chunk, r.evidence_head AS head, "
        "r.evidence_tail AS tail"
    ) == [
        {
            "aliases": ["Countess of Lovelace"],
            "name": "Analytical Engines Ltd",
            "labels": ["Company", "Entity", "Organization"],
            "support": 1,
            "confidence": 0.9,
            "chunk": [ADA.chunks[0].id],
            "head": ["e0"],
            "tail": ["e2"],
        }
    ]


def test_every_order_of_documents_gives_the_same_graph(store: Store) -> None:
    dumps = []
    for order in itertools.permutations(FOUR):
        store.query("MATCH (n) WHERE NOT n:GraphSettings DETACH DELETE n", write=True)
        for graph in order:
            store.write(graph, SCHEMA)
        dumps.append(dump(store))
    assert all(found == dumps[0] for found in dumps)
    assert len(dumps[0]["nodes"]) > 10
