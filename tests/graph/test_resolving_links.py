"""Names that are not equal and yet name one thing, and names that are alike and do not."""

from __future__ import annotations

import random

import numpy as np
import pytest
from document_graphs import SCHEMA

from graph.names import Family, normalise
from graph.resolving.blocking import candidate_pairs, pairs_of_blocks
from graph.resolving.decisions import Decision, Decisions
from graph.resolving.links import Linker
from graph.resolving.partition import Link, partition
from graph.resolving.profiles import profile
from graph.resolving.scoring import default_scorer

LINKER = Linker(SCHEMA)


def key(family: str, name: str) -> str:
    kind: Family = family  # type: ignore[assignment]
    return f"{family}|{normalise(name, kind)}"


def linked(family: str, one: str, two: str) -> bool:
    keys = {key(family, one), key(family, two)}
    return len(keys) == 1 or bool(LINKER.links(keys))


@pytest.mark.parametrize(
    ("family", "one", "two"),
    [
        ("person", "Geoffrey Hinton", "Geoffrey E. Hinton"),
        ("person", "John F. Kennedy", "John Fitzgerald Kennedy"),
        ("person", "Alan Turing", "Turing Alan"),
        ("person", "Alan Turing", "艾伦·图灵"),
        ("organization", "World Health Organization", "World Health Organisation"),
        ("organization", "University of Oxford", "Oxford University"),
        ("organization", "Dept. of Defence", "Department of Defense"),
        ("place", "St. Petersburg", "Saint Petersburg"),
        ("person", "孟建柱", "Meng Jianzhu"),
        ("organization", "四川大学", "Sichuan University"),
        ("organization", "巴恩斯利足球俱乐部", "Barnsley F.C."),
        ("organization", "法国国家足球队", "French national football team"),
        ("place", "南宁", "Nanning"),
        ("place", "沈陽桃仙國際機場", "Shenyang Taoxian International Airport"),
    ],
)
def test_spellings_of_one_name_are_linked(family: str, one: str, two: str) -> None:
    assert linked(family, one, two)


@pytest.mark.parametrize(
    ("family", "one", "two"),
    [
        ("person", "George W. Bush", "George H. W. Bush"),
        ("person", "Martin Luther King Sr.", "Martin Luther King Jr."),
        ("person", "Barack Obama", "Michelle Obama"),
        ("person", "John Smith", "Jane Smith"),
        ("person", "艾伦·图灵", "Sara Turing"),
        ("organization", "University of California Berkeley", "University of California Irvine"),
        ("organization", "Royal Bank of Scotland", "Royal Bank of Canada"),
        ("organization", "1st Army", "2nd Army"),
        ("place", "North Korea", "South Korea"),
        ("place", "West Virginia", "Virginia"),
        ("organization", "四川大学", "Sichuan Airlines"),
        ("organization", "四川大学", "Hunan University"),
        ("place", "南京", "Nanning"),
        ("person", "王伟", "Wang Wei"),
    ],
)
def test_names_of_different_things_are_not_linked(family: str, one: str, two: str) -> None:
    assert not linked(family, one, two)


def test_keys_of_one_document_and_of_senses_are_never_linked() -> None:
    assert LINKER.links({"person|~d1/e0", "person|~d2/e0"}) == []
    assert LINKER.links({"person|alan turing|~1234abcd", "person|turing alan"}) == []
    assert LINKER.links({"date|1815-12-10", "date|1815-12-11"}) == []


def test_a_name_that_fits_two_people_is_linked_to_neither() -> None:
    bush, junior, senior = (key("person", n) for n in (
        "George Bush", "George Walker Bush", "George H. W. Bush"
    ))  # fmt: skip

    def groups(*keys: str) -> list[set[str]]:
        group_of = partition({(k,): 1 for k in keys}, LINKER.links(keys), conflict=LINKER.conflict)
        return sorted(
            ({k for k in keys if group_of[k] == g} for g in set(group_of.values())), key=sorted
        )

    assert groups(bush, junior) == [{bush, junior}]
    assert len(groups(bush, junior, senior)) == 3


