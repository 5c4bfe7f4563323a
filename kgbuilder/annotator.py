"""Annotates chunks through the cache, and finds out which text an extractor fails on."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from kgbuilder.cache import AnnotationCache
from model.annotations import Annotation
from model.extractor import Extractor
from model.schema import Schema

logger = logging.getLogger(__name__)

Outcome = Annotation | Exception


class Annotator:
    """An extractor with its schema, its cache and a batch size.

    ``asked`` and ``cached`` count the texts so far and those that the cache answered.
    """

    def __init__(
        self, extractor: Extractor, schema: Schema, cache: AnnotationCache | None, batch: int
    ) -> None:
        self.schema = schema
        self.asked = 0
        self.cached = 0
        self._extractor = extractor
        self._cache = cache
        self._batch = batch

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return self._extractor.token_spans(text)

    def annotate(self, texts: Sequence[str]) -> Mapping[str, Outcome]:
        """The annotation of each text, or the error that the extractor raised for it."""
        unique = list(dict.fromkeys(texts))
        outcomes: dict[str, Outcome] = {}
        if self._cache is not None:
            outcomes.update(self._cache.get(unique))
        self.asked += len(texts)
        self.cached += sum(text in outcomes for text in texts)
        missing = [text for text in unique if text not in outcomes]
        for first in range(0, len(missing), self._batch):
            batch = missing[first : first + self._batch]
            answers = self._answers(batch)
            outcomes.update(answers)
            if self._cache is not None:
                self._cache.put(
                    {text: a for text, a in answers.items() if isinstance(a, Annotation)}
                )
        return outcomes

    def _answers(self, texts: list[str]) -> dict[str, Outcome]:
        try:
            return dict(zip(texts, self._extractor.extract(texts, self.schema), strict=True))
        except Exception as error:
            if len(texts) == 1:
                logger.debug("The extractor failed on a text", exc_info=True)
                return {texts[0]: error}
        # One bad text must not cost the others of its batch.
        outcomes: dict[str, Outcome] = {}
        for text in texts:
            outcomes.update(self._answers([text]))
        return outcomes
