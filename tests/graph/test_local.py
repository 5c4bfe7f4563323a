from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from graph.local import document_graph
from graph.records import DocumentGraph, LocalEntity
from graph.resolution import entity_keys
from ingest.documents import Chunk, Document, content_hash
from model.annotations import Annotation, Argument, Event, Mention, Relation, Span
from model.schema import EntityType, EventType, RelationType, Role, Schema

SCHEMA = Schema(
    "test",
    entities=(
        EntityType("person"),
        EntityType("organization"),
        EntityType("company", parent="organization"),
        EntityType("place"),
        EntityType("city", parent="place"),
        EntityType("method"),
        EntityType("date", datatype="date"),
        EntityType("money", datatype="money"),
    ),
    relations=(
        RelationType("works for", head=("person",), tail=("organization",)),
        RelationType("born in", head=("person",), tail=("place",)),
        RelationType("date of birth", head=("person",), tail=("date",)),
        RelationType("spouse", head=("person",), tail=("person",), symmetric=True),
        RelationType("related to"),
    ),
    events=(
        EventType(
            "acquisition",
            roles=(
                Role("buyer", types=("organization",)),
                Role("target", types=("organization",)),
                Role("price", types=("money",)),
                Role("time", types=("date",)),
                Role("place", types=("place",)),
                Role("anything"),
            ),
        ),
        EventType("death", roles=(Role("victim", types=("person",)),)),
    ),
)


class Text:
    """A document whose annotations are given by the words they cover (the n-th occurrence)."""

    def __init__(self, *chunks: str, language: str = "en") -> None:
        text = "".join(chunks)
        self.document = Document(
            "file:///t.txt", "file:///t.txt", "text/plain", language, "t", text, content_hash(text)
        )
        self.chunks: list[Chunk] = []
        start = 0
        for index, chunk in enumerate(chunks):
            end = start + len(chunk)
            self.chunks.append(Chunk(self.document.id, index, start, end, chunk))
            start = end
        self.annotations = [Annotation() for _ in chunks]

    def span(self, words: str, chunk: int = 0, nth: int = 0) -> tuple[int, int]:
        found = [m.start() for m in re.finditer(re.escape(words), self.chunks[chunk].text)]
        return found[nth], found[nth] + len(words)

    def annotate(
        self,
        mentions: Sequence[tuple[str, str] | tuple[str, str, int] | tuple[str, str, int, float]],
        relations: Sequence[tuple[str, int, int] | tuple[str, int, int, float]] = (),
        events: Sequence[tuple[str, str, Sequence[tuple[str, str]]]] = (),
        clusters: Sequence[tuple[int, ...]] = (),
        chunk: int = 0,
    ) -> Text:
        found = []
        for mention in mentions:
            words, kind, *rest = mention
            start, end = self.span(words, chunk, int(rest[0]) if rest else 0)
            found.append(Mention(start, end, kind, float(rest[1]) if len(rest) > 1 else 1.0))
        self.annotations[chunk] = Annotation(
            tuple(found),
            tuple(Relation(*relation) for relation in relations),
            tuple(
                Event(
                    kind,
                    Span(*self.span(trigger, chunk)),
                    tuple(Argument(*self.span(words, chunk), role) for role, words in arguments),
                )
                for kind, trigger, arguments in events
            ),
            tuple(clusters),
        )
        return self

    def graph(self, dropped: Counter[str] | None = None, schema: Schema = SCHEMA) -> DocumentGraph:
        return document_graph(
            self.document, self.chunks, self.annotations, schema, "pipeline", dropped
        )


def by_name(graph: DocumentGraph) -> dict[str, LocalEntity]:
    return {entity.name: entity for entity in graph.entities}


def texts(entity: LocalEntity) -> list[str]:
    return [mention.text for mention in entity.mentions]


# --- names -----------------------------------------------------------------------------------


def test_mentions_of_one_name_are_one_entity_across_chunks() -> None:
    text = Text("Ada Lovelace wrote. ", "Later Ada Lovelace died.")
    text.annotate([("Ada Lovelace", "person")], chunk=0)
    text.annotate([("Ada Lovelace", "person")], chunk=1)
    (ada,) = text.graph().entities
    assert [(m.chunk, m.start) for m in ada.mentions] == [(0, 0), (1, 26)]
    assert all(
        text.document.text[m.start : m.end] == m.text == "Ada Lovelace" for m in ada.mentions
    )


