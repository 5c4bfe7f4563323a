"""The plan of a change, against resolution from scratch; no database."""

from __future__ import annotations

from collections.abc import Iterable

from document_graphs import SCHEMA
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.resolution import Member, canonicalise, clusters
from graph.store.plan import Node, make_plan
from graph.store.tally import Tally

KEYS = "abcdef"


def member(document: str, local: int, kind: str, keys: Iterable[str]) -> Member:
    keys = tuple(sorted(f"person|{key}" for key in keys))
    names = tuple(key.upper() for key in keys)
    return Member(document, f"e{local}", kind, names[0], names, keys, None, None)


class Graph:
    """Entity nodes as a store would keep them."""

    def __init__(self) -> None:
        self.nodes: dict[str, Tally] = {}
        self.members: dict[tuple[str, str], tuple[Member, str]] = {}
        self.read: list[str] = []

    def replace(self, document: str, new: list[Member]) -> None:
        old = [(m, id) for m, id in self.members.values() if m.document_id == document]
        keys = {key for m in new for key in m.keys}
        nodes = {
            id: Node(id=id, labels=(), tally=Tally.decode(tally.encode()))
            for id, tally in self.nodes.items()
            if keys & tally.keys or any(id == at for _, at in old)
        }

        def read_members(node: Node) -> list[Member]:
            self.read.append(node.id)
            return [m for m, id in self.members.values() if id == node.id]

        was = [(m, nodes[id]) for m, id in old]
        plan = make_plan({document}, list(nodes.values()), was, new, read_members)
        ids = {cluster: cluster.tally.canonical(SCHEMA).id for cluster in plan.clusters}
        assert len(set(ids.values())) == len(ids)
        moved = {(m.document_id, m.local): ids[cluster] for m, _, cluster in plan.moved}
        for key, (m, id) in list(self.members.items()):
            if m.document_id == document:
                del self.members[key]
            elif key in moved:
                self.members[key] = m, moved[key]
            elif id in nodes:
                cluster = nodes[id].cluster
                assert cluster is not None, "a node went and left a member behind"
                self.members[key] = m, ids[cluster]
        for id in nodes:
            del self.nodes[id]
        self.nodes |= {ids[cluster]: cluster.tally for cluster in plan.clusters}
        for m in new:
            self.members[m.document_id, m.local] = m, ids[plan.place[document, m.local]]


keysets = st.sets(st.sampled_from(KEYS), min_size=1, max_size=3)
people = st.lists(
    st.tuples(st.sampled_from(("person", "person", "organization")), keysets), max_size=4
)


@given(st.lists(st.tuples(st.sampled_from("1234"), people), min_size=1, max_size=12))
@settings(max_examples=200, deadline=None)
def test_any_history_of_changes_gives_the_clusters_of_resolution(
    history: list[tuple[str, list[tuple[str, set[str]]]]],
) -> None:
    graph = Graph()
    for document, found in history:
        graph.replace(document, [member(document, i, *item) for i, item in enumerate(found)])
    everyone = [m for m, _ in graph.members.values()]
    expected = {}
    for group in clusters(everyone):
        canonical = canonicalise(group, SCHEMA)
        expected[canonical.id] = canonical
        for m in group:
            assert graph.members[m.document_id, m.local][1] == canonical.id
    assert {id: tally.canonical(SCHEMA) for id, tally in graph.nodes.items()} == expected
    for id, tally in graph.nodes.items():
        fresh = Tally()
        for m, at in graph.members.values():
            if at == id:
                fresh.add(m)
        assert tally.encode() == fresh.encode()


def test_one_more_member_reads_no_others() -> None:
    graph = Graph()
    for number in range(5):
        graph.replace(str(number), [member(str(number), 0, "person", "ab")])
    graph.replace("5", [member("5", 0, "person", "a")])
    graph.replace("2", [])
    graph.replace("3", [member("3", 0, "person", "b")])
    assert graph.read == []


def test_a_merge_reads_only_the_smaller_entity() -> None:
    graph = Graph()
    for number in range(3):
        graph.replace(f"many{number}", [member(f"many{number}", 0, "person", "b")])
    graph.replace("few", [member("few", 0, "person", "a")])
    few = graph.members["few", "e0"][1]
    graph.replace("bridge", [member("bridge", 0, "person", "ab")])
    assert graph.read == [few]
