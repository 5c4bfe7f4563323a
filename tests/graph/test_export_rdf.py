import io
import json
import re

import pyoxigraph as ox
import pytest
import rdflib
from export_sample import SCHEMA, documents, graph_of
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID as DEFAULT_GRAPH
from rdflib.namespace import RDF, RDFS, SKOS, XSD, Namespace

from graph.export import DEFAULT_BASE, export, format_of
from graph.export.literals import value_literal
from graph.export.memory import DocumentGraphSource
from model.ontology.iris import checked_base, is_iri, segment
from model.ontology.literals import clean
from model.ontology.vocabulary import KGB as KGB_IRI
from model.schema import EntityType, RelationType, Schema

BASE = Namespace(DEFAULT_BASE)
KGB = Namespace(KGB_IRI)
OA = Namespace("http://www.w3.org/ns/oa#")
PROV = Namespace("http://www.w3.org/ns/prov#")
DCTERMS = Namespace("http://purl.org/dc/terms/")
WDT = Namespace("http://www.wikidata.org/prop/direct/")
SDO = Namespace("https://schema.org/")
ONTOLOGY = Namespace("https://example.com/ontology#")

RDFLIB_FORMATS = {
    "turtle": "turtle",
    "ntriples": "nt",
    "jsonld": "json-ld",
    "trig": "trig",
    "nquads": "nquads",
}
OX_FORMATS = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "jsonld": ox.RdfFormat.JSON_LD,
    "trig": ox.RdfFormat.TRIG,
    "nquads": ox.RdfFormat.N_QUADS,
}
UNION_FORMATS = ["turtle", "ntriples", "jsonld"]
GRAPH_FORMATS = ["trig", "nquads"]


@pytest.fixture(autouse=True)
def lexical_forms_as_written(monkeypatch):
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)


@pytest.fixture(scope="module")
def graphs():
    return documents()


@pytest.fixture
def source(graphs):
    return DocumentGraphSource(graphs, SCHEMA)


def exported(source, format, schema=SCHEMA, **options):
    stream = io.BytesIO()
    stats = export(source, stream, format, schema, **options)
    return stream.getvalue(), stats


def by_rdflib(data, format):
    """Statements as (subject, predicate, object, graph or None), all plain texts."""
    dataset = rdflib.Dataset()
    dataset.parse(data=data, format=RDFLIB_FORMATS[format])
    return {
        (*map(form, quad[:3]), None if quad[3] in (None, DEFAULT_GRAPH) else form(quad[3]))
        for quad in dataset.quads()
    }


def form(node):
    if isinstance(node, rdflib.Literal):
        datatype = str(node.datatype or XSD.string)
        return (str(node), node.language.lower() if node.language else None, datatype)
    return str(node)


def by_oxigraph(data, format):
    def form(node):
        if isinstance(node, ox.Literal):
            datatype = str(XSD.string) if node.language else node.datatype.value
            return (node.value, node.language, datatype)
        return node.value

    return {
        (
            *(form(x) for x in quad.triple),
            None if isinstance(quad.graph_name, ox.DefaultGraph) else form(quad.graph_name),
        )
        for quad in ox.parse(data, OX_FORMATS[format])
    }


def graph_in(source, format="turtle", schema=SCHEMA, **options):
    """The export as an rdflib graph (the union of all graphs)."""
    data, _ = exported(source, format, schema, **options)
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(data=data, format=RDFLIB_FORMATS[format])
    return dataset


def entity(graph, name):
    (node,) = [s for s in graph.subjects(RDFS.label, rdflib.Literal(name)) if "/entity/" in s]
    return node


@pytest.mark.parametrize("format", RDFLIB_FORMATS)
def test_two_independent_parsers_read_the_same_statements(source, format):
    data, stats = exported(source, format)
    read = by_rdflib(data, format)
    assert read == by_oxigraph(data, format)
    assert 300 < len(read) <= stats.rows


@pytest.mark.parametrize("format", UNION_FORMATS)
def test_formats_without_graphs_hold_the_union(source, format):
    quads = by_oxigraph(exported(source, "nquads")[0], "nquads")
    triples = by_oxigraph(exported(source, format)[0], format)
    assert {quad[:3] for quad in quads} == {triple[:3] for triple in triples}


