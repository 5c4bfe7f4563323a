"""From the annotations of one document's chunks to its local entities, facts and events.

Resolution inside a document: mentions of one name are one entity; so are a short name and the
one longer name that holds it, an acronym and the name it abbreviates, and names that the text
equates (``图灵（Alan Turing）``). The extractor's coreference hangs pronouns and descriptions on
named entities and joins names that do not contradict each other. What has no name at all
(``he``, ``the company`` without a referent) is left out, with the facts that need it: a graph of
pronouns says nothing.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

from graph.local.gathering import Gathered
from graph.local.joining import joined
from graph.local.stating import stated
from graph.local.types import Types
from graph.records import DocumentGraph
from ingest.documents import Chunk, Document
from model.annotations import Annotation
from model.schema import Schema

logger = logging.getLogger(__name__)


def document_graph(
    document: Document,
    chunks: Sequence[Chunk],
    annotations: Sequence[Annotation],
    schema: Schema,
    pipeline: str,
    dropped: Counter[str] | None = None,
) -> DocumentGraph:
    """All that ``document`` states, from one annotation a chunk (offsets into ``Chunk.text``).

    The result depends on the arguments alone. Chunks should not overlap. What cannot go into the
    graph is counted in ``dropped`` by reason (``relation: unnamed argument``, ...).

    Raises:
        ValueError: the numbers of chunks and annotations differ.
    """
    if len(chunks) != len(annotations):
        raise ValueError(f"{len(chunks)} chunks but {len(annotations)} annotations")
    reasons: Counter[str] = Counter()
    gathered = Gathered(document, Types(schema), reasons)
    for chunk, annotation in zip(chunks, annotations, strict=True):
        gathered.add(chunk, annotation.shifted(chunk.start))
    entities, relations, events = stated(gathered, joined(gathered))
    if reasons:
        logger.debug("%s: left out %s", document.uri, dict(sorted(reasons.items())))
    if dropped is not None:
        dropped.update(reasons)
    return DocumentGraph(document, pipeline, tuple(chunks), entities, relations, events)
