"""What every store promises, on every server."""

from __future__ import annotations

import dataclasses
import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
from document_graphs import SCHEMA, clear, document_graph
from histories import NAMES, PLACES, versions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.records import DocumentGraph, LocalRelation
from graph.store import QueryError, Store, StoreError, WriteResult
from graph.store.reading import dump
from ingest.documents import Document, Mark

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


def test_literals_are_typed_values(store: Store) -> None:
    store.write(ADA)
    assert store.query(
        "MATCH (:Person)-[:BORN_ON]->(d:Entity:Value:Date) "
        "RETURN d.name AS name, d.value AS value, d.datatype AS datatype"
    ) == [{"name": "10 December 1815", "value": "1815-12-10", "datatype": "date"}]


def test_events_are_nodes_with_roles_found_from_their_chunk(store: Store) -> None:
    store.write(ADA)
    assert store.query(
        "MATCH (c:Chunk)-[m:MENTIONS]->(v:Event:Founding)-[r]->(e:Entity) "
        "RETURN c.index AS chunk, v.trigger AS trigger, v.start AS start, m.end AS end, "
        "type(r) AS role, e.name AS name, r.local AS local ORDER BY role"
    ) == [
        {"chunk": 0, "trigger": "founded", "start": 0, "end": 7, "role": role} | filler
        for role, filler in (
            ("FOUNDER", {"name": "Charles Babbage", "local": "e1"}),
            ("ORGANIZATION", {"name": "Analytical Engines Ltd", "local": "e2"}),
            ("TIME", {"name": "10 December 1815", "local": "e3"}),
        )
    ]


def test_mentions_lead_from_an_entity_to_the_characters(store: Store) -> None:
    store.write(ADA)
    found = store.query(
        "MATCH (d:Document)<-[:PART_OF]-(c:Chunk)-[m:MENTIONS]->(e:Person {name: 'Ada Lovelace'}) "
        "RETURN d.uri AS uri, m.text AS text, m.start AS start, m.end AS end, m.local AS local, "
        "c.text AS chunk, c.start AS offset ORDER BY start"
    )
    assert [row["text"] for row in found] == ["Ada Lovelace", "Countess of Lovelace"]
    for row in found:
        assert row["uri"] == "file:///ada.txt"
        assert row["local"] == "e0"
        assert ADA.document.text[row["start"] : row["end"]] == row["text"]
        inside = slice(row["start"] - row["offset"], row["end"] - row["offset"])
        assert row["chunk"][inside] == row["text"]


def test_a_document_keeps_its_marks_metadata_and_source(store: Store) -> None:
    graph = document_graph(
        "file:///rows.csv#row=1",
        {"e0": ("person", "Ada Lovelace")},
        marks=(Mark("page", 0, "1"), Mark("section", 4, "Intro")),
        metadata={"author": "Anonymous", "a`b": "x"},
        source="file:///rows.csv",
    )
    store.write(graph)
    assert store.query(
        "MATCH (d:Document) RETURN d.mark_kinds AS kinds, d.mark_starts AS starts, "
        "d.mark_labels AS labels, d.metadata_keys AS keys, d.metadata_values AS values, "
        "d.source AS source, d.title AS title, d.language AS language"
    ) == [
        {
            "kinds": ["page", "section"],
            "starts": [0, 4],
            "labels": ["1", "Intro"],
            "keys": ["a`b", "author"],
            "values": ["x", "Anonymous"],
            "source": "file:///rows.csv",
            "title": "About file:///rows.csv#row=1",
            "language": "en",
        }
    ]
    assert [d.uri for d in store.documents_of("file:///rows.csv")] == [graph.document.uri]
    assert [d.uri for d in store.documents_of("file:///", prefix=True)] == [graph.document.uri]
    assert store.documents_of("file:///row") == []


