"""``owl:sameAs`` from a table of links."""

import io

import pyoxigraph as ox
import pytest
import rdflib
from export_sample import SCHEMA, documents, graph_of
from rdflib.namespace import OWL

from graph.export import DEFAULT_BASE, export
from graph.export.links import Link, LinkError, read_links, resolve_links
from graph.export.memory import DocumentGraphSource

ADA = "http://www.wikidata.org/entity/Q7259"
ADA_DBPEDIA = "http://dbpedia.org/resource/Ada_Lovelace"
LONDON = "http://www.wikidata.org/entity/Q84"


@pytest.fixture(scope="module")
def source():
    paris = graph_of(
        "file:///paris.txt",
        "Paris met Mercury in Paris; Mercury is a town.",
        [("person", ["Mercury"]), ("city", ["Paris"]), ("city", ["Mercury"])],
    )
    return DocumentGraphSource([*documents(), paris], SCHEMA)


def ids_of(source, name):
    return sorted(e.id for e in source.entities() if e.name == name)


def table(path, *rows):
    path.write_text("".join(row + "\n" for row in rows), encoding="utf-8")
    return path


def same_as(source, links, format):
    stream = io.BytesIO()
    stats = export(source, stream, format, SCHEMA, links=links)
    return stream.getvalue(), stats


def expected(source, *pairs):
    return {(f"{DEFAULT_BASE}entity/{ids_of(source, name)[0]}", iri) for name, iri in pairs}


def test_links_stand_beside_the_description_of_the_entity(source, tmp_path):
    links = table(
        tmp_path / "links.csv",
        "name,type,iri",
        f"ada  LOVELACE,person,{ADA}",  # spelled otherwise
        f"艾達·洛夫萊斯,,{ADA_DBPEDIA}",  # an alias, in traditional characters
        f"London,place,{LONDON}",  # a type above that of the entity
        f"London,city,{LONDON}",  # twice the same is one triple
    )
    wanted = expected(
        source, ("Ada Lovelace", ADA), ("Ada Lovelace", ADA_DBPEDIA), ("London", LONDON)
    )
    data, stats = same_as(source, links, "nquads")
    plain, plain_stats = same_as(source, None, "nquads")
    assert set(plain.splitlines()) < set(data.splitlines())
    assert stats.rows == plain_stats.rows + 3
    quads = [
        q
        for q in ox.parse(data, ox.RdfFormat.N_QUADS)
        if q.predicate.value == OWL.sameAs.toPython()
    ]
    assert {(q.subject.value, q.object.value) for q in quads} == wanted
    assert {q.graph_name.value for q in quads} == {DEFAULT_BASE + "graph/entities"}
    for format in ("turtle", "ntriples", "json-ld"):
        data, _ = same_as(source, links, format.replace("-", ""))
        graph = rdflib.Graph().parse(data=data, format=format.replace("ntriples", "nt"))
        assert {(str(s), str(o)) for s, o in graph.subject_objects(OWL.sameAs)} == wanted
    data, _ = same_as(source, links, "trig")
    assert b"owl:sameAs" in data


def test_tabs_prefixes_and_ids(source, tmp_path):
    id = ids_of(source, "王小明")[0]
    links = table(
        tmp_path / "links.tsv",
        "\ufeff" + f"{id}\twd:Q1",
        "",
        'The "Countess" Ada\twd:Q7259',  # in a table by tabs, quotes are characters
    )
    read = read_links(links, SCHEMA)
    assert read == [
        Link(1, id, "", "http://www.wikidata.org/entity/Q1"),
        Link(3, 'The "Countess" Ada', "", ADA),
    ]
    found = resolve_links(read, source.entities(), SCHEMA)
    assert found.same == {
        id: ("http://www.wikidata.org/entity/Q1",),
        ids_of(source, "Ada Lovelace")[0]: (ADA,),
    }


def test_ambiguous_and_unknown_rows_are_reported_and_link_nothing(source, tmp_path):
    links = table(
        tmp_path / "links.csv",
        "Mercury,https://example.com/mercury",
        "Mercury,person,https://example.com/freddie",
        "Nobody Known,https://example.com/nobody",
        "London,person,https://example.com/jack",
        "12.50 USD,https://example.com/value",
    )
    read = read_links(links, SCHEMA)
    found = resolve_links(read, source.entities(), SCHEMA)
    assert found.ambiguous == ((read[0], tuple(ids_of(source, "Mercury"))),)
    assert len(found.ambiguous[0][1]) == 2
    assert [link.line for link in found.unknown] == [3, 4, 5]
    person = next(e for e in source.entities() if (e.name, e.type) == ("Mercury", "person"))
    assert found.same == {person.id: ("https://example.com/freddie",)}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("London", "1 columns"),
        (f"London,city,{LONDON},x", "4 columns"),
        (f" ,city,{LONDON}", "no name"),
        (f"London,planet,{LONDON}", "no entity type 'planet'"),
        (f"1815,date,{LONDON}", "no entity type 'date'"),
        ("London,Q84", "'Q84' is no absolute IRI"),
        ("London,dbr:London", "'dbr:London' is no absolute IRI"),
        ("London,http://example.com/a> <b", "is no absolute IRI"),
        ("London,", "is no absolute IRI"),
        (f'"London,{LONDON}', "unexpected end of data"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_writes_nothing(source, tmp_path, row, words):
    links = table(tmp_path / "links.csv", f"Ada Lovelace,{ADA}", row)
    with pytest.raises(LinkError) as error:
        export(source, tmp_path / "graph.nq", "nquads", SCHEMA, links=links)
    assert f"{links}, line 2: " in str(error.value)
    assert words in str(error.value)
    assert not (tmp_path / "graph.nq").exists()


def test_bytes_that_are_no_utf8_are_refused_with_their_line(tmp_path):
    (tmp_path / "links.csv").write_bytes(f"London,{LONDON}\n".encode() + b"Z\xfcrich,wd:Q72\n")
    with pytest.raises(LinkError, match="line 2: not in UTF-8"):
        read_links(tmp_path / "links.csv", SCHEMA)


def test_other_formats_have_no_links(source, tmp_path):
    links = table(tmp_path / "links.csv", f"London,{LONDON}")
    with pytest.raises(ValueError, match="in RDF only"):
        export(source, tmp_path / "graph.graphml", "graphml", SCHEMA, links=links)
