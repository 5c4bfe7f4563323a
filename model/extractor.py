"""The one protocol of all extractors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from model.annotations import Annotation
from model.schema import Schema


class Extractor(Protocol):
    """Finds mentions, relations, events and coreference in texts.

    Deterministic: the same text and schema give the same annotation, whatever else is in the
    batch. ``extract`` takes texts of any length and truncates nothing.
    """

    @property
    def fingerprint(self) -> str:
        """Changes whenever the output for some text and schema could change."""
        ...

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Character offsets of the model's tokens in ``text``, for splitting into chunks."""
        ...

    def extract(self, texts: Sequence[str], schema: Schema) -> list[Annotation]:
        """One annotation a text, offsets into that text."""
        ...
