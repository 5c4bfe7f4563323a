"""What becomes of files that are gone: their documents go too, where that certainly is meant."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

from graph.store import GraphStore
from kgbuilder.settings import WatchSettings
from kgbuilder.watch.folders import Mounts, inode, is_document, is_gone
from kgbuilder.watch.journal import AGREED, HELD, Entry, Journal
from kgbuilder.watch.lookout import Lookout
from kgbuilder.watch.metrics import Metrics
from kgbuilder.watch.stopping import Stopper

logger = logging.getLogger(__name__)

#: Files that are gone whose documents are retracted together.
FORGOTTEN_TOGETHER = 50


class Retraction:
    """Retracts what files stated that are gone; ``beat`` is called now and then meanwhile.

    Files stay where their folder or mount is away, and until a person agrees where too many are
    gone at once. Renamed ones go after their new name is built.
    """

    def __init__(
        self,
        settings: WatchSettings,
        lookout: Lookout,
        journal: Journal,
        metrics: Metrics,
        stopper: Stopper,
        beat: Callable[[], None],
    ) -> None:
        self._watch = settings
        self._lookout = lookout
        self._journal = journal
        self._metrics = metrics
        self._stopper = stopper
        self._beat = beat

    def retract_gone(self, store: GraphStore) -> bool:
        """Retract files that have been gone for a while; whether any were."""
        worked = False
        now = monotonic()
        ripe: dict[Path, list[Path]] = {}
        moving: list[Path] | None = None
        for place, since in list(self._lookout.gone.items()):
            if now - since < self._watch.quiet or self._stopper.asked.is_set():
                continue
            root = self._lookout.root_of(place)
            if root is not None and self._lookout.is_scanned(root):
                continue
            if moving is None:
                moving = self._lookout.moving()
            if any(path.is_relative_to(place) for path in moving):
                continue  # first comes what it has been renamed to
            if root is None or not self._lookout.check_root(root):
                del self._lookout.gone[place]  # the whole folder is looked through when it is back
            else:
                ripe.setdefault(root, []).append(place)
        for root, places in ripe.items():
            worked = self._retract(store, root, places) or worked
            for place in places:
                self._lookout.gone.pop(place, None)
        agreed = []
        for entry in self._journal.held(AGREED):
            if is_gone(entry.path):
                agreed.append(entry)
            else:
                self._journal.hold(entry.path, 0)
        self._forget(store, agreed)
        return worked or bool(agreed)

    def _retract(self, store: GraphStore, root: Path, places: Sequence[Path]) -> bool:
        """Retract the files at or below ``places`` that are gone."""
        found = {
            entry.path: entry
            for place in places
            for entry in self._journal.at_or_below(place)
            if entry.held == 0 and self._is_missing(entry, root)
        }
        missing = list(found.values())
        if not missing:
            return False
        self._lookout.mounts = Mounts()
        unmounted = [entry for entry in missing if entry.mount not in self._lookout.mounts]
        if unmounted:
            self._hold(unmounted, f"{unmounted[0].mount} is not mounted any more")
        missing = [entry for entry in missing if entry.mount in self._lookout.mounts]
        renamed = [entry for entry in missing if self._is_renamed(entry)]
        vanished = len(missing) - len(renamed)
        watched = self._journal.count_below(root)
        if vanished > max(self._watch.vanished_files, self._watch.vanished_share * watched):
            self._hold(missing, f"{vanished:,} of the {watched:,} files of {root} are gone at once")
            return False
        self._forget(store, missing)
        return bool(missing)

    def _is_renamed(self, entry: Entry) -> bool:
        if entry.signature is None:
            return False
        others = self._journal.paths_of(inode(entry.signature))
        return any(path != entry.path and not is_gone(path) for path in others)

    def _is_missing(self, entry: Entry, root: Path) -> bool:
        """Gone, or no longer under a name that a build would read."""
        return is_gone(entry.path) or not is_document(entry.path, root)

    def _hold(self, entries: Sequence[Entry], reason: str) -> None:
        with self._journal.transaction():
            for entry in entries:
                self._journal.hold(entry.path, HELD)
        logger.warning(
            "%s; their documents stay in the graph. If the files are meant to be gone:"
            " 'kgbuilder watch --agree' deletes them",
            reason,
        )

    def _forget(self, store: GraphStore, entries: Sequence[Entry]) -> None:
        """Retract what files stated, several in a transaction; those not reached at a stop go
        after the next start."""
        for start in range(0, len(entries), FORGOTTEN_TOGETHER):
            if self._stopper.asked.is_set():
                return
            group = entries[start : start + FORGOTTEN_TOGETHER]
            with self._journal.transaction():  # undone where the store fails
                sources = []
                for entry in group:
                    if not self._journal.is_shared(entry):
                        sources.append(entry.source)
                    self._journal.remove(entry.path)
                found = [one.id for source in sources for one in store.each_document(source)]
                deleted = store.delete_all(found)
            self._metrics.documents.labels("retracted").inc(deleted)
            if deleted:
                others = f" and {len(sources) - 1} other files are" if sources[1:] else " is"
                logger.info("%s%s gone: %d documents retracted", sources[0], others, deleted)
            self._beat()
