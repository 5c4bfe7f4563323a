"""What decides on a document's part of the graph, beside its content."""

from __future__ import annotations

import hashlib

from model.extractor import Extractor
from model.schema import Schema

#: Raised by hand whenever a change of the code changes what some document becomes in the graph:
#: reading, splitting, or making the document's graph. Every document is then built anew.
PIPELINE_VERSION = 5


def answer_fingerprint(extractor: Extractor, schema: Schema) -> str:
    """What an extractor's answer to a text depends on, the key of the cache."""
    return _digest(extractor.fingerprint, schema.fingerprint)


def pipeline_fingerprint(
    extractor: Extractor, schema: Schema, chunk_tokens: int, min_confidence: float
) -> str:
    """What a document's graph depends on; kept with each document in the store."""
    settings = f"{chunk_tokens}/{min_confidence}"
    return _digest(str(PIPELINE_VERSION), extractor.fingerprint, schema.digest, settings)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