def test_last_name_joins_the_one_person_who_bears_it() -> None:
    text = Text("Alan Turing met Alonzo Church. Turing stayed.")
    text.annotate([("Alan Turing", "person"), ("Alonzo Church", "person"), ("Turing", "person", 1)])
    graph = text.graph()
    assert texts(by_name(graph)["Alan Turing"]) == ["Alan Turing", "Turing"]
    assert by_name(graph)["Alan Turing"].names == ("Alan Turing", "Turing")


def test_last_name_of_two_people_joins_neither() -> None:
    text = Text("Alan Turing and Sara Turing came. Turing stayed.")
    text.annotate([("Alan Turing", "person"), ("Sara Turing", "person"), ("Turing", "person", 2)])
    assert sorted(by_name(text.graph())) == ["Alan Turing", "Sara Turing", "Turing"]


def test_name_with_and_without_middle_name_and_title_is_one() -> None:
    text = Text("Dr. Alan Mathison Turing, then Alan Turing, then A. Turing, then Alan M. Turing.")
    names = ["Dr. Alan Mathison Turing", "Alan Turing", "A. Turing", "Alan M. Turing"]
    text.annotate([(name, "person") for name in names])
    assert len(text.graph().entities) == 1


def test_mr_and_mrs_of_one_name_are_two_people() -> None:
    text = Text("Mr. Verloc left. Mrs. Verloc stayed. Verloc came back. Mr. Verloc slept.")
    text.annotate(
        [
            ("Mr. Verloc", "person"),
            ("Mrs. Verloc", "person"),
            ("Verloc", "person", 2),
            ("Mr. Verloc", "person", 1),
        ]
    )
    assert [texts(entity) for entity in text.graph().entities] == [
        ["Mr. Verloc", "Mr. Verloc"],
        ["Mrs. Verloc"],
        ["Verloc"],
    ]


def test_a_form_of_address_joins_the_full_name_it_fits() -> None:
    text = Text("Mr. Peter Pett came. Mr. Pett left. Mrs. Pett stayed.")
    text.annotate([("Mr. Peter Pett", "person"), ("Mr. Pett", "person"), ("Mrs. Pett", "person")])
    assert [texts(entity) for entity in text.graph().entities] == [
        ["Mr. Peter Pett", "Mr. Pett"],
        ["Mrs. Pett"],
    ]


def test_a_town_with_its_state_is_the_town() -> None:
    text = Text("San Francisco, California, is big. San Francisco grew.")
    text.annotate([("San Francisco, California", "city"), ("San Francisco", "city", 1)])
    assert len(text.graph().entities) == 1


def test_chinese_transliterated_last_name_joins_the_full_name() -> None:
    text = Text("艾伦·图灵生于伦敦。图灵是数学家。图灵先生喜欢跑步。", language="zh")
    text.annotate(
        [("艾伦·图灵", "person"), ("图灵", "person", 1), ("图灵先生", "person"), ("伦敦", "city")]
    )
    graph = text.graph()
    assert texts(by_name(graph)["艾伦·图灵"]) == ["艾伦·图灵", "图灵", "图灵先生"]


def test_chinese_surname_with_title_is_the_one_person_of_that_surname() -> None:
    text = Text("王小明来了。王先生很高兴。李先生没来。", language="zh")
    text.annotate([("王小明", "person"), ("王先生", "person"), ("李先生", "person")])
    (person,) = text.graph().entities
    assert texts(person) == ["王小明", "王先生"]
    assert person.names == ("王小明",)


def test_organization_short_form_and_legal_form_join() -> None:
    text = Text("Apple Inc. grew. Apple sold Stanford University computers. Stanford paid.")
    text.annotate(
        [
            ("Apple Inc.", "company"),
            ("Apple", "company", 1),
            ("Stanford University", "organization"),
            ("Stanford", "organization", 1),
        ]
    )
    assert len(text.graph().entities) == 2


def test_a_press_is_not_its_university_even_if_the_extractor_says_so() -> None:
    text = Text(
        "Princeton University has a press. Princeton University Press prints for Princeton."
    )
    text.annotate(
        [
            ("Princeton University", "organization"),
            ("Princeton University Press", "organization"),
            ("Princeton", "organization", 2),
        ],
        clusters=[(0, 1)],
    )
    university, press = text.graph().entities
    assert texts(university) == ["Princeton University", "Princeton"]
    assert texts(press) == ["Princeton University Press"]


