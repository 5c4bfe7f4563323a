"""Tables are resolved without a store and without labels."""

from __future__ import annotations

import random
from itertools import combinations

import networkx as nx
import numpy as np
import pytest

from graph.resolving.tables import components, resolve_names, resolve_records


def test_names_of_one_thing_have_one_number() -> None:
    found = resolve_names(
        ["Geoffrey Hinton", "Alan Turing", "Geoffrey E. Hinton", "Dr. Alan Turing", "Sara Turing"],
        "person",
    )
    assert found.clusters.tolist() == [0, 1, 0, 1, 4]


def test_records_are_resolved_without_labels() -> None:
    rng = random.Random(3)
    people = [
        {
            "given": rng.choice(["anna", "bela", "carl", "dora", "emil", "fritz"]) + str(n % 7),
            "surname": f"surname{rng.randint(0, 60)}",
            "street": f"{rng.randint(1, 99)} street {rng.randint(0, 40)}",
            "town": f"town{rng.randint(0, 30)}",
            "phone": f"{rng.randint(100000, 999999)}",
            "born": f"19{rng.randint(10, 99)}{rng.randint(10, 12)}{rng.randint(10, 28)}",
        }
        for n in range(300)
    ]
    rows = [dict(person) for person in people]
    for number in range(0, 300, 2):
        copy = dict(people[number])
        field = rng.choice(sorted(copy))
        copy[field] = rng.choice(["", copy[field][:-1] + "x"])
        rows.append(copy)
    found = resolve_records(rows)
    right = [found.clusters[300 + i] == 2 * i for i in range(150)]
    assert sum(right) > 140
    assert len(set(found.clusters[:300].tolist())) > 295
    assert found.weights["born"]["equal"] > 2 > 0 > found.weights["born"]["different"]


def test_records_without_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="need columns"):
        resolve_records([{}])


def test_components_are_those_of_the_graph() -> None:
    rng = random.Random(5)
    for size in (1, 5, 40):
        pairs = rng.sample(list(combinations(range(size), 2)), size // 2)
        graph = nx.Graph(pairs)
        graph.add_nodes_from(range(size))
        expected = [0] * size
        for group in nx.connected_components(graph):
            for row in group:
                expected[row] = min(group)
        found = components(size, np.array(pairs, dtype=int).reshape(-1, 2))
        assert found.tolist() == expected
