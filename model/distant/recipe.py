"""What to align and how: a YAML file, checked when it is read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from model.checked import read_yaml
from model.schema import Schema

RECIPE_FOLDER = Path(__file__).parent.parent.parent / "configs" / "distant"
HEAD, TAIL = "\ue000", "\ue001"
"""Stand for the two ends of a fact in the sentence that evidence is looked for in."""


class RecipeError(ValueError):
    """A recipe that cannot be used; the message names the file and the keys."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GraphFile(_Strict):
    """A file of the graph. ``file`` is relative to the graph's folder; ``.gz`` and ``.xz`` too.

    ``holds`` is ``rdf`` (N-Triples, N-Quads, Turtle, TriG, RDF/XML, JSON-LD, told by the
    ending), or for CSV and TSV ``entities`` (columns ``id``, ``name``, and if there are any
    ``aliases`` and ``type``) or ``triples`` (``head``, ``relation``, ``tail``). ``columns`` maps
    these to the names in the header where they differ.
    """

    file: str
    holds: Literal["rdf", "entities", "triples"]
    columns: dict[str, str] = Field(default_factory=dict)
    separator: str = "|"
    """Between several aliases, or several types, in one cell."""


def _one_relation(value: Any) -> Any:
    return {"relation": value} if isinstance(value, str) else value


class Predicate(_Strict):
    """What a predicate of the graph means in the schema.

    ``relation`` None: no fact of the schema, but its ends still tell types (``head``, ``tail``).
    ``typing`` false: only these tell types, not what the relation admits; for a predicate that
    the graph uses loosely.
    """

    relation: str | None = None
    inverse: bool = False
    head: str | None = None
    tail: str | None = None
    typing: bool = True


class Evidence(_Strict):
    """Regular expressions that decide whether a sentence states a relation.

    ``{head}`` and ``{tail}`` stand for the two mentions, other names in braces for the recipe's
    ``phrases``. One of ``any`` must be found and none of ``never``. Spelling is folded
    (simplified characters, letters and digits of half width) and case ignored.
    """

    any: list[str] = Field(min_length=1)
    never: list[str] = Field(default_factory=list)


class Topic(_Strict):
    """A class of texts: those about an entity of one of these types. Without ``relations``,
    every relation may be stated in it."""

    types: list[str] = Field(min_length=1)
    relations: list[str] | None = None


class Vocabulary(_Strict):
    """IRIs of the predicates of an RDF graph that name and type entities."""

    labels: list[str] = [
        "http://www.w3.org/2000/01/rdf-schema#label",
        "http://www.w3.org/2004/02/skos/core#prefLabel",
        "http://schema.org/name",
        "https://schema.org/name",
        "http://xmlns.com/foaf/0.1/name",
    ]
    aliases: list[str] = [
        "http://www.w3.org/2004/02/skos/core#altLabel",
        "http://schema.org/alternateName",
        "https://schema.org/alternateName",
        "http://dbpedia.org/ontology/alias",
        "http://xmlns.com/foaf/0.1/nick",
    ]
    types: list[str] = [
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
        "http://www.wikidata.org/prop/direct/P31",
    ]


