"""Answers of servers, kept on disk, so that no prompt is paid for twice.

The cache is an optimisation and never a reason to fail: a file that cannot be used is left alone.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from model.generative.engine import Answer

logger = logging.getLogger(__name__)

FILE_NAME = "answers.sqlite"
#: Answers that are kept; the oldest go first.
MOST = 2_000_000


class AnswerCache:
    """Answers by key, in ``folder/answers.sqlite``. Threads and processes may share it."""

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self.path = folder / FILE_NAME
        self._most = most
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=10, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS answer (id INTEGER PRIMARY KEY, key TEXT NOT NULL"
                " UNIQUE, text TEXT NOT NULL, complete INTEGER NOT NULL,"
                " prompt_tokens INTEGER NOT NULL, answer_tokens INTEGER NOT NULL,"
                " created REAL NOT NULL)"
            )
        except (OSError, sqlite3.Error) as error:
            logger.warning("No cache of answers: %s (%s)", self.path, error)
            return
        self._connection = connection

    def get(self, key: str) -> Answer | None:
        """The answer kept under ``key``."""
        with self._lock:
            if self._connection is None:
                return None
            try:
                row = self._connection.execute(
                    "SELECT text, complete, prompt_tokens, answer_tokens FROM answer WHERE key = ?",
                    (key,),
                ).fetchone()
            except sqlite3.Error as error:
                self._give_up(error)
                return None
        return Answer(row[0], bool(row[1]), row[2], row[3], cached=True) if row else None

    def put(self, key: str, answer: Answer) -> None:
        """Keep ``answer``; it is on disk when this returns."""
        self.put_all([(key, answer)])

    def put_all(self, items: Sequence[tuple[str, Answer]]) -> None:
        """Keep several answers in one transaction."""
        rows = [
            (key, a.text, a.complete, a.prompt_tokens, a.answer_tokens, time.time())
            for key, a in items
        ]
        with self._lock:
            if self._connection is None:
                return
            try:
                with self._connection as connection:
                    connection.executemany(
                        "INSERT OR REPLACE INTO answer (key, text, complete, prompt_tokens,"
                        " answer_tokens, created) VALUES (?, ?, ?, ?, ?, ?)",
                        rows,
                    )
                    connection.execute(
                        "DELETE FROM answer WHERE id <= (SELECT max(id) FROM answer) - ?",
                        (self._most,),
                    )
            except (sqlite3.Error, UnicodeEncodeError) as error:
                self._give_up(error)

    def close(self) -> None:
        """Close the file; later look-ups miss."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _give_up(self, error: Exception) -> None:
        logger.warning("The cache of answers %s is not used any more: %s", self.path, error)
        if self._connection is not None:
            self._connection.close()
            self._connection = None