def test_trig_and_nquads_hold_the_same(source):
    assert by_oxigraph(exported(source, "trig")[0], "trig") == by_oxigraph(
        exported(source, "nquads")[0], "nquads"
    )


@pytest.mark.parametrize("format", GRAPH_FORMATS)
@pytest.mark.parametrize("dropped", [0, 1, 2])
def test_dropping_a_named_graph_retracts_the_document(graphs, format, dropped):
    data, _ = exported(DocumentGraphSource(graphs, SCHEMA), format)
    name = str(BASE["graph/" + graphs[dropped].document.id])
    entities = str(BASE["graph/entities"])  # described apart, since documents share them
    left = {quad for quad in by_oxigraph(data, format) if quad[3] not in (name, entities)}
    others = [graph for i, graph in enumerate(graphs) if i != dropped]
    expected, _ = exported(DocumentGraphSource(others, SCHEMA), format)
    assert left == {quad for quad in by_oxigraph(expected, format) if quad[3] != entities}
    assert not [quad for quad in left if graphs[dropped].document.id in "".join(map(str, quad))]


def test_entities_have_types_labels_and_other_names(source):
    graph = graph_in(source)
    ada = entity(graph, "Ada Lovelace")
    assert set(graph.objects(ada, RDF.type)) == {SDO.Person, KGB.Entity}
    assert {str(o) for o in graph.objects(ada, SKOS.altLabel)} == {
        'The "Countess" Ada',
        "艾达·洛夫莱斯",
    }
    london = entity(graph, "London")
    assert BASE["schema/type/City"] in set(graph.objects(london, RDF.type))
    school = entity(graph, "北京大学")
    assert BASE["schema/type/学校"] in set(graph.objects(school, RDF.type))


def test_a_named_graph_holds_only_the_names_its_document_uses(source, graphs):
    dataset = rdflib.Dataset()
    dataset.parse(data=exported(source, "trig")[0], format="trig")
    ada = entity(dataset.graph(BASE["graph/entities"]), "Ada Lovelace")
    for g, names in zip(
        graphs,
        (
            ["Ada Lovelace", 'The "Countess" Ada'],
            ["Ada Lovelace", "艾达·洛夫莱斯"],
            ["Ada Lovelace"],
        ),
        strict=True,
    ):
        graph = dataset.graph(BASE["graph/" + g.document.id])
        (local,) = graph.subjects(KGB.resolvedTo, ada)
        assert json.loads(graph.value(local, KGB.names)) == names
        assert not list(graph.objects(ada, RDFS.label))


def test_relations_are_direct_triples_with_the_schemas_iris(source):
    graph = graph_in(source)
    ada, london = entity(graph, "Ada Lovelace"), entity(graph, "London")
    assert (ada, WDT.P19, london) in graph
    wang, school = entity(graph, "王小明"), entity(graph, "北京大学")
    assert (wang, BASE["schema/relation/毕业院校"], school) in graph


def test_literal_values_are_typed(source):
    graph = graph_in(source)
    ada = entity(graph, "Ada Lovelace")
    born = rdflib.Literal("1815-12-10", datatype=XSD.date)
    assert (ada, BASE["schema/relation/dateOfBirth"], born) in graph
    money = entity(graph, "12.50 USD")
    assert (money, RDF.value, rdflib.Literal("12.50", datatype=XSD.decimal)) in graph
    assert (money, KGB.unit, rdflib.Literal("USD")) in graph
    assert KGB.Value in set(graph.objects(money, RDF.type))
    trial = next(graph.subjects(RDF.type, ONTOLOGY.Trial))
    month = rdflib.Literal("1815-12", datatype=XSD.gYearMonth)
    assert (trial, BASE["schema/role/time"], month) in graph


def test_a_value_that_could_not_be_normalised_is_its_text(source):
    graph = graph_in(source)
    objects = set(graph.objects(None, BASE["schema/relation/relatedTo"]))
    assert rdflib.Literal("acquitted") in objects
    assert not list(graph.objects(entity(graph, "acquitted"), RDF.value))


