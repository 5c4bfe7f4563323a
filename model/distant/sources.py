"""Reads graphs from files: RDF in any of its formats, CSV and TSV; plain or compressed."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from model.compressed import DAMAGED, open_bytes, without_ending
from model.distant.graph import KnowledgeGraph, Value
from model.distant.recipe import GraphFile, Recipe, Vocabulary
from model.schema import Schema

_XSD = "http://www.w3.org/2001/XMLSchema#"
_REQUIRED = {"entities": ("id", "name"), "triples": ("head", "relation", "tail")}


class GraphError(ValueError):
    """A graph that cannot be read; the message names file and line or key."""


def load_graph(recipe: Recipe, folder: str | Path, schema: Schema) -> KnowledgeGraph:
    """The graph in the recipe's files below ``folder``, its memory in proportion to its size.

    ``schema`` tells which relations of tables have literals. Raises GraphError.
    """
    graph = KnowledgeGraph()
    literal = literal_predicates(recipe, schema)
    # Entities first: a cell of a triple that is no known id is taken as one, or as a literal.
    for file in sorted(recipe.graph, key=lambda file: file.holds == "triples"):
        path = Path(folder) / file.file
        try:
            if file.holds == "rdf":
                _read_rdf(graph, path, recipe.vocabulary, recipe.language)
            elif file.holds == "entities":
                _read_entities(graph, path, file)
            else:
                _read_triples(graph, path, file, literal)
        except (*DAMAGED, UnicodeDecodeError, csv.Error) as error:
            raise GraphError(f"{path}: damaged: {error}") from None
        except OSError as error:
            raise GraphError(f"{path}: {error.strerror or error}") from None
    if not graph.names:
        raise GraphError("The graph has no entity with a name; see 'vocabulary' of the recipe")
    return graph


def literal_predicates(recipe: Recipe, schema: Schema) -> Mapping[str, str]:
    """The datatype of the tail of each predicate that has literals."""
    found = {}
    for name, predicate in predicates(recipe, schema).items():
        relation = schema.relation.get(predicate) if predicate else None
        kinds = {schema.entity[t].datatype for t in relation.tail} if relation else set()
        if len(kinds) == 1 and (datatype := kinds.pop()) is not None:
            found[name] = datatype
    return found


def predicates(recipe: Recipe, schema: Schema) -> Mapping[str, str | None]:
    """The relation of each predicate, by the schema's IRIs and the recipe, which goes first."""
    found: dict[str, str | None] = {r.iri: r.name for r in schema.relations if r.iri is not None}
    return found | {name: p.relation for name, p in recipe.predicates.items()}


# -- tables ---------------------------------------------------------------------------------


def _rows(path: Path, file: GraphFile) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Rows by our own names of the columns, with their line. Raises GraphError."""
    inner = without_ending(path)
    delimiter = "," if inner.suffix.lower() == ".csv" else "\t"
    with open_bytes(path) as binary:
        lines = (line.decode("utf-8-sig" if number == 0 else "utf-8")
                 for number, line in enumerate(binary))  # fmt: skip
        if delimiter == ",":
            reader = csv.reader(lines)
        else:  # here a quotation mark is a character like any other
            reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
        header = [name.strip() for name in next(reader, [])]
        names = {own: file.columns.get(own, own) for own in
                 (*_REQUIRED[file.holds], "aliases", "type", *file.columns)}  # fmt: skip
        places = {own: header.index(name) for own, name in names.items() if name in header}
        missing = [names[own] for own in (*_REQUIRED[file.holds], *file.columns)
                   if own not in places]  # fmt: skip
        if missing:
            raise GraphError(
                f"{path}: no column {', '.join(missing)}; it has: {', '.join(header) or 'none'}"
            )
        last = max(places.values())
        for row in reader:
            if not row:
                continue
            if len(row) <= last:
                raise GraphError(f"{path}, line {reader.line_num}: too few columns")
            yield reader.line_num, {own: row[place].strip() for own, place in places.items()}


def _read_entities(graph: KnowledgeGraph, path: Path, file: GraphFile) -> None:
    for line, row in _rows(path, file):
        if not row["id"]:
            raise GraphError(f"{path}, line {line}: no id")
        number = graph.entity(row["id"])
        graph.add_name(number, row["name"], "label")
        for alias in row.get("aliases", "").split(file.separator):
            graph.add_name(number, alias, "alias")
        for kind in row.get("type", "").split(file.separator):
            if kind.strip():
                graph.add_type(number, kind.strip())


def _read_triples(
    graph: KnowledgeGraph, path: Path, file: GraphFile, literal: Mapping[str, str]
) -> None:
    for line, row in _rows(path, file):
        head, relation, tail = row["head"], row["relation"], row["tail"]
        if not (head and relation and tail):
            raise GraphError(f"{path}, line {line}: an empty cell")
        if relation in literal and graph.number(tail) is None:
            graph.add_value(graph.entity(head), Value(relation, tail))
        else:
            graph.add_triple(graph.entity(head), relation, graph.entity(tail))


# -- RDF ------------------------------------------------------------------------------------


def _read_rdf(graph: KnowledgeGraph, path: Path, vocabulary: Vocabulary, language: str) -> None:
    import pyoxigraph as ox

    inner = without_ending(path)
    format = ox.RdfFormat.from_extension(inner.suffix.lstrip(".").lower())
    if format is None:
        raise GraphError(f"{path}: '{inner.suffix}' is no ending of an RDF format")
    labels, aliases = frozenset(vocabulary.labels), frozenset(vocabulary.aliases)
    types = frozenset(vocabulary.types)
    try:
        with open_bytes(path) as binary:
            for quad in ox.parse(binary, format=format, base_iri="urn:graph:"):
                subject, predicate = quad.subject, quad.predicate.value
                if not isinstance(subject, ox.NamedNode):
                    continue  # a blank node has no name that a text could use
                if not isinstance(quad.object, ox.Literal):
                    if isinstance(quad.object, ox.NamedNode):
                        number = graph.entity(subject.value)
                        if predicate in types:
                            graph.add_type(number, quad.object.value)
                        else:
                            graph.add_triple(number, predicate, graph.entity(quad.object.value))
                    continue
                number, value = graph.entity(subject.value), quad.object
                if predicate in labels or predicate in aliases:
                    if _speaks(value.language, language):
                        kind = "label" if predicate in labels else "alias"
                        graph.add_name(number, value.value, kind)  # type: ignore[arg-type]
                else:
                    graph.add_value(number, _value(predicate, value.value, value.datatype.value))
    except SyntaxError as error:
        where = f", line {error.lineno}" if error.lineno else ""
        raise GraphError(f"{path}{where}: {error.msg}") from None


def _speaks(tag: str | None, language: str) -> bool:
    return tag is None or tag.partition("-")[0] == language


def _value(predicate: str, lexical: str, datatype: str) -> Value:
    return Value(predicate, lexical, "" if datatype == f"{_XSD}string" else datatype)


def spellings(value: Value) -> Sequence[str]:
    """What a normaliser may be asked about a literal: as it is, or with the unit that its
    datatype names (``3776`` of ``http://dbpedia.org/datatype/metre``)."""
    if value.datatype and not value.datatype.startswith(_XSD):
        unit = value.datatype.rpartition("/")[2].rpartition("#")[2]
        return (f"{value.lexical} {unit}", value.lexical)
    return (value.lexical,)