def test_two_people_who_sound_alike_are_not_one() -> None:
    latin, one, other = (key("person", name) for name in ("Meng Jianzhu", "孟建柱", "孟建主"))
    assert LINKER.conflict(one, other)
    keysets = {(name,): 1 for name in (latin, one, other)}
    group_of = partition(keysets, LINKER.links((latin, one, other)), conflict=LINKER.conflict)
    assert len(set(group_of.values())) == 3


def test_a_decision_overrules_a_link() -> None:
    one, two = "person|alan turing", "person|turing alan"
    keysets = {(one,): 1, (two,): 1}
    links = LINKER.links((one, two))
    assert len(set(partition(keysets, links).values())) == 1
    split = Decisions([Decision("split", (one,), (two,))])
    assert len(set(partition(keysets, links, split).values())) == 2


def test_partition_does_not_depend_on_the_order_of_its_content() -> None:
    rng = random.Random(1)
    keys = [f"k{i}" for i in range(9)]
    for _ in range(200):
        keysets = {tuple(rng.sample(keys, rng.randint(1, 3))): rng.randint(1, 3) for _ in range(6)}
        present = sorted({k for keyset in keysets for k in keyset})
        links = [
            Link(*sorted(rng.sample(present, 2)), rng.choice((0.9, 0.95)))
            for _ in range(4)
            if len(present) > 1
        ]
        decisions = Decisions(
            Decision(rng.choice(("merge", "split")), (a,), (b,), made_at=str(rng.random()))
            for a, b in (rng.sample(keys, 2) for _ in range(2))
        )
        enemies = {frozenset(rng.sample(keys, 2)) for _ in range(2)}

        def conflict(one: str, two: str, enemies: set[frozenset[str]] = enemies) -> bool:
            return frozenset((one, two)) in enemies

        expected = partition(keysets, links, decisions, conflict)
        for _ in range(3):
            mixed = dict(rng.sample(sorted(keysets.items()), len(keysets)))
            rng.shuffle(links)
            assert partition(mixed, links, decisions, conflict) == expected


def test_every_judgement_is_explained() -> None:
    judgement = default_scorer().judge(
        profile("geoffrey hinton", "person"), profile("geoffrey e hinton", "person")
    )
    found = {reason.comparison: reason.level for reason in judgement.reasons}
    assert found["surname"] == "equal"
    assert found["middle names"] == "one has more"
    assert judgement.probability > 0.9


def test_pairs_of_a_table_are_those_of_shared_keys() -> None:
    pairs = pairs_of_blocks([["a", "b"], ["b"], [], ["a", "b", "c"], ["c"] * 3])
    assert pairs.tolist() == [[0, 1], [0, 3], [1, 3], [3, 4]]
    assert pairs_of_blocks([["a"]] * 5, max_block=4).shape == (0, 2)
    assert pairs_of_blocks([]).shape == (0, 2)


@pytest.mark.parametrize("family", ["person", "place", "organization"])
def test_numbered_names_do_not_meet(family: str) -> None:
    keys = [key(family, f"Thing {number} of All") for number in range(50)]
    seen = [block for one in keys for block in LINKER.blocks(one)]
    assert seen
    assert len(set(seen)) == len(seen)


def test_numbers_meet_however_they_are_written() -> None:
    one, two, three = (
        set(LINKER.blocks(key("place", name)))
        for name in ("Palace Garden II", "Palace Gardin 2", "Palace Garden 3")
    )
    assert one & two
    assert not two & three


def test_scores_of_many_pairs_are_those_of_each() -> None:
    forms = [
        "alan turing", "turing alan", "alan m turing", "艾伦·图灵", "bob dylan", "robert dylan",
        "jane smith", "john smith", "j r r tolkien", "john ronald reuel tolkien",
    ]  # fmt: skip
    profiles = [profile(form, "person") for form in forms]
    pairs = candidate_pairs(profiles)
    assert len(pairs)
    scorer = default_scorer()
    together = scorer.probabilities(profiles, pairs)
    for (one, two), chance in zip(pairs.tolist(), together.tolist(), strict=True):
        assert scorer.judge(profiles[one], profiles[two]).probability == pytest.approx(chance)
        turned = scorer.probabilities(profiles, np.array([[two, one]]))
        assert turned[0] == pytest.approx(chance)