def test_evidence_of_several_documents_is_gathered_on_one_relationship(store: Store) -> None:
    store.write(ADA)
    store.write(BABBAGE)
    (row,) = store.query(
        "MATCH (:Person {name: 'Ada Lovelace'})-[r:SPOUSE]-(:Person {name: 'Charles Babbage'}) "
        "RETURN r.support AS support, r.evidence_chunk AS chunks, r.evidence_head AS heads, "
        "startNode(r).name AS start"
    )
    assert row["support"] == 2
    assert row["chunks"] == sorted([ADA.chunks[1].id, BABBAGE.chunks[1].id])
    chunk_heads = dict(zip(row["chunks"], row["heads"], strict=True))
    ada_first = row["start"] == "Ada Lovelace"
    assert chunk_heads[ADA.chunks[1].id] == ("e0" if ada_first else "e1")
    assert chunk_heads[BABBAGE.chunks[1].id] == ("e1" if ada_first else "e0")


def test_writing_again_writes_nothing(store: Store) -> None:
    for graph in FOUR:
        store.write(graph)
    before = dump(store)
    stamp = store.query("MATCH (d:Document) RETURN d.ingested_at AS at ORDER BY d.id")
    assert not any(store.write(graph).changed for graph in FOUR)
    assert dump(store) == before
    assert store.query("MATCH (d:Document) RETURN d.ingested_at AS at ORDER BY d.id") == stamp
    assert store.ledger([ADA.document.id, "nothing"]) == {
        ADA.document.id: (ADA.document.sha256, "test")
    }


def test_another_pipeline_writes_the_document_anew(store: Store) -> None:
    store.write(ADA)
    before = dump(store)
    assert store.write(dataclasses.replace(ADA, pipeline="other")).changed
    assert store.ledger([ADA.document.id]) == {ADA.document.id: (ADA.document.sha256, "other")}
    assert store.write(ADA).changed
    assert dump(store) == before


def test_a_new_version_leaves_nothing_of_the_old(store: Store) -> None:
    changed = document_graph(
        "file:///ada.txt",
        {"e0": ("person", "Charles Babbage"), "e1": ("person", "Grace Hopper")},
        [("spouse", "e0", "e1")],
        version=2,
    )
    store.write(BABBAGE)
    store.write(changed)
    clean = dump(store)
    clear(store)
    store.write(ADA)
    store.write(BABBAGE)
    assert dump(store) != clean
    store.write(changed)
    assert dump(store) == clean


def test_deleting_leaves_no_trace(store: Store) -> None:
    nothing = dump(store)
    for graph in FOUR[:3]:
        store.write(graph)
    three = dump(store)
    store.write(BYRON)
    assert store.delete(BYRON.document.uri) == 1
    assert dump(store) == three
    assert store.delete(BYRON.document.uri) == 0
    for graph in FOUR[:3]:
        assert store.delete(graph.document.id) == 1
    assert dump(store) == nothing


def test_deleting_a_source_deletes_all_its_documents(store: Store) -> None:
    nothing = dump(store)
    for row in (1, 2):
        store.write(
            document_graph(
                f"file:///rows.csv#row={row}",
                {"e0": ("person", "Ada Lovelace")},
                source="file:///rows.csv",
            )
        )
    assert store.delete("file:///rows.csv") == 2
    assert dump(store) == nothing


def test_a_shared_key_merges_and_its_retraction_splits(store: Store) -> None:
    def people() -> list[str]:
        return [
            row["name"]
            for row in store.query("MATCH (p:Person) RETURN p.name AS name ORDER BY name")
        ]

    store.write(BABBAGE)
    store.write(BYRON)
    apart = dump(store)
    assert people() == ["Ada Lovelace", "Augusta Byron", "Charles Babbage"]
    store.write(BRIDGE)
    assert people() == ["Augusta Byron", "Charles Babbage"]
    (facts,) = store.query(
        "MATCH (:Person {name: 'Augusta Byron'})-[r:SPOUSE]-(:Person) RETURN count(r) AS n"
    )
    assert facts["n"] == 1
    store.delete(BRIDGE.document.id)
    assert dump(store) == apart


