"""What a schema says of the types of entities, as resolution inside a document asks it."""

from __future__ import annotations

from graph import resolution
from model.schema import Schema


class Types:
    """``family`` of each entity type: how its names are read; ``root``: what it is at most."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.family = {t.name: resolution.family_of(t.name, schema) for t in schema.entities}
        self.root = {t.name: resolution.root_of(t.name, schema) for t in schema.entities}