def test_events_are_nodes_with_role_properties(source):
    graph = graph_in(source)
    (event,) = graph.subjects(RDF.type, BASE["schema/event/Marriage"])
    assert (event, RDF.type, KGB.Event) in graph
    assert (event, RDFS.label, rdflib.Literal("married")) in graph
    assert (event, BASE["schema/role/spouse"], entity(graph, "Ada Lovelace")) in graph
    (trial,) = graph.subjects(RDF.type, ONTOLOGY.Trial)
    assert len(list(graph.objects(trial, ONTOLOGY.defendant))) == 1


@pytest.mark.parametrize("format", RDFLIB_FORMATS)
def test_every_mention_gives_its_exact_characters(source, graphs, format):
    graph = graph_in(source, format)
    texts = {BASE["document/" + g.document.id]: g.document.text for g in graphs}
    annotations = list(graph.subjects(RDF.type, OA.Annotation))
    mentions = sum(len(e.mentions) for g in graphs for e in g.entities)
    assert len(annotations) == mentions + sum(len(g.events) for g in graphs)
    for annotation in annotations:
        assert graph.value(annotation, OA.motivatedBy) == OA.identifying
        assert (graph.value(annotation, OA.hasBody), RDFS.label, None) in graph
        target = graph.value(annotation, OA.hasTarget)
        assert (target, RDF.type, OA.SpecificResource) in graph
        selectors = {
            graph.value(selector, RDF.type): selector
            for selector in graph.objects(target, OA.hasSelector)
        }
        assert set(selectors) == {OA.TextPositionSelector, OA.TextQuoteSelector}
        position = selectors[OA.TextPositionSelector]
        start, end = (int(graph.value(position, p)) for p in (OA.start, OA.end))
        exact = str(graph.value(selectors[OA.TextQuoteSelector], OA.exact))
        assert texts[graph.value(target, OA.hasSource)][start:end] == exact


def test_chunks_slice_the_document(source, graphs):
    graph = graph_in(source)
    texts = {BASE["document/" + g.document.id]: g.document.text for g in graphs}
    chunks = list(graph.subjects(RDF.type, KGB.Chunk))
    assert len(chunks) == sum(len(g.chunks) for g in graphs)
    for chunk in chunks:
        text = texts[graph.value(chunk, DCTERMS.isPartOf)]
        start, end = (int(graph.value(chunk, KGB[name])) for name in ("start", "end"))
        assert text[start:end] == str(graph.value(chunk, KGB.text))


def test_documents_carry_their_provenance(source, graphs):
    dataset = rdflib.Dataset()
    dataset.parse(data=exported(source, "trig")[0], format="trig")
    for g in graphs:
        name = BASE["graph/" + g.document.id]
        graph = dataset.graph(name)
        document = BASE["document/" + g.document.id]
        assert graph.value(name, PROV.wasDerivedFrom) == document
        activity = graph.value(name, PROV.wasGeneratedBy)
        assert graph.value(activity, PROV.used) == document
        agent = graph.value(activity, PROV.wasAssociatedWith)
        assert str(graph.value(agent, KGB.fingerprint)) == g.pipeline
        assert str(graph.value(document, DCTERMS.identifier)) == g.document.uri
        assert str(graph.value(document, KGB.sha256)) == g.document.sha256
    sources = set(graph_in(source).objects(None, DCTERMS.source))
    assert sources == {rdflib.URIRef(g.document.uri) for g in graphs[:2]}


STATEMENTS = """
    PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
    PREFIX kgb: <https://kgbuilder.github.io/ns#>
    PREFIX prov: <http://www.w3.org/ns/prov#>
    SELECT ?p ?c ?chunk WHERE {
      ?st a rdf:Statement ; rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o ;
        kgb:confidence ?c ; prov:wasDerivedFrom ?chunk .
      ?s ?p ?o . ?chunk a kgb:Chunk }
"""