def test_subsidiary_does_not_join_its_parent() -> None:
    text = Text("Google owns Google Brain and Bank of China is not China.")
    text.annotate([("Google", "company"), ("Google Brain", "company")])
    assert len(text.graph().entities) == 2


def test_acronym_joins_the_name_whose_initials_it_has() -> None:
    text = Text("The World Health Organization met. The WHO said so.")
    text.annotate([("World Health Organization", "organization"), ("WHO", "organization")])
    (who,) = text.graph().entities
    assert who.name == "World Health Organization"
    assert set(who.names) == {"World Health Organization", "WHO"}


@pytest.mark.parametrize(
    ("passage", "mention", "kind", "alias"),
    [
        (
            "The World Health Organization (WHO) met.",
            "World Health Organization",
            "organization",
            "WHO",
        ),
        (
            "We use conditional random fields (CRF) here.",
            "conditional random fields",
            "method",
            "CRF",
        ),
        (
            "艾伦·图灵（Alan Turing，1912年6月23日－1954年）是数学家。",
            "艾伦·图灵",
            "person",
            "Alan Turing",
        ),
        (
            "艾伦·图灵（英语：Alan Mathison Turing）是数学家。",
            "艾伦·图灵",
            "person",
            "Alan Mathison Turing",
        ),
        (
            "世界卫生组织（英文：World Health Organization，简称WHO）成立。",
            "世界卫生组织",
            "organization",
            "WHO",
        ),
        ("北京大学，简称“北大”，位于北京。", "北京大学", "organization", "北大"),
        ("北京大学简称北大，位于北京。", "北京大学", "organization", "北大"),
        (
            "贵州茅台酒股份有限公司（以下简称“贵州茅台”）公告。",
            "贵州茅台酒股份有限公司",
            "company",
            "贵州茅台",
        ),
        (
            "Mark Twain, also known as Samuel Clemens, wrote.",
            "Mark Twain",
            "person",
            "Samuel Clemens",
        ),
        ("Mark Twain (born Samuel Clemens; 1835) wrote.", "Mark Twain", "person", "Samuel Clemens"),
        ("Beijing (Chinese: 北京) is big.", "Beijing", "city", "北京"),
        (
            "Tsinghua University (清华大学) is old.",
            "Tsinghua University",
            "organization",
            "清华大学",
        ),
        (
            "阿里巴巴集团（Alibaba Group）公布财报。",
            "阿里巴巴集团（Alibaba Group）",
            "company",
            "Alibaba Group",
        ),
    ],
)
def test_names_that_the_text_states_become_aliases(
    passage: str, mention: str, kind: str, alias: str
) -> None:
    (entity,) = Text(passage).annotate([(mention, kind)]).graph().entities
    assert alias in entity.names
    assert len(entity.names) == 2 or "简称WHO" in passage


@pytest.mark.parametrize(
    ("passage", "mention", "kind"),
    [
        ("Tim Cook (Apple) spoke.", "Tim Cook", "person"),
        ("Paris (France) is old.", "Paris", "city"),
        ("Ada Lovelace (1815-1852) wrote.", "Ada Lovelace", "person"),
        ("Ada Lovelace (born 10 December 1815) wrote.", "Ada Lovelace", "person"),
        ("张伟（男，汉族）当选。", "张伟", "person"),
        ("张伟（CEO）发言。", "张伟", "person"),
        ("腾讯（港股代码：00700）上涨。", "腾讯", "company"),
        ("Alan Turing (see below) ran.", "Alan Turing", "person"),
    ],
)
def test_other_things_in_brackets_are_no_aliases(passage: str, mention: str, kind: str) -> None:
    (entity,) = Text(passage).annotate([(mention, kind)]).graph().entities
    assert entity.names == (mention,)


def test_alias_that_is_a_mention_joins_its_later_mentions() -> None:
    text = Text("世界卫生组织（WHO）成立。WHO总部设在日内瓦。", language="zh")
    text.annotate(
        [("世界卫生组织", "organization"), ("WHO", "organization"), ("WHO", "organization", 1)]
    )
    (who,) = text.graph().entities
    assert who.name == "世界卫生组织"
    assert len(who.mentions) == 3


