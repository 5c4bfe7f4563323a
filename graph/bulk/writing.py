"""From gathered documents to the files of an import: resolves all of them at once.

Documents and what hangs on them are written as they are read, one at a time. What joins documents
is sorted on disk: members by their entity, statements by their relationship. What is held in memory
are the distinct identity keys, the entity of each, and the pairs of names that are compared.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from os import PathLike
from pathlib import Path
from time import perf_counter
from types import MappingProxyType

from graph.bulk.gathering import Gathering
from graph.bulk.packing import Gathered
from graph.bulk.sorting import Sorter
from graph.bulk.tables import ARGUMENTS_FILE, Tables
from graph.export.output import output_folder
from graph.resolution import Member, key_id
from graph.resolving.decisions import Decisions
from graph.resolving.links import Linker
from graph.resolving.partition import Keyset
from graph.resolving.rules import Rules
from graph.store.blocks import page_properties, pages_of
from graph.store.conflicts import contradicted
from graph.store.contents import (
    chunk_properties,
    document_properties,
    events_of,
    member_properties,
)
from graph.store.entities import Target
from graph.store.errors import StoreError
from graph.store.facts import (
    BestEvidence,
    Evidence,
    facts_of,
    keep_best,
    properties_of,
    runs_back,
)
from graph.store.imported import UNFINISHED
from graph.store.meta import STORE_VERSION, encode_schema
from graph.store.naming import ENTITY_KEY, NAME_BLOCK, SchemaNames
from graph.store.plan import Cluster, clusters_by_key
from graph.store.tally import Tally
from ingest.documents import chunk_id
from model.schema import Schema

_BETWEEN = "\t"


@dataclass(frozen=True, slots=True)
class BulkStats:
    """What was written: documents, entities, nodes and relationships in all, seconds it took."""

    documents: int
    entities: int
    rows: int
    seconds: float


Resolve = Callable[[Counter[Keyset], Schema], Mapping[str, Cluster]]
"""Finds the entity of every key, from how many local entities have which keys."""


def resolve_here(keysets: Counter[Keyset], schema: Schema) -> Mapping[str, Cluster]:
    """On this machine."""
    return clusters_by_key([keysets], (), Rules(linker=Linker(schema)))


def write_import(
    gathering: Gathering, target: str | PathLike[str], resolve: Resolve = resolve_here
) -> BulkStats:
    """Write the graph of all gathered documents into the folder ``target``.

    The folder appears whole or not at all, and replaces an earlier one. It is imported with::

        cd FOLDER && neo4j-admin database import full @import.args neo4j

    The first program that then opens the graph for writing completes it (`graph.store.imported`).

    Raises:
        StoreError: nothing was gathered.
        OSError: ``target`` cannot be written.
    """
    schema = gathering.schema
    if schema is None or not len(gathering):
        raise StoreError(f"there are no documents in {gathering.folder}")
    began = perf_counter()
    with (
        output_folder(target, ARGUMENTS_FILE) as folder,
        Tables(folder) as tables,
        _Writing(tables, schema, folder) as writing,
    ):
        writing.write(gathering, resolve)
        tables.finish()
    return BulkStats(len(gathering), writing.entities, tables.rows, perf_counter() - began)


class _Writing(ExitStack):
    def __init__(self, tables: Tables, schema: Schema, scratch: Path) -> None:
        super().__init__()
        self.entities = 0
        self._tables = tables
        self._schema = schema
        self._names = SchemaNames(schema)
        self._linker = Linker(schema)
        self._now = datetime.now(UTC).isoformat(timespec="seconds")
        self._members = self.enter_context(Sorter(scratch, "members"))
        self._statements = self.enter_context(Sorter(scratch, "statements"))
        self._blocks = self.enter_context(Sorter(scratch, "blocks"))
        self._clusters: Mapping[str, Cluster] = {}
        self._ids: dict[Cluster, str] = {}
        self._values: dict[str, str | None] = {}
        """The values of literals that functional relations may lead to."""

    def write(self, gathering: Gathering, resolve: Resolve) -> None:
        """Write everything."""
        keysets: Counter[Keyset] = Counter()
        for gathered in gathering:
            keysets.update(member.keys for member in gathered.members)
        self._clusters = resolve(keysets, self._schema)
        self._ids = {cluster: key_id(min(cluster.keys)) for cluster in set(self._clusters.values())}
        self._write_keys(keysets)
        self._write_blocks({key for keyset in keysets for key in keyset})
        del keysets
        for gathered in gathering:
            self._write_document(gathered)
        self._write_entities()
        self._write_relations()
        settings = {
            "id": "graph",
            "version": STORE_VERSION,
            "schema": encode_schema(self._schema),
            UNFINISHED: True,
        }
        self._tables.node("settings", settings, ("GraphSettings",))
        self.close()  # what was sorted goes before the folder appears

    def _entity(self, member: Member) -> str:
        return self._ids[self._clusters[member.keys[0]]]

    def _write_keys(self, keysets: Iterable[Keyset]) -> None:
        """As `graph.store.entities.EntityChange` sets them."""
        leads: dict[str, set[str]] = {}
        for keyset in keysets:
            id = self._ids[self._clusters[keyset[0]]]
            for key in keyset:
                if key_id(key) != id:
                    leads.setdefault(key, set()).add(id)
        for key, ids in sorted(leads.items()):
            self._tables.node("keys", {"id": key_id(key), "key": key}, (ENTITY_KEY,))
            for id in sorted(ids):
                self._tables.relationship("key_of", key_id(key), id, "KEY_OF", {})

    def _write_blocks(self, keys: Iterable[str]) -> None:
        for key in keys:
            for block in self._linker.blocks(key):
                self._blocks.add(json.dumps(block), json.dumps(key))
        for block, found in self._blocks.groups():
            keys = list(map(json.loads, found))
            for name, page in pages_of(json.loads(block), keys, self._linker.max_block):
                self._tables.node("blocks", page_properties(name, page), (NAME_BLOCK,))

    def _write_document(self, gathered: Gathered) -> None:
        graph, tables = gathered.graph, self._tables
        document_id = graph.document.id
        facts = facts_of(document_id, graph.relations, self._names.relation)
        tables.node("documents", document_properties(graph, facts, self._now), ("Document",))
        for chunk in graph.chunks:
            tables.node("chunks", chunk_properties(chunk), ("Chunk",))
            tables.relationship("part_of", chunk.id, document_id, "PART_OF", {})
        ids: dict[str, str] = {}
        for entity, member in zip(graph.entities, gathered.members, strict=True):
            id = ids[entity.local] = self._entity(member)
            properties = member_properties(member)
            tables.relationship("members", document_id, id, "HAS_ENTITY", properties)
            self._members.add(id, _said(member))
            for mention in entity.mentions:
                place = {
                    "start": mention.start,
                    "end": mention.end,
                    "confidence": mention.confidence,
                    "text": mention.text,
                    "local": entity.local,
                }
                chunk_of = chunk_id(document_id, mention.chunk)
                tables.relationship("mentions", chunk_of, id, "MENTIONS", place)
        for event, properties in events_of(graph):
            tables.node("events", properties, self._names.event(event.type))
            place = {name: properties[name] for name in ("start", "end", "confidence")}
            place["text"] = event.trigger
            chunk_of = chunk_id(document_id, event.chunk)
            tables.relationship("event_mentions", chunk_of, properties["id"], "MENTIONS", place)
            for argument in event.arguments:
                tables.relationship(
                    "arguments",
                    properties["id"],
                    ids[argument.entity],
                    self._names.role(event.type, argument.role),
                    {"confidence": argument.confidence, "local": argument.entity},
                )
        for fact in facts:
            said = fact.evidence
            head, tail = ids[said.head], ids[said.tail]
            if fact.type in self._names.symmetric and runs_back(said, head, tail):
                head, tail, said = tail, head, said.turned
            self._statements.add(_BETWEEN.join((fact.type, head, tail)), _stated(said))

    def _write_entities(self) -> None:
        functional = bool(self._names.functional)
        for _, members in self._members.groups():
            tally = Tally()
            key = ""
            for said in members:
                member = _member(said)
                key = member.keys[0]
                tally.add(member)
            resolved = self._clusters[key]
            cluster = Cluster(resolved.keys, resolved.cut, tally)
            target = Target.of(cluster, self._schema, self._names, Decisions())
            self._tables.node("entities", target.properties, target.labels)
            self.entities += 1
            if functional and "value" in target.properties:
                self._values[target.id] = target.properties["value"]

    def _write_relations(self) -> None:
        edges = ((key.split(_BETWEEN), said) for key, said in self._statements.groups())
        for (kind, head), some in groupby(edges, key=lambda edge: edge[0][:2]):
            if kind not in self._names.functional:
                for (_, _, tail), said in some:
                    self._write_relation(kind, head, tail, _evidence(said))
                continue
            found = {tail: _evidence(said) for (_, _, tail), said in some}
            against = contradicted({tail: self._values.get(tail) for tail in found})
            for tail, evidence in found.items():
                flags = {"conflict": True} if tail in against else {}
                self._write_relation(kind, head, tail, evidence, flags)

    def _write_relation(
        self,
        kind: str,
        head: str,
        tail: str,
        evidence: Iterable[Evidence],
        flags: Mapping[str, bool] = MappingProxyType({}),
    ) -> None:
        properties = properties_of(evidence) | dict(flags)
        self._tables.relationship("relations", head, tail, kind, properties)


def _said(member: Member) -> str:
    """What counts of a member for its entity."""
    said = [member.type, member.name, member.names, member.keys, member.datatype, member.value]
    return json.dumps(said, ensure_ascii=False)


def _member(said: str) -> Member:
    kind, name, names, keys, datatype, value = json.loads(said)
    return Member("", "", kind, name, tuple(names), tuple(keys), datatype, value)


def _stated(said: Evidence) -> str:
    return json.dumps(
        [said.chunk, said.head, said.tail, said.confidence, said.head_span, said.tail_span]
    )


def _evidence(stated: Iterable[str]) -> list[Evidence]:
    """The evidence of one relationship."""
    best: BestEvidence = {}
    for text in stated:
        chunk, head, tail, confidence, (a, b), (c, d) = json.loads(text)
        keep_best(best, Evidence(chunk, head, tail, confidence, (a, b), (c, d)))
    return list(best.values())