def test_a_merge_joins_relationships_that_say_the_same(store: Store) -> None:
    for number, name in enumerate(("Ada Lovelace", "Augusta Byron")):
        store.write(
            document_graph(
                f"file:///{number}.txt",
                {"e0": ("person", name), "e1": ("place", "London"), "e2": ("person", "Al Bell")},
                [("part of", "e0", "e1"), ("spouse", "e0", "e2"), ("part of", "e1", "e0")],
            )
        )
    apart = dump(store)
    bridge = document_graph("file:///2.txt", {"e0": ("person", ["Augusta Byron", "Ada Lovelace"])})
    store.write(bridge)
    assert store.query(
        "MATCH (a:Entity)-[r]->(b:Entity) RETURN type(r) AS type, r.support AS support "
        "ORDER BY type"
    ) == [
        {"type": "PART_OF_ENTITY", "support": 2},
        {"type": "PART_OF_ENTITY", "support": 2},
        {"type": "SPOUSE", "support": 2},
    ]
    store.delete(bridge.document.id)
    assert dump(store) == apart


def test_the_commonest_type_wins_whatever_came_first(store: Store) -> None:
    def document(number: int, kind: str) -> DocumentGraph:
        return document_graph(
            f"file:///{number}.txt",
            {"e0": (kind, "Analytical Engines"), "e1": ("person", "Ada Lovelace")},
            [("works for", "e1", "e0")],
            [("founding", "founded", {"organization": "e0"})],
        )

    graphs = [
        document(0, "organization"),
        document(1, "company"),
        document(2, "company"),
        document(3, "company"),
    ]
    for graph in graphs:
        store.write(graph)
    labels = "MATCH (o:Organization) RETURN o.type AS type, size(labels(o)) AS labels"
    assert store.query(labels) == [{"type": "company", "labels": 3}]
    everything = dump(store)
    for graph in graphs[1:]:
        store.delete(graph.document.id)
    assert store.query(labels) == [{"type": "organization", "labels": 2}]
    for graph in reversed(graphs):
        store.write(graph)
    assert dump(store) == everything


def test_orders_of_documents_give_the_same_graph(store: Store) -> None:
    expected = None
    for order in itertools.islice(itertools.permutations(FOUR), 0, None, 3):
        clear(store)
        for graph in order:
            store.write(graph)
        found = dump(store)
        expected = expected or found
        assert found == expected


@given(steps=st.lists(st.one_of(versions(), st.integers(0, 3)), min_size=3, max_size=7))
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_history_gives_the_graph_of_a_clean_build(
    store: Store, steps: list[DocumentGraph | int]
) -> None:
    clear(store)
    left: dict[str, DocumentGraph] = {}
    for step in steps:
        if isinstance(step, int):
            uri = f"file:///{step}.txt"
            assert store.delete(uri) == (uri in left)
            left.pop(uri, None)
        else:
            store.write(step)
            left[step.document.uri] = step
    history = dump(store)
    clear(store)
    for graph in left.values():
        store.write(graph)
    assert dump(store) == history


HOSTILE = (
    "x'}) DETACH DELETE (n) //",
    'Robert"); MATCH (n) DETACH DELETE n; --',
    "`) SET n:Admin //",
    "\\u0027 \\' \n\t $rows {id: 1}",
    "’‘“” 🧨 \u200b",
)


def test_text_is_never_taken_for_cypher(store: Store) -> None:
    for number, text in enumerate(HOSTILE):
        graph = document_graph(
            f"file:///{text}",
            {"e0": ("person", text), "e1": ("place", [text, "London"])},
            [("part of", "e0", "e1")],
            [("meeting", text, {"participant": "e0"})],
            metadata={text: text},
            marks=(Mark("section", 0, text),),
        )
        store.write(graph)
        found = store.query(
            "MATCH (d:Document {uri: $uri})<-[:PART_OF]-(c:Chunk)-[m:MENTIONS]->(p:Person) "
            "RETURN p.name AS name, m.text AS text, c.text AS chunk",
            {"uri": f"file:///{text}"},
        )
        assert found == [{"name": text, "text": text, "chunk": text}]
        assert store.query("MATCH (d:Document) RETURN count(d) AS n") == [{"n": number + 1}]
    assert store.query("MATCH (n:Admin) RETURN n") == []


