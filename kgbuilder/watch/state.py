"""Where a daemon keeps its journal, and who may write it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.store.locks import FileLock
from kgbuilder.errors import InputError
from kgbuilder.graphs import EMBEDDED
from kgbuilder.settings import Settings

LOCK = "watch.lock"


def state_folder(settings: Settings) -> Path:
    """The folder of the journal: the one of the settings, else inside an embedded store's folder,
    else the user's state folder, one a store."""
    if settings.watch.state is not None:
        return settings.watch.state.expanduser().absolute()
    if settings.store.startswith(EMBEDDED):
        return Path(settings.store.removeprefix(EMBEDDED)).expanduser().absolute() / "watch"
    from platformdirs import user_state_path

    name = hashlib.sha256(f"{settings.store}\0{settings.neo4j.database}".encode()).hexdigest()[:16]
    return user_state_path("kgbuilder", appauthor=False) / f"watch-{name}"


@contextmanager
def only_daemon(folder: Path) -> Iterator[None]:
    """Be the only daemon of this folder. Raises InputError where there is one already."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
    except OSError as error:
        raise InputError(
            f"Cannot keep the daemon's state in {folder}: {error.strerror or error};"
            " set watch.state to a folder that can be written"
        ) from error
    with lock:
        if not lock.acquire():
            raise InputError(
                f"Another daemon (process {lock.read_note() or 'unknown'}) watches for this store;"
                f" stop it, or give this one a store and a watch.state of its own ({folder})"
            )
        lock.note(str(os.getpid()))
        yield


def is_running(folder: Path) -> bool:
    """Whether a daemon holds this folder now."""
    if not (folder / LOCK).exists():
        return False
    with FileLock(folder / LOCK) as lock:
        return not lock.acquire(shared=True)
