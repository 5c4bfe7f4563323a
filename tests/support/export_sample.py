"""Documents for the tests of exports, with texts that are hard to write down."""

from __future__ import annotations

from graph.records import (
    DocumentGraph,
    LocalArgument,
    LocalEntity,
    LocalEvent,
    LocalMention,
    LocalRelation,
)
from ingest.documents import Chunk, Document, content_hash
from model.schema import EntityType, EventType, RelationType, Role, Schema

SCHEMA = Schema(
    name="sample",
    description="Types with and without IRIs, in two languages",
    languages=("en", "zh"),
    entities=(
        EntityType(
            "person",
            description="a human being",
            labels={"en": "person", "zh": "人物"},
            iri="https://schema.org/Person",
        ),
        EntityType("place", labels={"en": "place", "zh": "地点"}, iri="https://schema.org/Place"),
        EntityType("city", labels={"en": "city", "zh": "城市"}, parent="place"),
        EntityType("学校"),
        EntityType("date", labels={"en": "date", "zh": "日期"}, datatype="date"),
        EntityType("money", datatype="money"),
    ),
    relations=(
        RelationType(
            "place of birth",
            labels={"en": "place of birth", "zh": "出生地"},
            iri="http://www.wikidata.org/prop/direct/P19",
            head=("person",),
            tail=("place",),
        ),
        RelationType("date of birth", head=("person",), tail=("date",)),
        RelationType("毕业院校", head=("person",), tail=("学校",)),
        RelationType("spouse", head=("person",), tail=("person",), symmetric=True),
        RelationType("net worth", head=("person",), tail=("money",)),
        RelationType("related to"),
    ),
    events=(
        EventType(
            "marriage",
            labels={"en": "marriage", "zh": "结婚"},
            roles=(
                Role("spouse", labels={"en": "spouse", "zh": "配偶"}, types=("person",)),
                Role("time", types=("date",)),
            ),
        ),
        EventType(
            "trial",
            iri="https://example.com/ontology#Trial",
            roles=(
                Role("defendant", iri="https://example.com/ontology#defendant", types=("person",)),
                Role("time", types=("date",)),
            ),
        ),
    ),
)


def graph_of(uri, text, entities, relations=(), events=(), *, language="en", title="", cut=None):
    """A document's graph; offsets are found in ``text``.

    ``entities`` are (type, names, [datatype, value]); every name is mentioned where it first
    stands. ``relations`` are (type, head, tail, confidence), ``events`` (type, trigger,
    {role: entity}), with indexes of entities. ``cut`` is where the second chunk begins.
    """
    document = Document(
        uri=uri,
        source=uri,
        media_type="text/plain",
        language=language,
        title=title,
        text=text,
        sha256=content_hash(text),
    )
    bounds = [(0, len(text))] if cut is None else [(0, cut), (cut, len(text))]
    chunks = tuple(Chunk(document.id, i, s, e, text[s:e]) for i, (s, e) in enumerate(bounds))

    def chunk_at(offset):
        return 0 if cut is None or offset < cut else 1

    def mention(name, confidence):
        start = text.index(name)
        return LocalMention(chunk_at(start), start, start + len(name), name, confidence)

    local = tuple(
        LocalEntity(
            local=f"e{i}",
            type=type_,
            name=names[0],
            names=tuple(names),
            mentions=tuple(mention(name, 0.9 - n / 100) for n, name in enumerate(names)),
            datatype=literal[0] if literal else None,
            value=literal[1] if literal else None,
        )
        for i, (type_, names, *literal) in enumerate(entities)
    )
    return DocumentGraph(
        document=document,
        pipeline="pipeline/1 α",
        chunks=chunks,
        entities=local,
        relations=tuple(
            LocalRelation(type_, f"e{head}", f"e{tail}", local[head].mentions[0].chunk, confidence)
            for type_, head, tail, confidence in relations
        ),
        events=tuple(
            LocalEvent(
                type=type_,
                trigger=trigger,
                chunk=chunk_at(text.index(trigger)),
                start=text.index(trigger),
                end=text.index(trigger) + len(trigger),
                confidence=0.75,
                arguments=tuple(
                    LocalArgument(role, f"e{entity}", 0.5) for role, entity in arguments.items()
                ),
            )
            for type_, trigger, arguments in events
        ),
    )


def documents():
    """Three documents that share a person, a place and a fact."""
    return [
        graph_of(
            "file:///home/me/one%20file.txt",
            "Ada Lovelace was born in London on 10 December 1815. "
            'The "Countess" Ada\nmarried William King; he was worth 12.50 USD.',
            [
                ("person", ["Ada Lovelace", 'The "Countess" Ada']),
                ("city", ["London"]),
                ("date", ["10 December 1815"], "date", "1815-12-10"),
                ("person", ["William King"]),
                ("money", ["12.50 USD"], "money", "12.50 USD"),
            ],
            [
                ("place of birth", 0, 1, 0.8),
                ("date of birth", 0, 2, 0.7),
                ("spouse", 0, 3, 0.6),
                ("net worth", 3, 4, 0.5),
            ],
            [("marriage", "married", {"spouse": 0, "time": 2})],
            title='The "Enchantress"\tof numbers',
            cut=53,
        ),
        graph_of(
            "https://例子.测试/文档?页=1#二",
            "艾达·洛夫莱斯（Ada Lovelace）生于伦敦（London）。王小明毕业于北京大学😀。",
            [
                ("person", ["Ada Lovelace", "艾达·洛夫莱斯"]),
                ("city", ["London", "伦敦"]),
                ("person", ["王小明"]),
                ("学校", ["北京大学"]),
            ],
            [("place of birth", 0, 1, 0.9), ("毕业院校", 2, 3, 0.65)],
            language="zh",
            title="艾达",
        ),
        graph_of(
            r"C:\not a\uri.txt",
            "A trial in 1815-12: the <b>accused</b> & \x00\x0b\ufffe Ada Lovelace\r\n"
            "was \u202eacquitted.",
            [
                ("person", ["Ada Lovelace"]),
                ("date", ["1815-12"], "date", "1815-12"),
                ("person", ["<b>accused</b> & \x00\x0b\ufffe"]),
                ("date", ["acquitted"], "date", None),
            ],
            [("related to", 0, 2, 1.0), ("related to", 2, 3, 0.123456789)],
            [("trial", "trial", {"defendant": 2, "time": 1})],
            language="x_unknown",
        ),
    ]
