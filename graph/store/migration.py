"""Stores of other versions: newer ones are refused, older ones brought up where that is known.

`MIGRATIONS` maps a version of the store's form to what makes the next one of it, in one
transaction. An embedded store's database is copied before; a server's owner has to say that there
is a backup, since Bolt can make none.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from graph.store.errors import StoreError
from graph.store.meta import STORE_VERSION
from graph.store.statements import Transaction

logger = logging.getLogger(__name__)

MIGRATIONS: Mapping[int, Callable[[Transaction], None]] = {}
CONSENT = "KGBUILDER_MIGRATE"


class OutdatedStoreError(StoreError):
    """The store was written by an older version; ``version`` is its form's."""

    def __init__(self, url: str, version: int) -> None:
        super().__init__(
            f"the graph in {url} was written by an older version of kgbuilder; "
            "build it anew in an empty store"
        )
        self.version = version

    @property
    def can_be_migrated(self) -> bool:
        return all(version in MIGRATIONS for version in range(self.version, STORE_VERSION))


def refuse_newer(url: str, version: int) -> None:
    """Raise StoreError where this program cannot know what the store holds."""
    if version > STORE_VERSION:
        raise StoreError(
            f"the graph in {url} was written by a newer version of kgbuilder (its form is "
            f"{version}, this version knows {STORE_VERSION}); update kgbuilder"
        )


def back_up(folder: Path, version: int) -> Path:
    """Copy an embedded store's database, whose server must not run; the copy's folder."""
    target = folder / f"backup-of-form-{version}"
    number = 1
    while target.exists():
        number += 1
        target = folder / f"backup-of-form-{version}-{number}"
    draft = target.with_name(f"{target.name}.part")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(folder / "databases", draft)
        draft.rename(target)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise StoreError(
            f"cannot back up {folder} before it is migrated, nothing was changed: {error}"
        ) from error
    logger.info("The graph as it was is kept in %s", target)
    return target


def require_consent(url: str) -> None:
    """Raise StoreError where nobody has said that the server's database is backed up."""
    if os.environ.get(CONSENT) != "1":
        raise StoreError(
            f"the graph in {url} was written by an older version of kgbuilder; back the database "
            f"up, then set {CONSENT}=1 to migrate it"
        )


def migrate(transact: Callable[[Callable[[Transaction], None]], None], version: int) -> None:
    """Bring a store up from ``version``, step by step, each in a transaction."""
    for step in range(version, STORE_VERSION):

        def work(tx: Transaction, step: int = step) -> None:
            MIGRATIONS[step](tx)
            tx.run(
                "MATCH (s:GraphSettings {id: 'graph'}) SET s.version = $version",
                {"version": step + 1},
            )

        transact(work)
        logger.info("The graph is now of form %d", step + 1)