def test_types_that_the_schema_does_not_have_are_refused(store: Store) -> None:
    nothing = dump(store)
    schema = dataclasses.replace(SCHEMA, relations=(), name="poor")
    with pytest.raises(StoreError, match="schema 'poor' has no relation type 'works for'"):
        store.write(ADA, schema)
    store.write(BYRON, SCHEMA)
    store.delete(BYRON.document.id)
    assert dump(store) == nothing


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE (n:Hack) RETURN n",
        "MATCH (n) DETACH DELETE n",
        "MATCH (n:Person) SET n.name = 'x'",
        "MERGE (n:Person {id: 'x'}) RETURN n",
        "MATCH (n:Person) REMOVE n:Person RETURN n",
        "CREATE INDEX hack IF NOT EXISTS FOR (n:Person) ON (n.hack)",
        "DROP CONSTRAINT entity_id",
        "CREATE CONSTRAINT hack FOR (n:Place) REQUIRE n.hack IS UNIQUE",
    ],
)
def test_a_query_cannot_write_unless_told_to(store: Store, statement: str) -> None:
    store.write(ADA)
    before = dump(store)
    with pytest.raises(QueryError):
        store.query(statement)
    assert dump(store) == before


def test_a_query_writes_when_told_to(store: Store) -> None:
    store.query("CREATE (:Note {id: 'n', text: $text})", {"text": "hello"}, write=True)
    found = store.query("MATCH (n:Note) RETURN n.text AS text, n AS node")
    assert found.keys == ("text", "node")
    assert found == [
        {"text": "hello", "node": {"labels": ["Note"], "properties": {"id": "n", "text": "hello"}}}
    ]


def test_a_wrong_query_is_named_as_such(store: Store) -> None:
    with pytest.raises(QueryError):
        store.query("MATCH (n RETURN n")
    with pytest.raises(QueryError):
        store.query("RETURN $missing")


def test_text_that_cannot_be_encoded_is_an_error_and_the_store_lives_on(store: Store) -> None:
    nothing = dump(store)
    with pytest.raises(StoreError, match="surrogate"):
        store.write(document_graph("file:///bad.txt", {"e0": ("person", "Ada \ud800 Lovelace")}))
    assert dump(store) == nothing
    assert store.write(ADA).changed


def test_a_document_without_anything_in_it_is_stored(store: Store) -> None:
    empty = document_graph("file:///empty.txt", {})
    assert store.write(empty).changed
    assert not store.write(empty).changed
    assert store.delete("file:///empty.txt") == 1


