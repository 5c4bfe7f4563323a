"""Extraction on many machines: actors of a Ray cluster hold the model, the writer stays here.

The pipeline asks for one group of texts at a time and waits for their answers, so that nothing
runs ahead of the one ordered writer. An answer depends on its text alone, so a text whose actor,
or machine, is lost is simply given to another one. A driver that is started again finds in the
graph and in the cache what has been done.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from time import monotonic
from typing import Any

from kgbuilder.errors import ExtractorError
from kgbuilder.extractors import load_extractor
from model.annotations import Annotation
from model.extractor import Extractor
from model.schema import Schema

logger = logging.getLogger(__name__)

#: Texts that an actor gets at once.
TEXTS_A_CALL = 8
#: Seconds without any answer, after which texts that wait are given to others as well.
PATIENCE = 20.0
#: Seconds in which the first actor has to start and load its model.
START_SECONDS = 300.0
#: Seconds that an actor which failed is left alone, to start again.
PAUSE = 3.0
#: What an actor claims of a core, for Ray's book-keeping; the rest is left for reading.
CPUS = 0.9
#: Times that a text may lose its actor before it is its fault.
LOSSES = 20


class _Actor:
    def __init__(self, name: str, pronouns: bool) -> None:
        # One thread, since there is an actor for every core.
        self._extractor = load_extractor(name, pronouns=pronouns, threads=1)

    def fingerprint(self) -> str:
        return self._extractor.fingerprint

    def extract(self, texts: list[str], schema: Schema) -> list[Annotation]:
        return self._extractor.extract(texts, schema)


class ClusterExtractor:
    """The extractor ``name`` in ``actors`` actors (by default one a CPU) of the cluster at
    ``address`` (``HOST:PORT``, or ``auto`` for the one that runs on this machine).

    kgbuilder has to be installed on all its machines. Raises ExtractorError where Ray is missing,
    the cluster cannot be reached, or its machines have another version of the extractor.
    """

    def __init__(
        self, name: str, address: str, *, pronouns: bool = False, actors: int | None = None
    ) -> None:
        try:
            import ray  # type: ignore[import-not-found,unused-ignore]
        except ImportError as error:
            raise ExtractorError("--ray needs Ray: install kgbuilder[scale]") from error
        self.name = name
        self.pronouns = pronouns
        self._ray: Any = ray
        self._local: Extractor = load_extractor(name, pronouns=pronouns)
        try:
            ray.init(address=address, ignore_reinit_error=True, log_to_driver=False)
        except Exception as error:
            raise ExtractorError(f"Cannot reach the Ray cluster at {address}: {error}") from error
        count = actors or max(1, int(ray.cluster_resources().get("CPU", 1)))
        kind = ray.remote(max_restarts=-1, max_task_retries=0, num_cpus=CPUS)(_Actor)
        self._actors = [kind.remote(name, pronouns) for _ in range(count)]
        self._resting: dict[Any, float] = {}
        self.workers = count
        there = self._fingerprint()
        if there != self._local.fingerprint:
            raise ExtractorError(
                f"The cluster's machines have another version of the extractor {name!r};"
                " install the same kgbuilder on all"
            )

    def _fingerprint(self) -> str:
        try:
            found: str = self._ray.get(self._actors[0].fingerprint.remote(), timeout=START_SECONDS)
            return found
        except self._ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[-1]
            raise ExtractorError(f"No actor of the Ray cluster starts: {reason}") from error

    @property
    def fingerprint(self) -> str:
        return self._local.fingerprint

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return self._local.token_spans(text)

    def extract(self, texts: Sequence[str], schema: Schema) -> list[Annotation]:
        """One annotation a text, see `model.extractor.Extractor`."""
        pieces = [
            list(texts[start : start + TEXTS_A_CALL])
            for start in range(0, len(texts), TEXTS_A_CALL)
        ]
        answers: dict[int, list[Annotation]] = {}
        losses = [0] * len(pieces)
        waiting = deque(range(len(pieces)))
        running: dict[Any, tuple[int, Any]] = {}
        last = monotonic()
        while len(answers) < len(pieces):
            busy = {actor for _, actor in running.values()}
            for actor in self._rested():
                if waiting and actor not in busy:
                    place = waiting.popleft()
                    running[actor.extract.remote(pieces[place], schema)] = (place, actor)
            ready, _ = self._ray.wait(list(running), timeout=1.0) if running else ([], [])
            for call in ready:
                last = monotonic()
                place, actor = running.pop(call)
                try:
                    answers[place] = self._ray.get(call)
                except self._ray.exceptions.RayTaskError as error:
                    raise (error.cause or error) from None  # the extractor's own
                except self._ray.exceptions.RayError as error:
                    self._resting[actor] = monotonic() + PAUSE
                    losses[place] += 1
                    if losses[place] > LOSSES:
                        raise ConnectionError(f"the cluster loses its actors: {error}") from error
                    logger.info("An actor of the cluster was lost; its texts go to another")
                    waiting.append(place)
            if not ready and not waiting and monotonic() - last > PATIENCE:
                # Their actors may wait for a machine that never comes back.
                last = monotonic()
                waiting.extend({place for place, _ in running.values()} - answers.keys())
            while waiting and waiting[0] in answers:
                waiting.popleft()
        return [annotation for place in range(len(pieces)) for annotation in answers[place]]

    def _rested(self) -> list[Any]:
        now = monotonic()
        return [actor for actor in self._actors if self._resting.get(actor, 0.0) <= now]

    def close(self) -> None:
        """End the actors; the cluster stays."""
        for actor in self._actors:
            self._ray.kill(actor)
        self._ray.shutdown()