def test_english_and_chinese_documents_meet_through_a_bilingual_name() -> None:
    both = Text("艾伦·图灵（Alan Turing）是数学家。", language="zh").annotate(
        [("艾伦·图灵", "person")]
    )
    english = Text("Alan Turing was born.").annotate([("Alan Turing", "person")])
    chinese = Text("艾倫·圖靈生於倫敦。", language="zh").annotate([("艾倫·圖靈", "person")])
    keys = [
        entity_keys(text.graph().entities[0], f"d{i}", SCHEMA)
        for i, text in enumerate((both, english, chinese))
    ]
    assert keys[0] & keys[1]
    assert keys[0] & keys[2]
    assert not keys[1] & keys[2]


def test_possessive_and_article_are_not_shown() -> None:
    text = Text("Byron's daughter praised the United Nations and McDonald's.")
    text.annotate(
        [("Byron's", "person"), ("the United Nations", "organization"), ("McDonald's", "company")]
    )
    assert sorted(by_name(text.graph())) == ["Byron", "McDonald's", "United Nations"]


def test_what_is_no_running_text_is_named_as_it_stands() -> None:
    image = "<img src=x onerror=window.hacked=1>"
    text = Text(f"The company {image} employs **Mallory** :red[x^2] and the engineer Ada Byron.")
    text.annotate(
        [(image, "company"), ("**Mallory** :red[x^2]", "person"), ("engineer Ada Byron", "person")]
    )
    assert set(by_name(text.graph())) == {image, "**Mallory** :red[x^2]", "Ada Byron"}


# --- coreference -----------------------------------------------------------------------------


def test_pronouns_and_descriptions_hang_on_names_and_never_become_names() -> None:
    text = Text("Apple grew. The company hired Tim Cook. He led it.")
    text.annotate(
        [
            ("Apple", "company"),
            ("The company", "company"),
            ("Tim Cook", "person"),
            ("He", "person"),
            ("it", "company"),
        ],
        clusters=[(0, 1, 4), (2, 3)],
    )
    graph = text.graph()
    assert texts(by_name(graph)["Apple"]) == ["Apple", "The company", "it"]
    assert by_name(graph)["Apple"].names == ("Apple",)
    assert texts(by_name(graph)["Tim Cook"]) == ["Tim Cook", "He"]


def test_chinese_pronouns_and_descriptions_never_become_names() -> None:
    text = Text("腾讯上涨。该公司表示，它将扩张。马化腾说，他很高兴。", language="zh")
    text.annotate(
        [
            ("腾讯", "company"),
            ("该公司", "company"),
            ("它", "company"),
            ("马化腾", "person"),
            ("他", "person"),
        ],
        clusters=[(0, 1, 2), (3, 4)],
    )
    graph = text.graph()
    assert [entity.names for entity in graph.entities] == [("腾讯",), ("马化腾",)]
    assert [len(entity.mentions) for entity in graph.entities] == [3, 2]


def test_nameless_entities_are_left_out_with_their_facts() -> None:
    text = Text("He works for the company. The mathematician married her.")
    text.annotate(
        [
            ("He", "person"),
            ("the company", "company"),
            ("The mathematician", "person"),
            ("her", "person"),
        ],
        relations=[("works for", 0, 1), ("spouse", 2, 3)],
        clusters=[(0, 2)],
    )
    dropped: Counter[str] = Counter()
    graph = text.graph(dropped)
    assert graph.entities == ()
    assert graph.relations == ()
    assert dropped["relation: unnamed argument"] == 2
    assert dropped["mention: pronoun without a name"] == 2


def test_common_nouns_name_things_that_are_no_people_organizations_or_places() -> None:
    text = Text("We apply gradient descent. This method converges. It is fast.")
    text.annotate(
        [("gradient descent", "method"), ("This method", "method"), ("It", "method")],
        clusters=[(0, 1, 2)],
    )
    (method,) = text.graph().entities
    assert method.names == ("gradient descent",)
    assert len(method.mentions) == 3


def test_coreference_does_not_join_two_full_names() -> None:
    text = Text("Ada Lovelace met Charles Babbage. He smiled.")
    text.annotate(
        [("Ada Lovelace", "person"), ("Charles Babbage", "person"), ("He", "person")],
        clusters=[(0, 1, 2)],
    )
    graph = text.graph()
    assert len(graph.entities) == 2
    assert texts(by_name(graph)["Charles Babbage"]) == ["Charles Babbage", "He"]