def test_every_statement_has_confidence_and_its_chunk(source, graphs):
    rows = list(graph_in(source).query(STATEMENTS))
    arguments = sum(len(e.arguments) for g in graphs for e in g.events)
    assert len(rows) == sum(len(g.relations) for g in graphs) + arguments
    found = sorted(float(row.c) for row in rows if row.p == WDT.P19)
    assert found == [0.8, 0.9]  # stated by two documents
    assert 0.123456789 in [float(row.c) for row in rows]


@pytest.mark.parametrize("format", ["turtle", "trig", "nquads", "ntriples"])
def test_evidence_as_rdf12_reifiers(source, graphs, format):
    data, _ = exported(source, format, reification="rdf12")
    store = ox.Store()
    store.load(data, OX_FORMATS[format])
    rows = list(
        store.query(
            "PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> "
            f"PREFIX kgb: <{KGB_IRI}> SELECT DISTINCT ?r ?c WHERE {{ "
            "?r rdf:reifies <<( ?s ?p ?o )>> ; kgb:confidence ?c . ?s ?p ?o }",
            use_default_graph_as_union=True,
        )
    )
    arguments = sum(len(e.arguments) for g in graphs for e in g.events)
    assert len(rows) == sum(len(g.relations) for g in graphs) + arguments
    assert b"#Statement" not in data


def test_rdf12_reifiers_are_refused_for_jsonld(source):
    with pytest.raises(ValueError, match="JSON-LD"):
        exported(source, "jsonld", reification="rdf12")


def test_facts_alone_without_provenance(source):
    graph = graph_in(source, provenance=False)
    assert (entity(graph, "Ada Lovelace"), WDT.P19, entity(graph, "London")) in graph
    for kind in (OA.Annotation, KGB.Chunk, RDF.Statement):
        assert not list(graph.subjects(RDF.type, kind))
    assert list(graph.subjects(RDF.type, PROV.Activity))


def test_positions_without_texts(source):
    graph = graph_in(source, text=False)
    assert list(graph.subjects(RDF.type, OA.TextPositionSelector))
    assert not list(graph.subjects(RDF.type, OA.TextQuoteSelector))
    assert not list(graph.subjects(KGB.text, None))


def test_the_schema_is_declared(source):
    graph = graph_in(source)
    owl = Namespace("http://www.w3.org/2002/07/owl#")
    assert (WDT.P19, RDF.type, owl.ObjectProperty) in graph
    labels = {rdflib.Literal("place of birth", lang="en"), rdflib.Literal("出生地", lang="zh")}
    assert set(graph.objects(WDT.P19, RDFS.label)) == labels
    assert (WDT.P19, SDO.domainIncludes, SDO.Person) in graph
    assert (WDT.P19, SDO.rangeIncludes, SDO.Place) in graph
    assert (BASE["schema/relation/dateOfBirth"], RDF.type, owl.DatatypeProperty) in graph
    assert (BASE["schema/relation/spouse"], RDF.type, owl.SymmetricProperty) in graph
    assert (BASE["schema/type/City"], RDFS.subClassOf, SDO.Place) in graph
    assert (SDO.Person, RDFS.subClassOf, KGB.Entity) not in graph
    time = BASE["schema/role/time"]
    assert set(graph.objects(time, SDO.domainIncludes)) == {
        BASE["schema/event/Marriage"],
        ONTOLOGY.Trial,
    }


def test_every_own_term_in_use_is_declared(source):
    graph = graph_in(source)
    used = {x for triple in graph.triples((None, None, None)) for x in triple[:3]}
    for term in used:
        if isinstance(term, rdflib.URIRef) and term.startswith(KGB_IRI) and term != KGB[""]:
            assert (term, RDFS.label, None) in graph, term


def test_every_schema_term_in_use_is_declared(source):
    graph = graph_in(source)
    for predicate in set(graph.predicates()):
        if predicate.startswith(BASE["schema/"]):
            assert (predicate, RDF.type, RDF.Property) in graph, predicate
    for kind in set(graph.objects(None, RDF.type)):
        if kind.startswith(BASE["schema/"]):
            assert (kind, RDFS.label, None) in graph, kind


