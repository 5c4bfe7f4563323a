"""The process that parses files for `ingest.isolated`: ``python -P -m ingest.worker``.

It reads a request a line, ``{"path": ..., "options": ...}``, and answers with a line a document or
failure and a last one, ``{"end": true}``. JSON, since whoever takes a parser over must not be able
to run code in the process that asked.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from ingest.documents import Document, Failure, Mark
from ingest.options import ReadLimits, ReadOptions
from ingest.reader import read

#: Seconds beyond the limit after which the system ends a worker that nobody else has ended.
GRACE = 30


def main() -> int:
    """Serve requests until standard input ends."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a parser prints must not get among the answers
    answers.write(b"{}\n")  # ready
    answers.flush()
    for line in requests:
        request = json.loads(line)
        options = decode_options(request["options"])
        _bound(options.limits)
        items = read(os.fsdecode(request["path"].encode("ascii", "surrogateescape")), options)
        while True:
            # Whatever the parser is in the midst of, and whether the parent still lives or not.
            signal.alarm(options.limits.max_seconds + GRACE)
            item = next(items, None)
            signal.alarm(0)
            answer = {"end": True} if item is None else encode_item(item)
            answers.write(json.dumps(answer).encode() + b"\n")
            if item is None:
                break
        answers.flush()
    return 0


def _bound(limits: ReadLimits) -> None:
    """Let the system refuse what no parser needs: much memory, writing files, core dumps."""
    import resource

    def limit(kind: int, wanted: int) -> None:
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            wanted = min(wanted, hard)
        resource.setrlimit(kind, (wanted, hard))

    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, 0)
    if sys.platform == "linux":  # elsewhere it is not heeded, or counts what is not used
        limit(resource.RLIMIT_AS, limits.max_memory_bytes)


def encode_item(item: Document | Failure) -> dict[str, Any]:
    """As JSON takes it."""
    if isinstance(item, Failure):
        return {"failure": [item.uri, item.reason, item.transient]}
    return {
        "document": {
            "uri": item.uri,
            "media_type": item.media_type,
            "language": item.language,
            "title": item.title,
            "text": item.text,
            "sha256": item.sha256,
            "marks": [[mark.kind, mark.start, mark.label] for mark in item.marks],
            "metadata": dict(item.metadata),
        }
    }


def decode_item(answer: dict[str, Any], source: str) -> Document | Failure:
    """The item of an answer about the file ``source``. Raises ValueError for anything else."""
    try:
        if "failure" in answer:
            uri, reason, transient = answer["failure"]
            return Failure(str(uri), str(reason), bool(transient))
        fields = answer["document"]
        uri = fields["uri"]
        if uri != source and not uri.startswith(f"{source}#"):
            raise ValueError(f"the answer is about {uri}")
        return Document(
            source=source,
            marks=tuple(Mark(kind, start, label) for kind, start, label in fields.pop("marks")),
            metadata=MappingProxyType(fields.pop("metadata")),
            **fields,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no answer of a worker: {error}") from error


def encode_options(options: ReadOptions) -> dict[str, Any]:
    """As JSON takes it."""
    return asdict(options)


def decode_options(fields: dict[str, Any]) -> ReadOptions:
    """What `encode_options` was given."""
    return ReadOptions(**fields | {"limits": ReadLimits(**fields["limits"])})


if __name__ == "__main__":
    sys.exit(main())
