"""What every store promises, on every server."""

from __future__ import annotations

import dataclasses
import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
from document_graphs import (
    SCHEMA,
    AnyStore,
    clear,
    contents,
    document_graph,
    on_every_store,
    written_at,
)
from histories import NAMES, PLACES, versions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared_documents import ADA, BABBAGE, BRIDGE, BYRON, FOUR, HOSTILE

from graph.records import DocumentGraph, LocalRelation
from graph.store import QueryError, QueryTimeoutError, Store, StoreError, WriteResult
from graph.view import Naming, view_of
from ingest.documents import Document, Mark


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


@on_every_store
def test_writing_again_writes_nothing(store: AnyStore) -> None:
    for graph in FOUR:
        store.write(graph)
    before, stamps = contents(store), written_at(store)
    assert not any(store.write(graph).changed for graph in FOUR)
    assert contents(store) == before
    assert written_at(store) == stamps
    assert store.ledger([ADA.document.id, "nothing"]) == {
        ADA.document.id: (ADA.document.sha256, "test")
    }


@on_every_store
def test_another_pipeline_writes_the_document_anew(store: AnyStore) -> None:
    store.write(ADA)
    before = contents(store)
    assert store.write(dataclasses.replace(ADA, pipeline="other")).changed
    assert store.ledger([ADA.document.id]) == {ADA.document.id: (ADA.document.sha256, "other")}
    assert store.write(ADA).changed
    assert contents(store) == before


@on_every_store
def test_a_new_version_leaves_nothing_of_the_old(store: AnyStore) -> None:
    changed = document_graph(
        "file:///ada.txt",
        {"e0": ("person", "Charles Babbage"), "e1": ("person", "Grace Hopper")},
        [("spouse", "e0", "e1")],
        version=2,
    )
    store.write(BABBAGE)
    store.write(changed)
    clean = contents(store)
    clear(store)
    store.write(ADA)
    store.write(BABBAGE)
    assert contents(store) != clean
    store.write(changed)
    assert contents(store) == clean


@on_every_store
def test_deleting_leaves_no_trace(store: AnyStore) -> None:
    nothing = contents(store)
    for graph in FOUR[:3]:
        store.write(graph)
    three = contents(store)
    store.write(BYRON)
    assert store.delete(BYRON.document.uri) == 1
    assert contents(store) == three
    assert store.delete(BYRON.document.uri) == 0
    for graph in FOUR[:3]:
        assert store.delete(graph.document.id) == 1
    assert contents(store) == nothing


@on_every_store
def test_deleting_a_source_deletes_all_its_documents(store: AnyStore) -> None:
    nothing = contents(store)
    for row in (1, 2):
        store.write(
            document_graph(
                f"file:///rows.csv#row={row}",
                {"e0": ("person", "Ada Lovelace")},
                source="file:///rows.csv",
            )
        )
    assert store.delete("file:///rows.csv") == 2
    assert contents(store) == nothing


def test_a_shared_key_merges_and_its_retraction_splits(store: Store) -> None:
    def people() -> list[str]:
        return [
            row["name"]
            for row in store.query("MATCH (p:Person) RETURN p.name AS name ORDER BY name")
        ]

    store.write(BABBAGE)
    store.write(BYRON)
    apart = contents(store)
    assert people() == ["Ada Lovelace", "Augusta Byron", "Charles Babbage"]
    store.write(BRIDGE)
    assert people() == ["Augusta Byron", "Charles Babbage"]
    (facts,) = store.query(
        "MATCH (:Person {name: 'Augusta Byron'})-[r:SPOUSE]-(:Person) RETURN count(r) AS n"
    )
    assert facts["n"] == 1
    store.delete(BRIDGE.document.id)
    assert contents(store) == apart


def test_a_merge_joins_relationships_that_say_the_same(store: Store) -> None:
    for number, name in enumerate(("Ada Lovelace", "Augusta Byron")):
        store.write(
            document_graph(
                f"file:///{number}.txt",
                {"e0": ("person", name), "e1": ("place", "London"), "e2": ("person", "Al Bell")},
                [("part of", "e0", "e1"), ("spouse", "e0", "e2"), ("part of", "e1", "e0")],
            )
        )
    apart = contents(store)
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
    assert contents(store) == apart


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
    everything = contents(store)
    for graph in graphs[1:]:
        store.delete(graph.document.id)
    assert store.query(labels) == [{"type": "organization", "labels": 2}]
    for graph in reversed(graphs):
        store.write(graph)
    assert contents(store) == everything


@on_every_store
def test_orders_of_documents_give_the_same_graph(store: AnyStore) -> None:
    expected = None
    for order in itertools.islice(itertools.permutations(FOUR), 0, None, 3):
        clear(store)
        for graph in order:
            store.write(graph)
        found = contents(store)
        expected = expected or found
        assert found == expected