def test_coreference_joins_names_in_two_scripts_that_stand_side_by_side_somewhere() -> None:
    text = Text("图灵 Turing。图灵在剑桥，Turing在普林斯顿。", language="zh")
    text.annotate([("图灵", "person", 1), ("Turing", "person", 1)], clusters=[(0, 1)])
    (turing,) = text.graph().entities
    assert turing.names == ("图灵", "Turing")


def test_coreference_does_not_join_names_in_two_scripts_that_the_text_keeps_apart() -> None:
    text = Text("图灵应邀拜访Newman。", language="zh")
    text.annotate([("图灵", "person"), ("Newman", "person")], clusters=[(0, 1)])
    assert len(text.graph().entities) == 2


def test_facts_stated_of_a_pronoun_are_of_its_entity() -> None:
    text = Text("Ada Lovelace wrote. She was born in London.")
    text.annotate(
        [("Ada Lovelace", "person"), ("She", "person"), ("London", "city")],
        relations=[("born in", 1, 2)],
        clusters=[(0, 1)],
    )
    graph = text.graph()
    (fact,) = graph.relations
    assert fact.head == by_name(graph)["Ada Lovelace"].local
    assert fact.tail == by_name(graph)["London"].local


# --- types -----------------------------------------------------------------------------------


def test_type_is_voted_by_confidence_and_specific_types_win() -> None:
    text = Text("Paris here, Paris there, Paris everywhere.")
    text.annotate(
        [("Paris", "place", 0, 0.9), ("Paris", "city", 1, 0.8), ("Paris", "person", 2, 0.3)]
    )
    (paris,) = text.graph().entities
    assert paris.type == "city"
    assert len(paris.mentions) == 3


def test_one_name_of_two_common_types_is_two_entities() -> None:
    text = Text("Washington crossed the river near Washington.")
    text.annotate([("Washington", "person"), ("Washington", "place", 1)])
    assert {entity.type for entity in text.graph().entities} == {"person", "place"}


def test_two_types_of_one_span_are_one_mention() -> None:
    text = Text("Apple grew.")
    text.annotate([("Apple", "company", 0, 0.4), ("Apple", "organization", 0, 0.9)])
    (apple,) = text.graph().entities
    assert len(apple.mentions) == 1


# --- literals --------------------------------------------------------------------------------


def test_a_literal_is_one_entity_for_each_value() -> None:
    text = Text("On 10 December 1815, that is December 10, 1815, and in 1852 and yesterday.")
    names = ["10 December 1815", "December 10, 1815", "1852", "yesterday"]
    text.annotate([(name, "date") for name in names])
    graph = text.graph()
    assert [(e.value, e.datatype, len(e.mentions)) for e in graph.entities] == [
        ("1815-12-10", "date", 2),
        ("1852", "date", 1),
        (None, "date", 1),
    ]


def test_a_literal_inside_a_literal_is_left_out_unless_a_fact_needs_it() -> None:
    text = Text("Ada Lovelace was born on 10 December 1815.")
    mentions = [("Ada Lovelace", "person"), ("10 December 1815", "date"), ("1815", "date")]
    text.annotate(mentions, relations=[("date of birth", 0, 1)])
    assert [e.value for e in text.graph().entities] == [None, "1815-12-10"]
    text.annotate(mentions, relations=[("date of birth", 0, 2)])
    assert [e.value for e in text.graph().entities] == [None, "1815-12-10", "1815"]


# --- relations -------------------------------------------------------------------------------


def test_a_fact_stated_twice_in_a_chunk_is_kept_once_with_the_best_confidence() -> None:
    text = Text("Tim Cook works for Apple; Cook leads Apple.")
    text.annotate(
        [
            ("Tim Cook", "person"),
            ("Apple", "company"),
            ("Cook", "person", 1),
            ("Apple", "company", 1),
        ],
        relations=[("works for", 0, 1, 0.6), ("works for", 2, 3, 0.9)],
    )
    (fact,) = text.graph().relations
    assert fact.confidence == 0.9


def test_a_fact_stated_in_two_chunks_is_kept_for_both() -> None:
    text = Text("Tim Cook works for Apple. ", "Tim Cook works for Apple.")
    for chunk in (0, 1):
        text.annotate(
            [("Tim Cook", "person"), ("Apple", "company")], [("works for", 0, 1)], chunk=chunk
        )
    assert [fact.chunk for fact in text.graph().relations] == [0, 1]