def test_types_that_the_schema_lacks_still_have_iris(graphs):
    source = DocumentGraphSource(graphs, SCHEMA)
    graph = graph_in(source, schema=Schema("empty"))
    ada = entity(graph, "Ada Lovelace")
    assert (ada, RDF.type, BASE["schema/type/Person"]) in graph
    assert (ada, BASE["schema/relation/placeOfBirth"], entity(graph, "London")) in graph


def test_the_base_begins_every_node(source, graphs):
    graph = graph_in(source, base="https://data.example.net/王/kg")
    assert not [s for s in graph.subjects() if s.startswith(DEFAULT_BASE)]
    document = "https://data.example.net/王/kg/document/" + graphs[0].document.id
    assert (rdflib.URIRef(document), RDF.type, KGB.Document) in graph


@pytest.mark.parametrize(
    "base", ["", "kg/", "not an iri", "http://a b/", "https://e.org/?q=", "https://e.org/#", "//e/"]
)
def test_an_invalid_base_is_refused(source, base, tmp_path):
    with pytest.raises(ValueError, match="base"):
        export(source, tmp_path / "out.ttl", "turtle", SCHEMA, base=base)
    assert not list(tmp_path.iterdir())


def test_an_invalid_iri_in_the_schema_is_named(source, tmp_path):
    schema = Schema("bad", relations=(RelationType("likes", iri="http://a b"),))
    with pytest.raises(ValueError, match=r"'likes'.*http://a b"):
        export(source, tmp_path / "out.ttl", "turtle", schema)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format", RDFLIB_FORMATS)
def test_the_same_graph_gives_the_same_bytes(graphs, format):
    first, _ = exported(DocumentGraphSource(graphs, SCHEMA), format)
    second, _ = exported(DocumentGraphSource(reversed(graphs), SCHEMA), format)
    assert first == second


def test_turtle_is_readable(source):
    data, _ = exported(source, "turtle")
    text = data.decode()
    assert "wdt:P19" in text
    assert re.search(r"entity:\w+ a schema:Person", text)
    assert "type:学校" in text


@pytest.mark.parametrize(
    ("datatype", "value", "type_", "lexical"),
    [
        ("date", "1815-12-10", "date", "1815-12-10"),
        ("date", "1815-12", "gYearMonth", "1815-12"),
        ("date", "1815", "gYear", "1815"),
        ("date", "-0044", "gYear", "-0044"),
        ("date", "12024", "gYear", "12024"),
        ("date", "--12-10", "gMonthDay", "--12-10"),
        ("date", "XXXX-12-10", "gMonthDay", "--12-10"),
        ("date", "XXXX-05", "gMonth", "--05"),
        ("date", "181X", "string", "181X"),
        ("date", "2024-33", "string", "2024-33"),
        ("date", "2023-02-30", "string", "2023-02-30"),
        ("date", "2023-13", "string", "2023-13"),
        ("date", "1990/1995", "string", "1990/1995"),
        ("date", "２０２３", "string", "２０２３"),
        ("date", "2024-05-01T10:00:00Z", "dateTime", "2024-05-01T10:00:00Z"),
        ("date", "10:30:00", "time", "10:30:00"),
        ("date", "P3Y6M", "duration", "P3Y6M"),
        ("date", "PT", "string", "PT"),
        ("number", "1234.50", "decimal", "1234.50"),
        ("number", "-.5", "decimal", "-0.5"),
        ("number", "+5.", "decimal", "5"),
        ("number", "1815", "decimal", "1815"),
        ("number", "1e9", "string", "1e9"),
        ("number", "NaN", "string", "NaN"),
        ("money", "12.50 USD", "string", "12.50 USD"),
        ("string", "1815", "string", "1815"),
        ("number", None, "string", "some text"),
    ],
)
def test_value_literals(datatype, value, type_, lexical):
    literal = value_literal(datatype, value, "some text")
    assert literal.datatype.value == str(XSD[type_])
    assert literal.value == lexical
    parsed = rdflib.Literal(lexical, datatype=XSD[type_])
    assert not parsed.ill_typed


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_segments_are_valid_and_distinct(one, two):
    for text in (one, two):
        iri = DEFAULT_BASE + "entity/" + segment(text) + "/x"
        assert is_iri(iri)
        assert rdflib.URIRef(iri).n3()
        # No part of a path may be taken for the folder itself or the one above.
        assert segment(text) not in (".", "..")
    assert (segment(one) == segment(two)) == (one == two)


