"""What the annotations of a document's chunks say: spans, facts, and what refers to one thing."""

from __future__ import annotations

import re
from collections import Counter

from graph import literals, names
from graph.local.nodes import Fact, Node, position
from graph.local.types import Types
from graph.reference import reference
from ingest.documents import Chunk, Document
from model.annotations import Annotation, Argument
from model.schema import Role


class Gathered:
    """All of a document's annotations. What the schema does not know is counted in ``dropped``."""

    def __init__(self, document: Document, types: Types, dropped: Counter[str]) -> None:
        self.text = document.text
        self.language = document.language
        self.types = types
        self.dropped = dropped
        self.cased = any(c.isupper() for c in self.text) and any(c.islower() for c in self.text)
        self.nodes: dict[tuple[int, int], Node] = {}
        self.clusters: list[list[Node]] = []
        self.relations: list[Fact] = []
        self.events: list[Fact] = []

    def add(self, chunk: Chunk, annotation: Annotation) -> None:
        """Take in the annotation of one chunk, offsets into the document."""
        mentions = [
            self._node(chunk.index, m.start, m.end, m.type, m.confidence)
            for m in annotation.mentions
        ]
        for cluster in annotation.clusters:
            members = [node for node in (mentions[i] for i in cluster) if node is not None]
            self.clusters.append(sorted(set(members), key=position))
        for relation in annotation.relations:
            head, tail = mentions[relation.head], mentions[relation.tail]
            if relation.type not in self.types.schema.relation:
                self.dropped["relation: unknown type"] += 1
            elif head is None or tail is None:
                self.dropped["relation: unknown argument type"] += 1
            else:
                self.relations.append(
                    Fact(chunk.index, relation.type, relation.confidence, head, tail)
                )
        local = sorted({n for n in mentions if n is not None}, key=position)
        for event in annotation.events:
            known = self.types.schema.event.get(event.type)
            if known is None or event.trigger is None:
                self.dropped[f"event: {'no trigger' if known else 'unknown type'}"] += 1
                continue
            roles = {role.name: role for role in known.roles}
            arguments = []
            for argument in sorted(event.arguments):
                role = roles.get(argument.role)
                node = self._argument(chunk.index, argument, role, local) if role else None
                if node is None:
                    self.dropped[f"argument: {'no entity' if role else 'unknown role'}"] += 1
                else:
                    arguments.append((argument.role, node, argument.confidence))
            self.events.append(
                Fact(
                    chunk.index,
                    event.type,
                    event.confidence,
                    start=event.trigger.start,
                    end=event.trigger.end,
                    arguments=tuple(arguments),
                )
            )

    def _node(
        self, chunk: int, start: int, end: int, entity_type: str, confidence: float
    ) -> Node | None:
        if entity_type not in self.types.schema.entity:
            self.dropped["mention: unknown type"] += 1
            return None
        if not self.text[start:end].strip():
            self.dropped["mention: empty"] += 1
            return None
        node = self.nodes.get((start, end))
        if node is None:
            node = self.nodes[start, end] = Node(chunk, start, end, self.text[start:end])
        node.votes[entity_type] = max(confidence, node.votes.get(entity_type, 0.0))
        return node

    def _argument(
        self, chunk: int, argument: Argument, role: Role, local: list[Node]
    ) -> Node | None:
        """The node of an event argument: a mention, or a new one where the span names something."""
        exact = self.nodes.get((argument.start, argument.end))
        if exact is not None and self._fills(exact, role):
            return exact
        best = max(
            (node for node in local if self._fills(node, role)),
            key=lambda node: (_overlap(self.text, node, argument), -node.start, -node.end),
            default=None,
        )
        if best is not None and _overlap(self.text, best, argument) > 0:
            return best
        entity_type = self._argument_type(self.text[argument.start : argument.end], role)
        if entity_type is None:
            return None
        return self._node(chunk, argument.start, argument.end, entity_type, argument.confidence)

    def _fills(self, node: Node, role: Role) -> bool:
        return any(self.types.schema.one_of(t, role.types) for t in node.votes)

    def _argument_type(self, text: str, role: Role) -> str | None:
        known = [
            self.types.schema.entity[name]
            for name in role.types
            if name in self.types.schema.entity
        ]
        for entity_type in known:
            datatype = entity_type.datatype
            if datatype and datatype != "string" and literals.is_literal(text, datatype):
                return entity_type.name
        for entity_type in known:
            if not entity_type.datatype:
                family = self.types.family[entity_type.name]
                named = reference(text, family, self.cased).form == "name"
                return entity_type.name if named and _short(text, family) else None
        return next((t.name for t in known if t.datatype == "string" and len(text) <= 200), None)


def _overlap(text: str, node: Node, argument: Argument) -> float:
    """How well a mention stands for an argument's span, 0 where it does not.

    It does where it covers the span, where they share at least half of their characters, or
    where it ends the span and only words without a name lie before it (``the city of Paris``).
    """
    shared = min(node.end, argument.end) - max(node.start, argument.start)
    if shared <= 0:
        return 0.0
    ratio = shared / (max(node.end, argument.end) - min(node.start, argument.start))
    covers = node.start <= argument.start and argument.end <= node.end
    if covers or ratio >= 0.5:
        return 1.0 + ratio
    lead = text[argument.start : node.start]
    if (
        argument.start <= node.start
        and node.end == argument.end
        and lead.isascii()
        and not re.search(
            r"[A-Z]|\b(?:of|by|for|from|in|with|'s)\s*$", lead.replace("city of ", "")
        )
    ):
        return ratio
    return 0.0


def _short(text: str, family: names.Family) -> bool:
    """Whether a span is short enough to be a name rather than a clause."""
    shown = names.clean(text)
    if names.has_han(shown):
        limit = {"person": 15 if "·" in shown else 4, "place": 12}.get(family, 20)
        return len(shown) <= limit and not re.search(r"[，。；！？]", shown)
    return len(shown.split()) <= 8 and not re.search(r"[,;!?]", shown)
