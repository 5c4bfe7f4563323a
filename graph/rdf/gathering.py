"""What a file's N-Quads say of entities and of the local entities that these are made of.

It stands in lines that begin with a few IRIs. To find those in the text, while the file is loaded,
takes a fraction of what it takes to ask the database for them afterwards. They are sorted on the
disk, so that they may stand in any order, and twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pyoxigraph as ox

from graph.bulk.sorting import Sorter
from graph.rdf.layout import Layout
from graph.resolution import Member
from model.ontology.vocabulary import PREFIXES

_KGB, _RDFS, _SKOS = PREFIXES["kgb"], PREFIXES["rdfs"], PREFIXES["skos"]
HELD = 8_000_000  # characters of what is sorted, each time
_LETTERS = {
    f"<{_KGB}resolvedTo>": "e",
    f"<{_KGB}typeName>": "t",
    f"<{_RDFS}label>": "l",
    f"<{_KGB}names>": "n",
    f"<{_KGB}keys>": "k",
    f"<{_KGB}datatype>": "d",
    f"<{_KGB}value>": "v",
}
"""What counts of a local entity, a letter for each predicate."""
_NEEDED = frozenset("etlnk")
_NAMES = frozenset((f"<{_RDFS}label>", f"<{_SKOS}altLabel>"))
_NAME_IRIS = tuple(name.encode() for name in sorted(_NAMES))
_BETWEEN = "\r"
"""Stands in no line of N-Quads, and in no IRI."""
_JSON = json.JSONDecoder(strict=False)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


class Gathering(ExitStack):
    """Takes in the N-Quads of a whole graph, and gives each entity's names and members."""

    def __init__(self, layout: Layout, scratch: Path) -> None:
        super().__init__()
        self._layout = layout
        self._locals, self._said = (
            self.enter_context(Sorter(scratch, name, HELD)) for name in ("locals", "said")
        )

    def take(self, quads: bytes) -> None:
        """Take whole lines of N-Quads in.

        Raises:
            SyntaxError: they are none.
        """
        if not (_plain(quads) and self._scan(quads)):
            # As few programs write them, but right. So that lines can be told by how they begin:
            lines = ox.serialize(ox.parse(quads, ox.RdfFormat.N_QUADS), format=ox.RdfFormat.N_QUADS)
            assert lines is not None, "what is serialised nowhere is returned"
            self._scan(lines)

    def entities(self) -> Iterator[tuple[str, list[str], list[Member]]]:
        """The ids of all entities, sorted, each with names and with members; once."""
        self._place_members()
        for id, values in self._said.groups():
            names: set[str] = set()
            members: dict[str, Member] = {}
            for value in values:
                if value[0] == '"':
                    names.add(_text(value))
                else:
                    subject, _, said = value.partition(_BETWEEN)
                    members[subject] = self._member(subject, said.split(_BETWEEN))
            yield id, sorted(names), list(members.values())

    def _scan(self, quads: bytes) -> bool:
        """Whether all lines that matter are plain; those before one that is not are taken."""
        at, said = "", list[str]()
        for line in _lines(quads, f"<{self._layout.base}local/"):
            terms = _terms(line)
            if terms is None:
                return False
            subject, predicate, object, _ = terms
            if subject != at:
                if said:
                    self._locals.add(at, _BETWEEN.join(said))
                at, said = subject, []
            letter = _LETTERS.get(predicate)
            if letter is not None:
                said.append(letter + object)
        if said:
            self._locals.add(at, _BETWEEN.join(said))
        entities = self._layout.entities
        for line in _lines(quads, f"<{self._layout.base}entity/"):
            if not any(name in line for name in _NAME_IRIS):
                continue
            terms = _terms(line)
            if terms is None:
                return False
            subject, predicate, object, graph = terms
            if graph == entities and predicate in _NAMES:
                self._said.add(self._entity(subject), object)
        return True

    def _place_members(self) -> None:
        for subject, values in self._locals.groups():
            parts = dict.fromkeys(part for value in values for part in value.split(_BETWEEN))
            letters = {part[0]: part[1:] for part in parts}
            if letters.keys() >= _NEEDED:
                said = _BETWEEN.join([subject, *parts])
                self._said.add(self._entity(letters["e"]), said)

    def _entity(self, iri: str) -> str:
        return self._layout.parts(iri[1:-1], "entity")[0]

    def _member(self, subject: str, parts: list[str]) -> Member:
        document, local = self._layout.parts(subject[1:-1], "local")
        said = {part[0]: _text(part[1:]) for part in parts if part[0] != "e"}
        return Member(
            document_id=document,
            local=local,
            type=said["t"],
            name=said["l"],
            names=tuple(json.loads(said["n"])),
            keys=tuple(json.loads(said["k"])),
            datatype=said.get("d"),
            value=said.get("v"),
        )


def _plain(quads: bytes) -> bool:
    """Whether all lines begin with an IRI that is written as it is: without escapes, and no line is
    a comment or empty."""
    if b"\r" in quads or b"\\u" in quads or b"\\U" in quads:
        return False
    begun = quads.count(b"\n") - quads.endswith(b"\n")
    return quads.startswith(b"<") and quads.count(b"\n<") == begun


def _lines(quads: bytes, start: str) -> Iterator[bytes]:
    """The lines that begin with this."""
    begin = b"\n" + start.encode()
    at = 0 if quads.startswith(begin[1:]) else quads.find(begin) + 1
    found = at > 0 or quads.startswith(begin[1:])
    while found:
        end = quads.find(b"\n", at)
        yield quads[at:end] if end >= 0 else quads[at:]
        at = quads.find(begin, end) + 1 if end >= 0 else 0
        found = at > 0


def _terms(line: bytes) -> tuple[str, str, str, str] | None:
    """Subject, predicate, object and graph of a line, with one blank between two of them."""
    try:
        subject, _, rest = line.decode().partition(" ")
    except UnicodeDecodeError:  # which a parser will name the line of
        return None
    predicate, _, rest = rest.partition(" ")
    object, _, graph = rest[:-2].rpartition(" ")
    if (
        rest.endswith("> .")
        and subject[-1:] == predicate[-1:] == ">"
        and graph[:1] == "<"
        and '"' not in graph
        and object[:1] in ("<", '"')
        and object[-1:] not in (" ", "\t")
        and "\t" not in subject + predicate + graph
    ):
        return subject, predicate, object, graph
    return None


def _text(literal: str) -> str:
    """What stands in a literal."""
    if "\\" not in literal:
        return literal[1 : literal.rindex('"')]
    if r"\U" not in literal and r"\'" not in literal:  # the escapes are those of JSON
        return str(_JSON.raw_decode(literal)[0])
    return _ESCAPE.sub(_escaped, literal[1 : literal.rindex('"')])


def _escaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _ESCAPED.get(match[3], match[3])