def test_relations_of_a_thing_with_itself_and_of_wrong_types_are_dropped() -> None:
    text = Text("Turing knew Alan Turing in London.")
    text.annotate(
        [("Turing", "person"), ("Alan Turing", "person"), ("London", "city")],
        relations=[("spouse", 0, 1), ("works for", 1, 2), ("born in", 1, 2)],
    )
    dropped: Counter[str] = Counter()
    assert [fact.type for fact in text.graph(dropped).relations] == ["born in"]
    assert dropped["relation: of a thing with itself"] == 1
    assert dropped["relation: types not allowed"] == 1


def test_symmetric_relations_run_from_the_first_to_the_second() -> None:
    text = Text("Mary Shelley married Percy Shelley.")
    text.annotate(
        [("Mary Shelley", "person"), ("Percy Shelley", "person")],
        relations=[("spouse", 0, 1, 0.5), ("spouse", 1, 0, 0.7)],
    )
    (fact,) = text.graph().relations
    assert (fact.head, fact.tail, fact.confidence) == ("e0", "e1", 0.7)


def test_a_fact_and_its_inverse_are_one() -> None:
    schema = replace(
        SCHEMA,
        relations=(
            RelationType("parent", head=("person",), tail=("person",)),
            RelationType("child", head=("person",), tail=("person",), inverse="parent"),
        ),
    )
    text = Text("Mary Shelley was the child of William Godwin.")
    text.annotate(
        [("Mary Shelley", "person"), ("William Godwin", "person")],
        relations=[("parent", 0, 1, 0.5), ("child", 1, 0, 0.7), ("child", 0, 1, 0.2)],
    )
    facts = text.graph(schema=schema).relations
    assert [(f.type, f.head, f.tail, f.confidence) for f in facts] == [
        ("parent", "e0", "e1", 0.7),
        ("parent", "e1", "e0", 0.2),
    ]


def test_unknown_types_are_dropped_and_counted() -> None:
    text = Text("Tim Cook met Siri.")
    text.annotate(
        [("Tim Cook", "person"), ("Siri", "robot")],
        relations=[("knows", 0, 0), ("related to", 0, 1)],
        events=[("meeting", "met", [])],
    )
    dropped: Counter[str] = Counter()
    assert len(text.graph(dropped).entities) == 1
    assert dropped == {
        "mention: unknown type": 1,
        "relation: unknown type": 1,
        "relation: unknown argument type": 1,
        "event: unknown type": 1,
    }


# --- events ----------------------------------------------------------------------------------


def roles(graph: DocumentGraph, number: int = 0) -> dict[str, list[str]]:
    names = {entity.local: entity.name for entity in graph.entities}
    found: dict[str, list[str]] = {}
    for argument in graph.events[number].arguments:
        found.setdefault(argument.role, []).append(names[argument.entity])
    return found


def test_arguments_are_mentions_or_become_entities_where_they_name_something() -> None:
    text = Text("In May 2014 Apple acquired Beats for $3 billion in the city of Los Angeles.")
    text.annotate(
        [("Apple", "company"), ("Los Angeles", "city")],
        events=[
            (
                "acquisition",
                "acquired",
                [
                    ("buyer", "Apple"),
                    ("target", "Beats"),
                    ("price", "$3 billion"),
                    ("time", "May 2014"),
                    ("place", "the city of Los Angeles"),
                ],
            )
        ],
    )
    graph = text.graph()
    assert roles(graph) == {
        "buyer": ["Apple"],
        "target": ["Beats"],
        "price": ["$3 billion"],
        "time": ["May 2014"],
        "place": ["Los Angeles"],
    }
    entities = by_name(graph)
    assert entities["$3 billion"].value == "3000000000 USD"
    assert entities["May 2014"].value == "2014-05"
    assert entities["Beats"].type == "organization"


def test_an_argument_entity_joins_the_mentions_of_its_name() -> None:
    text = Text("Beats grew. Then Apple acquired Beats.")
    text.annotate(
        [("Beats", "company"), ("Apple", "company")],
        events=[("acquisition", "acquired", [])],
    )
    start, end = text.span("Beats", nth=1)
    event = replace(text.annotations[0].events[0], arguments=(Argument(start, end, "target"),))
    text.annotations[0] = replace(text.annotations[0], events=(event,))
    graph = text.graph()
    assert texts(by_name(graph)["Beats"]) == ["Beats", "Beats"]
    assert roles(graph) == {"target": ["Beats"]}


