"""A process of its own that writes into a store, to be killed at any moment."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from document_graphs import SCHEMA, clear

from graph.records import DocumentGraph
from graph.store import WriteResult, open_store


class WriterProcess:
    """Started on first use, and again after `kill`."""

    def __init__(self, url: str, user: str | None = None, password: str | None = None) -> None:
        self._how = (url, user, password)
        self._process: subprocess.Popen[bytes] | None = None

    def write(self, graphs: Sequence[DocumentGraph]) -> list[bool]:
        """Whether each document was changed."""
        found: list[bool] = self._ask("write", list(graphs))
        return found

    def delete(self, uri: str) -> int:
        found: int = self._ask("delete", uri)
        return found

    def clear(self) -> None:
        self._ask("clear", None)

    def begin(self, graphs: Sequence[DocumentGraph]) -> None:
        """As `write`, without waiting for the end."""
        self._send("write", list(graphs))

    def kill(self) -> None:
        """SIGKILL, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _ask(self, what: str, argument: Any) -> Any:
        output = self._send(what, argument).stdout
        assert output is not None
        answer = pickle.load(output)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _send(self, what: str, argument: Any) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={"PYTHONPATH": ":".join(sys.path)},
            )
            assert self._process.stdin is not None
            pickle.dump(self._how, self._process.stdin)
        assert self._process.stdin is not None
        pickle.dump((what, argument), self._process.stdin)
        self._process.stdin.flush()
        return self._process


def serve() -> None:
    url, user, password = pickle.load(sys.stdin.buffer)
    with open_store(url, writer=True, schema=SCHEMA, user=user, password=password) as store:
        while True:
            try:
                what, argument = pickle.load(sys.stdin.buffer)
            except EOFError:
                return
            answer: Any = None
            if what == "write":
                results = store.write_all(argument)
                failed = [result for result in results if not isinstance(result, WriteResult)]
                answer = failed[0] if failed else [r.changed for r in results]
            elif what == "delete":
                answer = store.delete(argument)
            else:
                clear(store)
            pickle.dump(answer, sys.stdout.buffer)
            sys.stdout.flush()


if __name__ == "__main__":
    serve()