@on_every_store
@given(steps=st.lists(st.one_of(versions(), st.integers(0, 3)), min_size=3, max_size=7))
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_history_gives_the_graph_of_a_clean_build(
    store: AnyStore, steps: list[DocumentGraph | int]
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
    history = contents(store)
    clear(store)
    for graph in left.values():
        store.write(graph)
    assert contents(store) == history


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


@on_every_store
def test_types_that_the_schema_does_not_have_are_refused(store: AnyStore) -> None:
    nothing = contents(store)
    schema = dataclasses.replace(SCHEMA, relations=(), name="poor")
    with pytest.raises(StoreError, match="schema 'poor' has no relation type 'works for'"):
        store.write(ADA, schema)
    store.write(BYRON, SCHEMA)
    store.delete(BYRON.document.id)
    assert contents(store) == nothing


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
    before = contents(store)
    with pytest.raises(QueryError):
        store.query(statement)
    assert contents(store) == before


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


def test_a_query_is_ended_when_its_time_is_up(store: Store) -> None:
    store.query("UNWIND range(1, 300) AS i CREATE (:Runaway {i: i})", write=True)
    for endless in (
        "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b RETURN count(a + b) AS n",
        "MATCH (a:Runaway), (b:Runaway), (c:Runaway), (d:Runaway) RETURN sum(a.i + d.i) AS n",
    ):
        with pytest.raises(QueryTimeoutError):
            list(store.stream(endless, timeout=0.5))
    assert list(store.stream("RETURN 1 AS n", timeout=30)) == [{"n": 1}]


@on_every_store
def test_text_that_cannot_be_encoded_is_an_error_and_the_store_lives_on(store: AnyStore) -> None:
    nothing = contents(store)
    with pytest.raises(StoreError, match="surrogate"):
        store.write(document_graph("file:///bad.txt", {"e0": ("person", "Ada \ud800 Lovelace")}))
    assert contents(store) == nothing
    assert store.write(ADA).changed


@on_every_store
def test_a_document_without_anything_in_it_is_stored(store: AnyStore) -> None:
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
    together = contents(neo4j_store)
    clear(neo4j_store)
    for graph in graphs:
        neo4j_store.write(graph)
    assert contents(neo4j_store) == together


@on_every_store
def test_documents_written_together_give_the_graph_of_one_by_one(store: AnyStore) -> None:
    changed = dataclasses.replace(BYRON, pipeline="later")
    for graph in (*FOUR, changed):
        store.write(graph)
    expected = contents(store)
    clear(store)
    store.write(BYRON)  # an old version among new documents
    results = store.write_all([BRIDGE, changed, BABBAGE, ADA, ADA])
    assert [isinstance(r, WriteResult) and r.changed for r in results] == [True] * 4 + [False]
    assert contents(store) == expected
    assert store.write_all([]) == []


@on_every_store
def test_a_document_that_fails_takes_no_other_with_it(store: AnyStore) -> None:
    for graph in (ADA, BRIDGE):
        store.write(graph)
    expected = contents(store)
    clear(store)
    bad = document_graph("file:///bad.txt", {"e0": ("person", "Ada \ud800 Lovelace")})
    first, second, third = store.write_all([ADA, bad, BRIDGE])
    assert isinstance(first, WriteResult) and isinstance(third, WriteResult)
    assert isinstance(second, StoreError)
    assert contents(store) == expected
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


@on_every_store
def test_conflicting_values_are_kept_and_flagged_until_one_goes(store: AnyStore) -> None:
    view = view_of(store)

    def flags() -> dict[str, bool]:
        found = {
            node.name: edge.conflict
            for hit in view.search("Ada")
            for edge, node in view.neighbours(hit.id, ["BORN_ON"], 9)
        }
        wrong = {fact.tail.name for fact in view.contradictions(9)}
        assert wrong == {name for name, conflict in found.items() if conflict}
        return found

    store.write(born(1, "Ada Lovelace", "1815-12-10"))
    store.write(born(2, "Ada Lovelace", "1815"))
    assert flags() == {"1815-12-10": False, "1815": False}  # the year of that day
    agreed = contents(store)
    store.write(born(3, "Ada Lovelace", "1816"))
    assert flags() == {"1815-12-10": True, "1815": True, "1816": True}
    conflict = contents(store)
    store.delete("file:///born3.txt")
    assert contents(store) == agreed
    clear(store)
    store.write_all([born(3, "Ada Lovelace", "1816"), born(2, "Ada Lovelace", "1815")])
    store.write(born(1, "Ada Lovelace", "1815-12-10"))
    assert contents(store) == conflict
    store.write(born(3, "Ada King", "1816"))
    assert flags() == {"1815-12-10": False, "1815": False, "1816": False}
    bridge = document_graph("file:///b.txt", {"e0": ("person", ["Ada King", "Ada Lovelace"])})
    store.write(bridge)  # a merge brings conflicts, and its end takes them away
    assert flags() == {"1815-12-10": True, "1815": True, "1816": True}
    store.delete("file:///b.txt")
    assert flags() == {"1815-12-10": False, "1815": False, "1816": False}


@on_every_store
def test_entities_are_shown_by_names_that_the_reader_can_read(store: AnyStore) -> None:
    ada, london = ["Ada Lovelace", "A. Lovelace", "艾达·洛芙莱斯"], ["伦敦", "London"]
    store.write(
        document_graph(
            "file:///two-languages.txt",
            {"e0": ("person", ada), "e1": ("city", london), "e2": ("city", "Paris")},
            [("出生地", "e0", "e1"), ("出生地", "e0", "e2")],
        )
    )
    (hit,) = view_of(store).search("洛芙莱斯")

    def names(naming: Naming) -> set[str]:
        view = view_of(store, naming)
        details = view.entity(hit.id)
        assert details is not None and view.nodes([hit.id])[0].name == details.node.name
        assert sorted((details.node.name, *details.aliases)) == sorted(ada)
        chunks = [mention.chunk for mention in view.mentions_of(hit.id, 0, 9)]
        around = {node.name for _, node in view.neighbours(hit.id, [], 9)}
        said = {mention.name for mention in view.mentions(chunks)}
        assert said == {details.node.name}
        return said | around

    assert names(Naming()) == {"Ada Lovelace", "伦敦", "Paris"}
    assert names(Naming("en")) == {"Ada Lovelace", "London", "Paris"}
    assert names(Naming("zh")) == {"艾达·洛芙莱斯", "伦敦", "Paris"}  # Paris has no other
    # What people named stays.
    assert names(Naming("zh", frozenset(["Ada Lovelace"]))) == {"Ada Lovelace", "伦敦", "Paris"}