def test_pronoun_arguments_are_what_they_refer_to_and_nameless_ones_go() -> None:
    text = Text("Ada Lovelace fell ill. She died. A man died too.")
    text.annotate(
        [("Ada Lovelace", "person"), ("She", "person"), ("A man", "person")],
        events=[
            ("death", "died. A", [("victim", "She")]),
            ("death", "died too", [("victim", "A man")]),
        ],
        clusters=[(0, 1)],
    )
    dropped: Counter[str] = Counter()
    graph = text.graph(dropped)
    assert roles(graph) == {"victim": ["Ada Lovelace"]}
    assert graph.events[1].arguments == ()
    assert dropped["argument: unnamed"] == 1


def test_clauses_and_wrong_types_fill_no_role() -> None:
    text = Text("Apple acquired what it wanted from London.")
    text.annotate(
        [("Apple", "company"), ("London", "city")],
        events=[
            ("acquisition", "acquired", [("target", "what it wanted"), ("buyer", "London")]),
        ],
    )
    assert text.graph().events[0].arguments == ()


def test_a_role_of_any_type_takes_any_mention() -> None:
    text = Text("Apple acquired Beats near London.")
    text.annotate(
        [("London", "city")], events=[("acquisition", "acquired", [("anything", "London")])]
    )
    assert roles(text.graph()) == {"anything": ["London"]}


def test_one_event_found_twice_is_one_event_with_all_arguments() -> None:
    text = Text("Apple acquired Beats.")
    text.annotate(
        [("Apple", "company"), ("Beats", "company")],
        events=[
            ("acquisition", "acquired", [("buyer", "Apple")]),
            ("acquisition", "acquired", [("target", "Beats"), ("buyer", "Apple")]),
            ("acquisition", "acquired Beats", [("target", "Beats")]),
            ("death", "acquired", []),
        ],
    )
    graph = text.graph()
    assert [event.type for event in graph.events] == ["acquisition", "death"]
    assert roles(graph) == {"buyer": ["Apple"], "target": ["Beats"]}
    assert graph.events[0].trigger == "acquired"


# --- the whole -------------------------------------------------------------------------------


def test_result_does_not_depend_on_the_order_of_annotations() -> None:
    text = Text(
        "Alan Turing (AT) met Ada Lovelace in London. Turing worked for Apple Inc. He left."
    )
    mentions = [
        ("Alan Turing", "person"),
        ("Ada Lovelace", "person"),
        ("London", "city"),
        ("Turing", "person", 1),
        ("Apple Inc.", "company"),
        ("He", "person"),
    ]
    relations = [("spouse", 0, 1), ("works for", 3, 4), ("born in", 5, 2)]
    text.annotate(mentions, relations, clusters=[(3, 5)])
    expected = text.graph()
    assert len(expected.relations) == 3
    for seed in range(10):
        order = list(range(len(mentions)))
        random.Random(seed).shuffle(order)
        at = {old: new for new, old in enumerate(order)}
        text.annotate(
            [mentions[old] for old in order],
            [(kind, at[head], at[tail]) for kind, head, tail in reversed(relations)],
            clusters=[(at[3], at[5])],
        )
        assert text.graph() == expected


def test_local_ids_count_entities_in_the_order_of_the_text() -> None:
    text = Text("Ada met Bob in Rome.")
    text.annotate([("Rome", "city"), ("Ada", "person"), ("Bob", "person")])
    assert [(e.local, e.name) for e in text.graph().entities] == [
        ("e0", "Ada"),
        ("e1", "Bob"),
        ("e2", "Rome"),
    ]


def test_an_empty_document_has_an_empty_graph() -> None:
    graph = Text("Nothing here.").graph()
    assert (graph.entities, graph.relations, graph.events) == ((), (), ())
    assert graph.pipeline == "pipeline"


def test_annotations_that_do_not_match_the_chunks_are_refused() -> None:
    text = Text("One.")
    with pytest.raises(ValueError, match="1 chunks but 0 annotations"):
        document_graph(text.document, text.chunks, [], SCHEMA, "pipeline")