class Recipe(_Strict):
    """Everything about one alignment but the paths of texts and graph."""

    language: Literal["en", "zh"]
    schema_name: Annotated[str, Field(alias="schema")]
    graph: list[GraphFile] = Field(min_length=1)
    vocabulary: Vocabulary = Vocabulary()
    predicates: dict[str, Annotated[Predicate, BeforeValidator(_one_relation)]] = Field(
        default_factory=dict
    )
    """By the graph's name of the predicate. An RDF predicate that is the IRI of a relation type
    of the schema needs no entry; nor does an rdf:type that is the IRI of an entity type."""
    types: dict[str, str] = Field(default_factory=dict)
    """The graph's types (or classes) by the schema's."""
    phrases: dict[str, str] = Field(default_factory=dict)
    """Parts that several patterns of evidence share."""
    evidence: dict[str, Evidence] = Field(default_factory=dict)
    """By relation type. A relation without evidence is taken from any sentence that names both
    ends, if it is the only one between them."""
    topics: dict[str, Topic] = Field(default_factory=dict)
    alias_relation: str | None = None
    """If given, two names of one entity in a passage are a fact of this relation."""
    most_per_triple: Annotated[int, Field(ge=1)] | None = None
    """Stop taking sentences for one triple after so many; else a few facts make up the data."""
    subject_required: bool = False
    """Take only facts of which one end is what the text's title names."""
    short_names: bool = True
    """Let the last part of a person's name stand for the person whom the title names."""
    pronouns: bool = False
    """Let "he" and "she" at the beginning of sentences stand for that person too."""
    person_types: list[str] = ["person", "人物"]
    minimum_name: Annotated[int, Field(ge=1)] = 2
    passage_characters: Annotated[int, Field(ge=0)] = 0
    """Whole sentences are joined to records of at most so many characters; 0: one sentence."""
    sentence_characters: Annotated[int, Field(gt=0)] = 600
    """Longer sentences (tables, lists) give no facts."""
    tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.005
    """How far a quantity in the text may lie from that of the graph, relative to it."""

    @model_validator(mode="after")
    def _patterns(self) -> Recipe:
        for relation, evidence in self.evidence.items():
            for pattern in (*evidence.any, *evidence.never):
                try:
                    self.pattern(pattern)
                except re.error as error:
                    raise ValueError(f"evidence of '{relation}': {pattern!r}: {error}") from None
        return self

    def pattern(self, source: str) -> re.Pattern[str]:
        """A pattern of evidence, for a folded sentence with HEAD and TAIL in it."""
        for name, phrase in self.phrases.items():
            source = source.replace(f"{{{name}}}", phrase)
        source = source.replace("{head}", HEAD).replace("{tail}", TAIL)
        return re.compile(source, re.IGNORECASE)

    def check(self, schema: Schema) -> None:
        """Raises RecipeError where the recipe names types that the schema does not have."""
        unknown = []
        for name, predicate in self.predicates.items():
            if predicate.relation is not None and predicate.relation not in schema.relation:
                unknown.append(f"predicates.{name}: relation '{predicate.relation}'")
            for end in (predicate.head, predicate.tail):
                if end is not None and end not in schema.entity:
                    unknown.append(f"predicates.{name}: entity type '{end}'")
        unknown += [
            f"types.{own}: entity type '{t}'"
            for own, t in self.types.items()
            if t not in schema.entity
        ]
        relations = [("evidence", name) for name in self.evidence]
        if self.alias_relation is not None:
            relations.append(("alias_relation", self.alias_relation))
        for name, topic in self.topics.items():
            relations += [(f"topics.{name}", relation) for relation in topic.relations or ()]
            unknown += [
                f"topics.{name}: entity type '{t}'" for t in topic.types if t not in schema.entity
            ]
        unknown += [f"{key}: relation '{name}'" for key, name in relations
                    if name not in schema.relation]  # fmt: skip
        if unknown:
            raise RecipeError(
                f"The recipe names what the schema '{schema.name}' does not have: "
                + "; ".join(unknown)
            )


def recipe_path(name_or_path: str | Path) -> Path:
    """The file of a ready recipe, by its name, or the path itself. Raises RecipeError."""
    path = Path(name_or_path)
    if path.suffix.lower() in (".yaml", ".yml"):
        return path
    ready = RECIPE_FOLDER / f"{name_or_path}.yaml"
    if not ready.is_file():
        names = ", ".join(sorted(file.stem for file in RECIPE_FOLDER.glob("*.yaml")))
        raise RecipeError(f"{name_or_path}: no recipe of this name, and no YAML file ({names})")
    return ready


def load_recipe(path: str | Path) -> Recipe:
    """The recipe in a YAML file. Raises RecipeError."""
    return read_yaml(Path(path), Recipe, RecipeError)
