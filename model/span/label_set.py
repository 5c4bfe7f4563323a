"""A schema as the model reads it: the scoring vectors of its labels, and what may go with what."""

from __future__ import annotations

import numpy as np

from model.schema import EntityType, EventType, RelationType, Role, Schema
from model.span.decode import Bools
from model.span.hierarchy import ancestors, declared
from model.span.labels import COREFERENCE_LABEL, PRONOUN_LABEL, SPAN_KINDS, Kind, Label, label_text
from model.span.runtime import Scorer, SpanRuntime
from model.span.settings import Decoding


class LabelSet:
    """The labels of a schema by kind, numbered, with what scores them and what they mean.

    ``language`` chooses among a type's labels, so that Chinese text meets Chinese labels; types
    without one in that language are read by name and description.
    """

    def __init__(self, schema: Schema, runtime: SpanRuntime, language: str) -> None:
        self.schema = schema
        texts = _texts(schema, language)
        unique = list(dict.fromkeys([*texts.values(), PRONOUN_LABEL]))
        vectors = runtime.label_vectors(unique)
        row = {text: i for i, text in enumerate(unique)}
        self.names: dict[Kind, list[str]] = {kind: [] for kind in Kind}
        self._scorers: dict[Kind, Scorer] = {}
        for kind in Kind:
            labels = [label for label in texts if label.kind is kind]
            self.names[kind] = [label.name for label in labels]
            if not labels:
                continue
            rows = [row[texts[label]] for label in labels]
            if kind is Kind.ENTITY:
                rows.append(row[PRONOUN_LABEL])
            kinds = np.full(len(rows), int(kind), dtype=np.int64)
            head = runtime.span_labels if kind in SPAN_KINDS else runtime.pair_labels
            made = head(vectors[rows], kinds)
            self._scorers[kind] = Scorer(made[: len(labels)])
            if kind is Kind.ENTITY:
                self._with_pronouns = Scorer(made)
        self.pronoun = len(self.names[Kind.ENTITY])  # the number of the pronouns' label
        self.declared = declared(schema)
        self.parents = ancestors(schema)
        self.parents.append(frozenset())
        self.admitted = self._admitted()
        self.roles = self._roles()

    def scorer(self, kind: Kind, pronouns: bool = False) -> Scorer | None:
        """What scores the labels of a kind, with ``pronouns`` theirs too; None if there is none."""
        if pronouns and kind is Kind.ENTITY and kind in self._scorers:
            return self._with_pronouns
        return self._scorers.get(kind)

    def specific_share(self, decoding: Decoding) -> float:
        return decoding.specific if self.declared else decoding.inferred

    def _admitted(self) -> Bools:
        """[types, types, relations]: what a relation may join; pronouns, the last type, nowhere."""
        types, relations = self.names[Kind.ENTITY], self.names[Kind.RELATION]
        admitted = np.zeros((len(types) + 1, len(types) + 1, len(relations)), dtype=bool)
        for r, relation in enumerate(relations):
            for h, head in enumerate(types):
                for t, tail in enumerate(types):
                    admitted[h, t, r] = self.schema.admits(relation, head, tail)
        return admitted

    def _roles(self) -> Bools:
        """[event types, roles]: which event has which."""
        names = self.names[Kind.ROLE]
        return np.array(
            [
                [name in self.schema.event[event].role for name in names]
                for event in self.names[Kind.TRIGGER]
            ],
            dtype=bool,
        ).reshape(len(self.names[Kind.TRIGGER]), len(names))


def _texts(schema: Schema, language: str) -> dict[Label, str]:
    """Every label of the schema, and how the model reads it."""

    def text(item: EntityType | RelationType | EventType | Role, described: bool) -> str:
        label = item.labels.get(language)
        if label and language not in schema.languages[:1]:
            return label_text(label)
        return label_text(item.name, item.description if described else "")

    texts: dict[Label, str] = {}
    for entity in schema.entities:
        texts[Label(Kind.ENTITY, entity.name)] = text(entity, True)
    for event in schema.events:
        texts[Label(Kind.TRIGGER, event.name)] = text(event, True)
        for role in event.roles:
            for kind in (Kind.ARGUMENT, Kind.ROLE):
                # Events share roles by name; the first one stands for all.
                texts.setdefault(Label(kind, role.name), text(role, False))
    for relation in schema.relations:
        texts[Label(Kind.RELATION, relation.name)] = text(relation, True)
    texts[Label(Kind.COREFERENCE, COREFERENCE_LABEL)] = COREFERENCE_LABEL
    return texts