@pytest.mark.neo4j
def test_writers_of_one_server_take_turns(neo4j_store: Store) -> None:
    clear(neo4j_store)
    graphs = [
        document_graph(
            f"file:///{n}.txt",
            {
                "e0": ("person", [NAMES[n % 4], NAMES[(n + n // 4) % 4]]),
                "e1": ("place", [PLACES[n % 3]]),
            },
            [("part of", "e0", "e1")],
        )
        for n in range(16)
    ]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(neo4j_store.write, graphs))
    assert all(result.changed for result in results)
    together = dump(neo4j_store)
    clear(neo4j_store)
    for graph in graphs:
        neo4j_store.write(graph)
    assert dump(neo4j_store) == together


def test_documents_written_together_give_the_graph_of_one_by_one(store: Store) -> None:
    changed = dataclasses.replace(BYRON, pipeline="later")
    for graph in (*FOUR, changed):
        store.write(graph)
    expected = dump(store)
    clear(store)
    store.write(BYRON)  # an old version among new documents
    results = store.write_all([BRIDGE, changed, BABBAGE, ADA, ADA])
    assert [isinstance(r, WriteResult) and r.changed for r in results] == [True] * 4 + [False]
    assert dump(store) == expected
    assert store.write_all([]) == []


def test_a_document_that_fails_takes_no_other_with_it(store: Store) -> None:
    for graph in (ADA, BRIDGE):
        store.write(graph)
    expected = dump(store)
    clear(store)
    bad = document_graph("file:///bad.txt", {"e0": ("person", "Ada \ud800 Lovelace")})
    first, second, third = store.write_all([ADA, bad, BRIDGE])
    assert isinstance(first, WriteResult) and isinstance(third, WriteResult)
    assert isinstance(second, StoreError)
    assert dump(store) == expected
    assert store.delete_all([ADA.document.id, bad.document.id, BRIDGE.document.id]) == 2


def test_evidence_says_which_mentions_it_is_about(store: Store) -> None:
    relation = LocalRelation("spouse", "e1", "e0", 1, 0.9, (23, 38), (0, 12))
    store.write(dataclasses.replace(ADA, relations=(relation,)))
    (row,) = store.query(
        "MATCH (a:Person)-[r:SPOUSE]->(b:Person) RETURN a.name AS start, "
        "r.evidence_head_start + r.evidence_head_end AS head, "
        "r.evidence_tail_start + r.evidence_tail_end AS tail"
    )
    ada, babbage = [0, 12], [23, 38]
    turned = row["start"] == "Ada Lovelace"  # from the smaller id, whoever stated it how
    assert (row["head"], row["tail"]) == ((ada, babbage) if turned else (babbage, ada))


def test_documents_and_events_have_dates(store: Store) -> None:
    store.write(dataclasses.replace(ADA, document=dated(ADA.document, "2024-05-03T12:00:00Z")))
    assert store.query("MATCH (d:Document) RETURN d.date AS date") == [{"date": "2024-05-03"}]
    assert store.query("MATCH (v:Founding) RETURN v.date AS date") == [{"date": "1815-12-10"}]
    store.write(BABBAGE)
    assert store.query("MATCH (v:Meeting) RETURN v.date AS date") == [{"date": None}]


def dated(document: Document, date: str) -> Document:
    return dataclasses.replace(document, metadata={"date": date})


def born(number: int, name: str, value: str) -> DocumentGraph:
    return document_graph(
        f"file:///born{number}.txt",
        {"e0": ("person", name), "e1": ("date", value)},
        [("born on", "e0", "e1")],
        values={"e1": value},
    )


def test_conflicting_values_are_kept_and_flagged_until_one_goes(store: Store) -> None:
    def flags() -> dict[str, bool | None]:
        found = store.query(
            "MATCH (:Person)-[r:BORN_ON]->(d:Date) RETURN d.value AS value, r.conflict AS conflict"
        )
        return {row["value"]: row["conflict"] for row in found}

    store.write(born(1, "Ada Lovelace", "1815-12-10"))
    store.write(born(2, "Ada Lovelace", "1815"))
    assert flags() == {"1815-12-10": None, "1815": None}  # the year of that day
    agreed = dump(store)
    store.write(born(3, "Ada Lovelace", "1816"))
    assert flags() == {"1815-12-10": True, "1815": True, "1816": True}
    conflict = dump(store)
    store.delete("file:///born3.txt")
    assert dump(store) == agreed
    clear(store)
    store.write_all([born(3, "Ada Lovelace", "1816"), born(2, "Ada Lovelace", "1815")])
    store.write(born(1, "Ada Lovelace", "1815-12-10"))
    assert dump(store) == conflict
    store.write(born(3, "Ada King", "1816"))
    assert flags() == {"1815-12-10": None, "1815": None, "1816": None}
    bridge = document_graph("file:///b.txt", {"e0": ("person", ["Ada King", "Ada Lovelace"])})
    store.write(bridge)  # a merge brings conflicts, and its end takes them away
    assert flags() == {"1815-12-10": True, "1815": True, "1816": True}
    store.delete("file:///b.txt")
    assert flags() == {"1815-12-10": None, "1815": None, "1816": None}
