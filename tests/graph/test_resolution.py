from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.records import LocalEntity
from graph.resolution import (
    Member,
    canonicalise,
    clusters,
    entity_keys,
    family_of,
    root_of,
    vote,
)
from model.schema import EntityType, Schema

SCHEMA = Schema(
    "test",
    entities=(
        EntityType("person"),
        EntityType("organization"),
        EntityType("company", parent="organization"),
        EntityType("place"),
        EntityType("city", parent="place"),
        EntityType("country", parent="place"),
        EntityType("disease"),
        EntityType("X1", labels={"zh": "人物"}),
        EntityType("date", datatype="date"),
    ),
)


def entity(
    entity_type: str,
    *names: str,
    local: str = "e0",
    datatype: str | None = None,
    value: str | None = None,
) -> LocalEntity:
    return LocalEntity(local, entity_type, names[0], names, (), datatype, value)


def keys(entity_type: str, *names: str, document: str = "d1", local: str = "e0") -> frozenset[str]:
    return entity_keys(entity(entity_type, *names, local=local), document, SCHEMA)


def meet(one: tuple[str, ...], two: tuple[str, ...]) -> bool:
    return bool(keys(one[0], *one[1:]) & keys(two[0], *two[1:], document="d2"))


def test_keys_are_type_and_normalised_name() -> None:
    assert keys("person", "Ada Lovelace") == {"person|ada lovelace"}
    assert keys("company", "Apple Inc.") == {"organization|apple"}


def test_a_literal_has_its_value_as_key() -> None:
    literal = entity("date", "10 December 1815", datatype="date", value="1815-12-10")
    assert entity_keys(literal, "d1", SCHEMA) == {"date|1815-12-10"}


def test_a_literal_without_value_is_private_to_its_document() -> None:
    literal = entity("date", "yesterday", local="e4", datatype="date")
    assert entity_keys(literal, "d1", SCHEMA) == {"date|~d1/e4"}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (("person", "Ada Lovelace", "Lovelace"), ("person", "Dr. Ada Lovelace")),
        (("person", "Alan Turing", "艾伦·图灵"), ("person", "艾倫·圖靈", "图灵")),
        (("person", "Plato"), ("person", "Plato")),
        (("person", "姚明"), ("person", "姚明")),
        (("company", "Apple Inc."), ("organization", "Apple")),
        (("organization", "World Health Organization", "WHO"), ("organization", "WHO")),
        (
            ("organization", "世界卫生组织", "WHO"),
            ("organization", "World Health Organization", "WHO"),
        ),
        (("organization", "EU"), ("organization", "European Union")),
        (("city", "Paris"), ("place", "Paris")),
        (("place", "America"), ("place", "the U.S.")),
        (("disease", "Lung cancer"), ("disease", "lung cancer")),
    ],
)
def test_entities_meet_through_a_name(one: tuple[str, ...], two: tuple[str, ...]) -> None:
    assert meet(one, two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (("person", "Alan Turing", "Turing"), ("person", "Sara Turing", "Turing")),
        (("person", "Smith"), ("person", "Smith")),
        (("person", "John"), ("person", "John")),
        (("person", "J. Smith"), ("person", "J. Smith")),
        (("person", "Alan Turing", "Turing"), ("person", "Turing")),
        (("person", "艾伦·图灵", "图灵"), ("person", "莎拉·图灵", "图灵")),
        (("person", "王先生"), ("person", "王先生")),
        (("person", "Washington"), ("city", "Washington")),
        (("organization", "British Airways", "BA"), ("organization", "Bank of Albania", "BA")),
        (("disease", "flu"), ("organization", "flu")),
        (("person", "George W. Bush"), ("person", "George H. W. Bush")),
        (("person", "Mrs. Dursley"), ("person", "Mr. Dursley")),
        (("person", "President of France"), ("person", "President of France")),
        (("organization", "Supreme Court"), ("organization", "the Supreme Court")),
        (("organization", "最高法院"), ("organization", "最高法院")),
    ],
)
def test_entities_stay_apart(one: tuple[str, ...], two: tuple[str, ...]) -> None:
    assert not meet(one, two)


@pytest.mark.parametrize("name", ["王先生", "Smith", "Mr.", "J. Smith", "X"])
def test_an_entity_without_usable_name_has_a_private_key(name: str) -> None:
    assert keys("person", name, document="d7", local="e3") == {"person|~d7/e3"}


