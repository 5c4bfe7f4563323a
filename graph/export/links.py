"""Which entities are things of Wikidata, DBpedia or other data sets, by a table of links.

A wrong ``owl:sameAs`` makes two things one for everyone who reasons, so that a row which could be
about several entities links none of them.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from graph import names
from graph.export.source import EntityRow
from graph.records import LocalEntity
from graph.resolution import entity_keys, family_of, root_of
from model.ontology.iris import is_iri
from model.ontology.vocabulary import PREFIXES
from model.schema import Schema

_SCHEMES = ("http", "https", "urn")


class LinkError(ValueError):
    """A table of links, or a row of one, that cannot be used; names the file and the line."""


@dataclass(frozen=True, slots=True)
class Link:
    """A row: ``name`` is a name or an entity's id; ``type`` is of the schema, or empty."""

    line: int
    name: str
    type: str
    iri: str


@dataclass(frozen=True, slots=True)
class Links:
    """``same`` has the IRIs of each linked entity, by its id and in the table's order.

    ``ambiguous`` are rows with the ids of the entities that each could be about, ``unknown``
    those that are about no entity of the graph.
    """

    same: dict[str, tuple[str, ...]]
    ambiguous: tuple[tuple[Link, tuple[str, ...]], ...]
    unknown: tuple[Link, ...]


def read_links(path: str | os.PathLike[str], schema: Schema) -> list[Link]:
    """The rows of a table: name or entity id, IRI; or name or entity id, type, IRI.

    A file that ends in ``.csv`` is separated by commas, any other by tabs, with no quoting. A
    first line that ends in ``iri`` is a header. An IRI may have a prefix of an export (``wd:Q42``).

    Raises:
        LinkError: a row has another number of columns, no name, a type that ``schema`` does not
            have or whose values are literals, or no IRI of the web; the message has the line.
        OSError: the file cannot be read.
    """
    links = []
    for line, row in _rows(Path(path)):
        place = f"{path}, line {line}"
        if len(row) not in (2, 3):
            raise LinkError(f"{place}: {len(row)} columns; a row is name, IRI or name, type, IRI")
        name, kind, iri = row[0], row[1] if len(row) == 3 else "", _expanded(row[-1])
        if not name:
            raise LinkError(f"{place}: no name")
        if kind and (kind not in schema.entity or schema.entity[kind].datatype is not None):
            raise LinkError(f"{place}: the schema '{schema.name}' has no entity type {kind!r}")
        if iri.partition(":")[0].lower() not in _SCHEMES or not is_iri(iri):
            raise LinkError(f"{place}: {row[-1]!r} is no absolute IRI of http, https or urn")
        links.append(Link(line, name, kind, iri))
    return links


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    with path.open("rb") as binary:
        lines = (line.decode("utf-8" if number else "utf-8-sig")
                 for number, line in enumerate(binary))  # fmt: skip
        if path.suffix.lower() == ".csv":
            reader = csv.reader(lines, strict=True)
        else:
            reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        first = True
        try:
            for row in reader:
                fields = [field.strip() for field in row]
                header = first and bool(fields) and fields[-1].lower() == "iri"
                if any(fields) and not header:
                    yield reader.line_num, fields
                first = False
        except UnicodeDecodeError:
            raise LinkError(f"{path}, line {reader.line_num + 1}: not in UTF-8") from None
        except csv.Error as error:
            raise LinkError(f"{path}, line {reader.line_num}: {error}") from None


def _expanded(iri: str) -> str:
    prefix, _, rest = iri.partition(":")
    return PREFIXES[prefix] + rest if prefix in PREFIXES else iri


def resolve_links(links: Iterable[Link], entities: Iterable[EntityRow], schema: Schema) -> Links:
    """Finds the entity of each link by its id or else, as resolution does, by its name.

    A name stands for the entities with that name or with an identity key that it makes
    (`graph.resolution.entity_keys`), a type for those of this type, of one below it or above it.
    Memory grows with the table, not with the graph.
    """
    links = list(links)
    # Types of one root and family read a name alike.
    readings = {
        (root_of(t.name, schema).casefold(), family_of(t.name, schema))
        for t in schema.entities
        if t.datatype is None
    }
    by_id: defaultdict[str, list[int]] = defaultdict(list)
    by_key: defaultdict[str, list[int]] = defaultdict(list)
    for number, link in enumerate(links):
        by_id[link.name].append(number)
        forms = {(root, names.normalise(link.name, family)) for root, family in readings}
        for root, form in forms:
            if form:
                by_key[f"{root}|{form}"].append(number)
    with_id: dict[int, str] = {}
    named: defaultdict[int, list[str]] = defaultdict(list)
    for entity in entities:
        if entity.datatype is not None:
            continue
        found = {number for key in _keys(entity, schema) for number in by_key.get(key, ())}
        for number in found:
            if _comparable(entity.type, links[number].type, schema):
                named[number].append(entity.id)
        with_id |= dict.fromkeys(by_id.get(entity.id, ()), entity.id)
    same: defaultdict[str, dict[str, None]] = defaultdict(dict)
    ambiguous, unknown = [], []
    for number, link in enumerate(links):
        ids = [with_id[number]] if number in with_id else sorted(named[number])
        if len(ids) == 1:
            same[ids[0]][link.iri] = None
        elif ids:
            ambiguous.append((link, tuple(ids)))
        else:
            unknown.append(link)
    return Links({id: tuple(iris) for id, iris in same.items()}, tuple(ambiguous), tuple(unknown))


def _keys(entity: EntityRow, schema: Schema) -> set[str]:
    local = LocalEntity("", entity.type, entity.name, entity.aliases, ())
    own = names.normalise(entity.name, family_of(entity.type, schema))
    root = root_of(entity.type, schema).casefold()
    return {f"{root}|{own}", *entity_keys(local, "", schema)}


def _comparable(one: str, other: str, schema: Schema) -> bool:
    if not other or one not in schema.entity:
        return True
    return schema.is_a(one, other) or schema.is_a(other, one)
