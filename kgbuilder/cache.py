"""What extractors answered, kept on disk by (text, fingerprint).

A crash or a second store then never pays twice for the same model call. The cache is an
optimisation and never a reason to fail: a damaged entry is a miss, a damaged file is started
anew, and a file that cannot be used at all (a full disk, no right to write) is left alone for
the rest of the run.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from ingest.closing import Closing
from model.annotations import Annotation
from model.records import annotation_from_json, annotation_to_json

logger = logging.getLogger(__name__)

FILE_NAME = "annotations.sqlite"
#: Changes with the format of the entries; entries of another version are misses.
FORMAT = 1
#: Share of the entries that goes when the cache is full.
EVICTED = 0.1
#: SQLite's limit on parameters of one statement is 999 in old versions.
KEYS_A_QUERY = 500


class AnnotationCache(Closing):
    """Maps texts to annotations for one fingerprint, in the file ``folder/annotations.sqlite``.

    ``fingerprint`` covers everything beside the text that decides on the annotation. The file
    stays within about ``max_bytes``: when it is full, the oldest entries go. Many processes may
    share it; one object belongs to one thread.
    """

    def __init__(self, folder: Path, fingerprint: str, max_bytes: int) -> None:
        self.path = folder / FILE_NAME
        self._salt = f"{FORMAT}\0{fingerprint}\0".encode()
        self._max_bytes = max_bytes
        self._connection: sqlite3.Connection | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            logger.warning("No cache of annotations: cannot make %s (%s)", folder, error)
            return
        self._open()

    def close(self) -> None:
        """Close the file. Later look-ups miss, later entries are dropped."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, texts: Sequence[str]) -> dict[str, Annotation]:
        """The annotations known of ``texts``, by text."""
        if self._connection is None:
            return {}
        keys = {self._key(text): text for text in texts}
        rows: list[tuple[bytes, bytes]] = []
        try:
            ordered = list(keys)
            for first in range(0, len(ordered), KEYS_A_QUERY):
                part = ordered[first : first + KEYS_A_QUERY]
                marks = ",".join("?" * len(part))
                rows += self._connection.execute(
                    f"SELECT key, value FROM annotation WHERE key IN ({marks})", part
                )
        except sqlite3.Error as error:
            self._recover(error)
            return {}
        found = {}
        for key, value in rows:
            annotation = _decode(value, keys[key])
            if annotation is not None:
                found[keys[key]] = annotation
        return found

    def put(self, annotations: Mapping[str, Annotation]) -> None:
        """Keep ``annotations`` (by text), in one transaction."""
        if self._connection is None or not annotations:
            return
        rows = [(self._key(text), _encode(value)) for text, value in annotations.items()]
        try:
            with self._connection as connection:
                connection.executemany(
                    "INSERT INTO annotation (key, value) VALUES (?, ?)"
                    " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    rows,
                )
                self._evict(connection)
        except sqlite3.Error as error:
            self._recover(error)

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(self._salt + text.encode("utf-8", "surrogatepass")).digest()

    def _evict(self, connection: sqlite3.Connection) -> None:
        def pragma(name: str) -> int:
            value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
            return value

        used = (pragma("page_count") - pragma("freelist_count")) * pragma("page_size")
        if used <= self._max_bytes:
            return
        (count,) = connection.execute("SELECT count(*) FROM annotation").fetchone()
        connection.execute(
            "DELETE FROM annotation WHERE id IN (SELECT id FROM annotation ORDER BY id LIMIT ?)",
            (max(1, int(count * EVICTED)),),
        )

    def _open(self) -> None:
        try:
            self._connect()
        except sqlite3.Error as error:
            self._recover(error)

    def _connect(self) -> None:
        connection = sqlite3.connect(self.path, timeout=10)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS annotation"
                " (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL)"
            )
        except sqlite3.Error:
            connection.close()
            raise
        self._connection = connection

    def _recover(self, error: sqlite3.Error) -> None:
        """Start a damaged file anew; give up on one that cannot be used."""
        self.close()
        # OperationalError: locked, full disk, read-only. Anything else: not a sound database.
        if isinstance(error, sqlite3.OperationalError):
            logger.warning("No cache of annotations for now: %s (%s)", self.path, error)
            return
        logger.warning("The cache %s is damaged (%s); it starts anew", self.path, error)
        try:
            for suffix in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            self._connect()
        except (OSError, sqlite3.Error) as again:
            logger.warning("No cache of annotations: %s (%s)", self.path, again)


def _encode(annotation: Annotation) -> bytes:
    body = json.dumps(annotation_to_json(annotation), ensure_ascii=False).encode()
    return zlib.crc32(body).to_bytes(4, "big") + body


def _decode(value: object, text: str) -> Annotation | None:
    """The annotation of ``text``, or None where ``value`` is not what was written."""
    if not isinstance(value, bytes) or zlib.crc32(value[4:]) != int.from_bytes(value[:4], "big"):
        return None
    try:
        return annotation_from_json(json.loads(value[4:]), text)
    except ValueError:
        return None