def test_types_that_the_schema_does_not_know_have_keys_too() -> None:
    assert keys("planet", "Mars") == {"planet|mars"}


def test_family_is_read_from_labels_and_parents() -> None:
    assert family_of("X1", SCHEMA) == "person"
    assert family_of("company", SCHEMA) == "organization"
    assert family_of("disease", SCHEMA) == "other"
    assert root_of("city", SCHEMA) == "place"


def test_vote_takes_the_most_specific_type_that_holds() -> None:
    assert vote({"place": 3, "city": 2}, SCHEMA) == "city"
    assert vote({"place": 9, "city": 1}, SCHEMA) == "place"
    assert vote({"city": 1, "country": 1}, SCHEMA) == "place"
    assert vote({"city": 2, "person": 1}, SCHEMA) == "city"
    assert vote({"person": 1, "disease": 1}, SCHEMA) == "disease"  # a tie: the first by name


def member(
    document: str, name: str, *names: str, keys: tuple[str, ...], entity_type: str = "person"
) -> Member:
    return Member(document, "e0", entity_type, name, (name, *names), keys, None, None)


def test_canonical_takes_most_frequent_name_then_longest() -> None:
    members = [
        member("d1", "Ada Lovelace", keys=("person|ada lovelace",)),
        member("d2", "Ada Lovelace", "Ada", keys=("person|ada lovelace",)),
        member("d3", "Augusta Ada King", keys=("person|ada lovelace", "person|augusta ada king")),
    ]
    canonical = canonicalise(members)
    assert canonical.name == "Ada Lovelace"
    assert canonical.aliases == ("Ada", "Augusta Ada King")
    assert canonicalise(members[1:]).name == "Augusta Ada King"


def test_canonical_id_is_of_the_smallest_key() -> None:
    one = member("d1", "B", keys=("person|b",))
    both = member("d2", "A", keys=("person|a", "person|b"))
    assert canonicalise([one]).id != canonicalise([both]).id
    assert canonicalise([one, both]).id == canonicalise([both]).id
    assert len(canonicalise([one]).id) == 32


def test_canonical_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        canonicalise([])


def test_clusters_are_the_transitive_closure_of_shared_keys() -> None:
    chain = [
        member("d1", "a", keys=("k1",)),
        member("d2", "b", keys=("k1", "k2")),
        member("d3", "c", keys=("k2",)),
        member("d4", "d", keys=("k3",)),
    ]
    assert [[m.document_id for m in group] for group in clusters(chain)] == [
        ["d1", "d2", "d3"],
        ["d4"],
    ]
    assert clusters([]) == []


MEMBERS = st.lists(
    st.builds(
        lambda number, name, found, kind: Member(
            f"d{number}", "e0", kind, name, (name,), tuple(sorted(found)), None, None
        ),
        st.integers(0, 999),
        st.sampled_from(["Ada", "Ada Lovelace", "Babbage", "巴贝奇"]),
        st.sets(st.sampled_from([f"k{i}" for i in range(12)]), min_size=1, max_size=3),
        st.sampled_from(["city", "place", "person"]),
    ),
    max_size=15,
    unique_by=lambda m: m.document_id,
)


@settings(max_examples=150, deadline=None)
@given(MEMBERS, st.randoms())
def test_resolution_does_not_depend_on_order(members: list[Member], rng: random.Random) -> None:
    shuffled = list(members)
    rng.shuffle(shuffled)
    assert clusters(members) == clusters(shuffled)
    for group in clusters(members):
        mixed = list(group)
        rng.shuffle(mixed)
        assert canonicalise(group) == canonicalise(mixed)
        assert canonicalise(group, SCHEMA) == canonicalise(mixed, SCHEMA)


@settings(max_examples=150, deadline=None)
@given(MEMBERS, MEMBERS)
def test_resolution_does_not_depend_on_increments(one: list[Member], two: list[Member]) -> None:
    taken = {m.document_id for m in one}
    two = [m for m in two if m.document_id not in taken]
    at_once = clusters(one + two)
    # Arriving later, a member only ever joins the groups that hold one of its keys.
    groups = clusters(one)
    for late in two:
        touched = [g for g in groups if any(set(m.keys) & set(late.keys) for m in g)]
        groups = [g for g in groups if g not in touched]
        groups.append(sum(touched, [late]))
    assert {frozenset((m.document_id) for m in g) for g in groups} == {
        frozenset(m.document_id for m in g) for g in at_once
    }
