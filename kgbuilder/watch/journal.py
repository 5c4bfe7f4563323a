"""What the daemon remembers of the files that it watches, in an SQLite file.

The graph alone says what has been built; the journal spares reading again what has not changed
since, and keeps what failed. Losing it costs one reading of all files and the list of failures,
so a damaged one starts anew.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.closing import Closing
from kgbuilder.watch.folders import inode

logger = logging.getLogger(__name__)

FILE_NAME = "watch.sqlite"
#: Changes with the tables; a journal of another version starts anew.
VERSION = 1

DONE, FAILED, DEAD = "done", "failed", "dead"
#: Of a file that is gone: its documents are kept until a person agrees / a person has agreed.
HELD, AGREED = 1, 2

_TABLES = """
CREATE TABLE IF NOT EXISTS file (
    path BLOB PRIMARY KEY,
    source TEXT NOT NULL,
    mount TEXT NOT NULL,
    signature TEXT,
    inode TEXT,
    pipeline TEXT,
    documents INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    failed_at REAL,
    next_try REAL,
    held INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS file_source ON file (source);
CREATE INDEX IF NOT EXISTS file_inode ON file (inode);
CREATE INDEX IF NOT EXISTS file_state ON file (state, next_try) WHERE state <> 'done';
CREATE INDEX IF NOT EXISTS file_held ON file (held) WHERE held > 0;
CREATE TABLE IF NOT EXISTS status (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_COLUMNS = (
    "path, source, mount, signature, pipeline, state, attempts, reason, failed_at, next_try, held"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one file. Times are seconds since the epoch."""

    path: Path
    source: str
    mount: str
    signature: str | None
    pipeline: str | None
    state: str
    attempts: int
    reason: str | None
    failed_at: float | None
    next_try: float | None
    held: int


class JournalError(Exception):
    """The journal cannot be kept; the message says why."""


class Journal(Closing):
    """The journal in ``folder``; an object belongs to one thread, processes may share the file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._db = self._open()
        except sqlite3.OperationalError as error:  # no right, no room, no answer
            raise JournalError(f"cannot keep the journal {self.path}: {error}") from error
        except (sqlite3.DatabaseError, _OtherVersionError) as error:
            logger.warning("The journal %s cannot be used (%s); it starts anew", self.path, error)
            for suffix in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            self._db = self._open()
        except OSError as error:
            raise JournalError(
                f"cannot keep the journal {self.path}: {error.strerror or error}"
            ) from error

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version not in (0, VERSION):
                raise _OtherVersionError(f"its version is {version}, not {VERSION}")
            db.executescript(_TABLES)
            db.execute(f"PRAGMA user_version = {VERSION}")
            db.execute("SELECT count(*) FROM file WHERE state <> 'done'").fetchone()
        except BaseException:
            db.close()
            raise
        return db

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written inside."""
        self._run("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise
        self._run("COMMIT")

    def _run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        try:
            return self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise JournalError(f"cannot keep the journal {self.path}: {error}") from error

    # Reading

    def get(self, path: Path) -> Entry | None:
        row = self._run(f"SELECT {_COLUMNS} FROM file WHERE path = ?", _key(path)).fetchone()
        return None if row is None else _entry(row)

    def at_or_below(self, path: Path) -> Iterator[Entry]:
        """The entries of a file, or of all below a folder. Others may be removed meanwhile."""
        key = _key(path)
        if (entry := self.get(path)) is not None:
            yield entry
        last = key.rstrip(b"/") + b"/"
        end = key.rstrip(b"/") + b"0"  # the byte after the slash
        while rows := self._run(
            f"SELECT {_COLUMNS} FROM file WHERE path > ? AND path < ? ORDER BY path LIMIT 1000",
            last,
            end,
        ).fetchall():
            yield from map(_entry, rows)
            last = rows[-1][0]

    def count_below(self, path: Path) -> int:
        key = _key(path).rstrip(b"/")
        row = self._run(
            "SELECT count(*) FROM file WHERE path > ? AND path < ?", key + b"/", key + b"0"
        ).fetchone()
        return int(row[0])

    def due(self, now: float, longest: float, limit: int) -> list[Entry]:
        """Failed files whose next try has come. One further off than the ``longest`` wait was put
        down by a clock that has jumped since, and is due."""
        rows = self._run(
            f"SELECT {_COLUMNS} FROM file WHERE state = 'failed' AND held = 0"
            " AND (next_try <= ? OR next_try > ?) ORDER BY next_try LIMIT ?",
            now,
            now + longest * 1.5 + 1,
            limit,
        )
        return list(map(_entry, rows))

    def in_state(self, state: str, limit: int = -1) -> list[Entry]:
        rows = self._run(
            f"SELECT {_COLUMNS} FROM file WHERE state = ? ORDER BY path LIMIT ?", state, limit
        )
        return list(map(_entry, rows))

    def held(self, kind: int, limit: int = -1) -> list[Entry]:
        rows = self._run(
            f"SELECT {_COLUMNS} FROM file WHERE held = ? ORDER BY path LIMIT ?", kind, limit
        )
        return list(map(_entry, rows))

    def counts(self) -> dict[str, int]:
        """How many files are ``failed``, ``dead`` and ``held``."""
        found = {FAILED: 0, DEAD: 0}
        found.update(
            self._run("SELECT state, count(*) FROM file WHERE state <> 'done' GROUP BY state")
        )
        (held,) = self._run("SELECT count(*) FROM file WHERE held > 0").fetchone()
        return found | {"held": held}

    def total(self) -> int:
        return int(self._run("SELECT count(*) FROM file").fetchone()[0])

    def paths_of(self, inode: str) -> list[Path]:
        """Some paths of files that are, or were, this one on the disk."""
        rows = self._run("SELECT path FROM file WHERE inode = ? LIMIT 10", inode)
        return [Path(os.fsdecode(row[0])) for row in rows]

    def is_shared(self, entry: Entry) -> bool:
        """Whether another path leads to the same file."""
        row = self._run(
            "SELECT 1 FROM file WHERE source = ? AND path <> ? AND held = 0 LIMIT 1",
            entry.source,
            _key(entry.path),
        ).fetchone()
        return row is not None

    # Writing

    def done(
        self, path: Path, source: str, mount: str, signature: str, pipeline: str, documents: int
    ) -> None:
        """Note that the graph holds the file's documents, ``documents`` of them."""
        self._put(path, source, mount, signature, pipeline, documents, DONE, 0, None, None, None)

    def failed(
        self,
        path: Path,
        source: str,
        mount: str,
        signature: str,
        pipeline: str,
        *,
        attempts: int,
        reason: str,
        next_try: float | None,
    ) -> None:
        """Note a failure; without a ``next_try`` it goes to the dead letters."""
        state = DEAD if next_try is None else FAILED
        now = time.time()
        self._put(
            path, source, mount, signature, pipeline, 0, state, attempts, reason, now, next_try
        )

    def _put(self, path: Path, *values: Any) -> None:
        self._run(
            "INSERT OR REPLACE INTO file (path, source, mount, signature, pipeline, documents,"
            " state, attempts, reason, failed_at, next_try, inode)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            _key(path),
            *values,
            inode(values[2]),
        )

    def remove(self, path: Path) -> None:
        self._run("DELETE FROM file WHERE path = ?", _key(path))

    def hold(self, path: Path, kind: int = HELD) -> None:
        """Keep what a vanished file stated until a person agrees that it goes."""
        self._run("UPDATE file SET held = ? WHERE path = ?", kind, _key(path))

    def agree(self) -> int:
        """A person agrees to the deletions that are held; how many."""
        return self._run("UPDATE file SET held = 2 WHERE held = 1").rowcount

    def retry(self, sources: Iterable[str] = ()) -> int:
        """Try dead letters again, all or those of these URIs or paths; how many."""
        wanted = list(sources)
        change = (
            "UPDATE file SET state = 'failed', attempts = 0, next_try = 0"
            " WHERE state IN ('dead', 'failed')"
        )
        if not wanted:
            return self._run(change).rowcount
        return sum(
            self._run(
                f"{change} AND (source = ? OR path = ?)", one, os.fsencode(Path(one).absolute())
            ).rowcount
            for one in wanted
        )

    def reconcile(self, rows: Iterable[Mapping[str, Any]], roots: Mapping[Path, str]) -> int:
        """Compare with what the graph holds; how many files are to be looked at again.

        ``rows`` have ``source``, its ``path`` and the ``pipeline`` of each document below
        ``roots``, which come with their mount points. Files whose documents are not all there
        are read again; documents that the journal does not know get an entry, so that they go
        when their file is gone.
        """
        self._run(
            "CREATE TEMP TABLE IF NOT EXISTS stored"
            " (source TEXT, pipeline TEXT, path BLOB, mount TEXT, documents INTEGER,"
            " PRIMARY KEY (source, pipeline))"
        )
        with self.transaction():
            self._run("DELETE FROM stored")
            for row in rows:
                path: Path = row["path"]
                mount = next((m for root, m in roots.items() if path.is_relative_to(root)), "/")
                self._run(
                    "INSERT INTO stored VALUES (?, ?, ?, ?, 1)"
                    " ON CONFLICT DO UPDATE SET documents = documents + 1",
                    row["source"],
                    row["pipeline"],
                    _key(path),
                    mount,
                )
            again = self._run(
                "UPDATE file SET signature = NULL WHERE state = 'done' AND signature IS NOT NULL"
                " AND documents <> (SELECT coalesce(sum(documents), 0) FROM stored"
                " WHERE stored.source = file.source AND stored.pipeline = file.pipeline)"
            ).rowcount
            unknown = self._run(
                "INSERT OR IGNORE INTO file (path, source, mount, state)"
                " SELECT path, source, min(mount), 'done' FROM stored"
                " WHERE source NOT IN (SELECT source FROM file) GROUP BY source"
            ).rowcount
            self._run("DELETE FROM stored")
        return again + unknown

    # What the daemon says of itself

    def put_status(self, status: Mapping[str, Any]) -> None:
        self._run("INSERT OR REPLACE INTO status VALUES ('daemon', ?)", json.dumps(status))

    def status(self) -> dict[str, Any]:
        row = self._run("SELECT value FROM status WHERE key = 'daemon'").fetchone()
        found: dict[str, Any] = json.loads(row[0]) if row else {}
        return found


class _OtherVersionError(Exception):
    pass


def _key(path: Path) -> bytes:
    return os.fsencode(path)


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(Path(os.fsdecode(row[0])), *row[1:])