def test_segments_keep_letters_of_any_script():
    assert segment("北京 A/B#é?%") == "北京%20A%2FB%23é%3F%25"
    assert segment("\ud800") == "%ED%A0%80"
    assert segment("..") == "%2E%2E"


def test_variants_of_ideographs_are_encoded():
    """A variation selector is a mark, but no character of an IRI."""
    assert segment("葛\U000e0100") == "葛%F3%A0%84%80"
    assert is_iri(DEFAULT_BASE + segment("葛\U000e0100"))


def test_a_base_gets_its_slash():
    assert checked_base("https://e.org/kg") == "https://e.org/kg/"
    assert checked_base("urn:kg:") == "urn:kg:/"


names = st.text(min_size=1, max_size=12).filter(lambda name: name.strip())


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # shrinking runs slow parsers for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(name=names, other=names, title=st.text(max_size=8), uri=st.text(min_size=1, max_size=12))
@pytest.mark.parametrize("format", RDFLIB_FORMATS)
def test_any_text_survives_the_round_trip(format, name, other, title, uri):
    graph = graph_of(
        uri,
        name + "\n" + other,
        [("person", [name]), ("place", [other])],
        [("place of birth", 0, 1, 0.5)],
        title=title,
    )
    source = DocumentGraphSource([graph], SCHEMA)
    data, _ = exported(source, format)
    read = by_rdflib(data, format)
    assert read == by_oxigraph(data, format)
    exact = {o[0] for _, p, o, _ in read if p == str(OA.exact)}
    assert exact == {clean(name), clean(other)}
    labels = {o[0] for s, p, o, _ in read if p == str(RDFS.label) and "/entity/" in s}
    assert labels == {clean(name), clean(other)}
    (whole,) = {o[0] for _, p, o, _ in read if p == str(KGB.text)}
    assert whole == clean(graph.document.text)


def test_a_file_is_replaced_only_by_a_whole_one(source, tmp_path):
    class Breaking(DocumentGraphSource):
        def by_document(self):
            yield next(iter(super().by_document()))
            raise RuntimeError("the store went away")

    path = tmp_path / "graph.nq"
    export(source, path, "nquads", SCHEMA)
    before = path.read_bytes()
    broken = Breaking(documents(), SCHEMA)
    with pytest.raises(RuntimeError, match="went away"):
        export(broken, path, "nquads", SCHEMA)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    export(DocumentGraphSource([], SCHEMA), path, "nquads", SCHEMA)
    assert len(path.read_bytes()) < len(before)


def test_a_dash_is_standard_output(source, capfdbinary):
    stats = export(source, "-", "ntriples", SCHEMA)
    out = capfdbinary.readouterr().out
    assert out.count(b"\n") == stats.rows


def test_progress_is_told(source):
    seen = []
    many = DocumentGraphSource(
        [graph_of(f"u:{i}", "Bo", [("person", ["Bo"])]) for i in range(60)], SCHEMA
    )
    _, stats = exported(many, "nquads", progress=seen.append)
    assert [rows // 1000 for rows in seen] == list(range(1, stats.rows // 1000 + 1))
    assert seen


def test_an_unknown_format_is_refused(source, tmp_path):
    with pytest.raises(ValueError, match="turtle, trig"):
        export(source, tmp_path / "x", "rdfxml", SCHEMA)


def test_formats_are_known_by_extension():
    assert format_of("a/b.TTL") == "turtle"
    assert format_of("graph.nq") == "nquads"
    assert format_of("graph.txt") is None


def test_names_that_differ_in_case_only_stay_apart():
    schema = Schema("s", entities=(EntityType("Person"), EntityType("任务")))
    graph = graph_in(DocumentGraphSource([], schema), schema=schema)
    assert (BASE["schema/type/Person"], RDFS.label, rdflib.Literal("Person")) in graph
    assert (BASE["schema/type/任务"], RDFS.label, rdflib.Literal("任务")) in graph
