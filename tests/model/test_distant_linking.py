from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.distant.dictionary import Dictionary
from model.distant.folding import fold, without_qualifier
from model.distant.graph import KnowledgeGraph
from model.distant.linking import Linker


def found(names: list[str], text: str) -> list[str]:
    folded = fold(text)
    return [text[m.start : m.end] for m in Dictionary([fold(name) for name in names]).find(folded)]


def graph_of(
    labels: dict[str, str], edges: list[tuple[str, str, str]] | None = None
) -> KnowledgeGraph:
    graph = KnowledgeGraph()
    for identifier, label in labels.items():
        graph.add_name(graph.entity(identifier), label, "label")
    for head, predicate, tail in edges or []:
        graph.add_triple(graph.entity(head), predicate, graph.entity(tail))
    return graph


def links(graph: KnowledgeGraph, title: str, text: str, short: bool = False) -> dict[str, str]:
    linker = Linker(graph, short_names=lambda entity: short)
    return {
        text[link.start : link.end]: graph.ids[link.entity]
        for link in linker.link(title, text).links
    }


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_folding_never_moves_an_offset(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_folding_makes_traditional_and_simplified_one() -> None:
    assert fold("阿卜杜拉•居爾 ＡＢＣ") == "阿卜杜拉·居尔 ABC"
    assert fold("國會，（臺灣）") == "国会，（台湾）"


def test_a_qualifier_is_told_from_a_name() -> None:
    assert without_qualifier("National Front (France)") == "National Front"
    assert without_qualifier("民族陣線 （法國）") == "民族陣線"
    assert without_qualifier("(Untitled)") == "(Untitled)"


def test_english_names_are_whole_words() -> None:
    assert found(["Rome"], "Romeo left Rome; Rome's walls, pre-Rome.") == ["Rome", "Rome", "Rome"]


def test_of_overlapping_names_the_longest_counts() -> None:
    names = ["New York", "York", "New York City"]
    assert found(names, "in New York City and York.") == ["New York City", "York"]


@pytest.mark.parametrize(
    "text",
    [
        "She studied at the University of Paris there.",
        "the Paris Peace Accords were signed",
        "the Greater Paris area",
        "Paris-Roubaix is a race",
    ],
)
def test_a_part_of_a_longer_english_name_is_no_mention(text: str) -> None:
    assert found(["Paris"], text) == []


def test_titles_and_sentence_starts_do_not_make_a_longer_name() -> None:
    names = ["Paris", "Tony Blair"]
    assert found(names, "In Paris, President Tony Blair spoke. Yesterday Paris cheered.") == [
        "Paris",
        "Tony Blair",
        "Paris",
    ]


def test_chinese_names_need_no_spaces_but_no_compounds() -> None:
    assert found(["北京"], "他生于北京，毕业于北京大学。") == ["北京"]
    assert found(["法国"], "法国人在法國巴黎") == ["法國"]
    assert found(["法国", "法国国家足球队"], "法國國家足球隊") == ["法國國家足球隊"]


def test_the_title_names_its_entity_and_its_short_form() -> None:
    graph = graph_of({"q1": "Alan Turing", "q2": "London"}, [("q1", "born", "q2")])
    text = "Alan Mathison Turing (1912) was born in London. Turing studied. Alan Turing died."
    assert links(graph, "Alan Turing", text, short=True) == {
        "Alan Mathison Turing": "q1",
        "London": "q2",
        "Turing": "q1",
        "Alan Turing": "q1",
    }
    assert "Turing" not in links(graph, "Alan Turing", text, short=False)


def test_a_namesake_outside_the_graph_is_not_taken_for_the_one_inside() -> None:
    graph = graph_of({"q1": "John Smith"})
    assert links(graph, "John Smith (wrestler)", "John Smith wrestled.") == {}
    assert links(graph, "Wrestling", "John Smith wrestled.") == {"John Smith": "q1"}


def test_neighbours_in_the_graph_tell_namesakes_apart() -> None:
    graph = graph_of(
        {"f": "Paris (France)", "t": "Paris (Texas)", "q1": "Texas", "q2": "Eiffel Tower"},
        [("t", "in", "q1"), ("q2", "in", "f")],
    )
    assert links(graph, "", "He drove from Texas to Paris.")["Paris"] == "t"
    assert links(graph, "", "The Eiffel Tower in Paris.")["Paris"] == "f"
    assert links(graph, "", "He drove to Paris.") == {}


def test_a_name_that_could_be_either_of_two_is_not_linked() -> None:
    graph = graph_of(
        {"a": "Paris (A)", "b": "Paris (B)", "q": "Some Region"},
        [("a", "in", "q"), ("b", "in", "q")],
    )
    assert "Paris" not in links(graph, "", "Paris lies in Some Region.")
