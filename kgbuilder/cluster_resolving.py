"""Resolving all names of a very large corpus at once, on a Ray cluster.

What decides is `graph.resolving`, and what comes out is what a store would have come to, document
by document. What is dear, comparing names, is spread: Ray Data brings together the names of each
block, and machines compare them. What is cheap stays here: one pass over the links finds the
components, by union and find. Components that links hold together are then taken apart, where they
hold what cannot be one thing, by the machines again; each fits one machine, since it is one thing
or little more.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any
from zlib import crc32

from graph.resolving.links import Linker
from graph.resolving.partition import Keyset
from graph.resolving.rules import Rules
from graph.store.meta import decode_schema, encode_schema
from graph.store.plan import Cluster, clusters_by_key
from kgbuilder.errors import ExtractorError
from model.schema import Schema

logger = logging.getLogger(__name__)

#: Stands in place of a linked key where a row names a full block.
_FULL = ""
#: Names that a task takes apart into blocks.
NAMES_A_TASK = 20_000
#: Names whose blocks one task compares, about.
NAMES_A_PART = 50_000
#: Local entities, by their keys, in the components that a task takes apart.
KEYSETS_A_TASK = 20_000


def clusters_on_cluster(
    keysets: Mapping[Keyset, int], schema: Schema, address: str
) -> dict[str, Cluster]:
    """What `graph.store.plan.clusters_by_key` gives, found by the Ray cluster at ``address``.

    ``keysets`` counts the local entities by their keys. Raises ExtractorError where Ray is missing
    or the cluster cannot be reached.
    """
    try:
        import ray  # type: ignore[import-not-found,unused-ignore]
        import ray.data  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise ExtractorError("--ray needs Ray: install kgbuilder[scale]") from error
    try:
        ray.init(address=address, ignore_reinit_error=True, log_to_driver=False)
    except Exception as error:
        raise ExtractorError(f"Cannot reach the Ray cluster at {address}: {error}") from error
    ray.data.DataContext.get_current().enable_progress_bars = False
    encoded = encode_schema(schema)
    links, full = _links(sorted({key for keyset in keysets for key in keyset}), encoded)
    logger.info("%d links between names", len(links))
    component = _components(keysets, links)
    linked = {component[one] for one, _ in links}
    simple: Counter[Keyset] = Counter()
    parts: defaultdict[str, list[tuple[Keyset, int]]] = defaultdict(list)
    for keyset, count in keysets.items():
        name = component[keyset[0]]
        if name in linked:
            parts[name].append((keyset, count))
        else:
            simple[keyset] = count
    found = clusters_by_key([simple], (), Rules())
    for keys, cut in _taken_apart(parts.values(), encoded, full):
        found.update(dict.fromkeys(keys, Cluster(frozenset(keys), frozenset(cut))))
    return found


def _links(keys: Sequence[str], schema: str) -> tuple[list[tuple[str, str]], frozenset[str]]:
    """The pairs of keys that are linked, and the blocks that are full.

    They are found by machines that each get some of the blocks.
    """
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]
    import ray.data

    parts = -(-len(keys) // NAMES_A_PART)
    tasks = -(-len(keys) // NAMES_A_TASK)
    names: Any = ray.data.from_arrow(
        [
            pa.table({"key": pa.array(keys[start : start + NAMES_A_TASK], pa.string())})
            for start in range(0, tasks * NAMES_A_TASK, NAMES_A_TASK)
        ]
    )
    blocks = names.map_batches(
        _blocks_of, fn_args=(schema, parts), batch_size=None, batch_format="numpy"
    )
    compared = blocks.groupby("part").map_groups(_compare, fn_args=(schema,), batch_format="numpy")
    found = {(row["one"], row["two"]) for row in compared.iter_rows()}
    full = frozenset(one for one, two in found if two == _FULL)
    return sorted((one, two) for one, two in found if two != _FULL), full


def _blocks_of(batch: dict[str, Any], schema: str, parts: int) -> dict[str, list[Any]]:
    """Runs on a machine of the cluster."""
    linker = _linker(schema)
    found = [(block, key) for key in batch["key"] for block in linker.blocks(key)]
    return {
        "part": [crc32(block.encode("utf-8", "surrogatepass")) % parts for block, _ in found],
        "block": [block for block, _ in found],
        "key": [key for _, key in found],
    }


def _compare(batch: dict[str, Any], schema: str) -> dict[str, list[str]]:
    """Runs on a machine of the cluster."""
    members: defaultdict[str, list[str]] = defaultdict(list)
    for block, key in zip(batch["block"], batch["key"], strict=True):
        members[block].append(key)
    linker = _linker(schema)
    full = [block for block, keys in members.items() if len(keys) > linker.max_block]
    pairs = {
        pair
        for keys in members.values()
        if len(keys) <= linker.max_block
        for pair in combinations(sorted(keys), 2)
    }
    links = linker.decide(pairs)
    return {
        "one": [*(link.one for link in links), *full],
        "two": [*(link.two for link in links), *(_FULL for _ in full)],
    }


def _components(keysets: Iterable[Keyset], links: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """A name for each key's component, by union and find with path halving."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for keyset in keysets:
        first = root(keyset[0])
        for key in keyset[1:]:
            parent[root(key)] = first
    for one, two in links:
        parent[root(one)] = root(two)
    return {key: root(key) for key in list(parent)}


def _taken_apart(
    components: Iterable[Sequence[tuple[Keyset, int]]], schema: str, full: frozenset[str]
) -> Iterator[tuple[list[str], list[str]]]:
    """The own keys of each entity in ``components``, and the keys that those are cut from."""
    import ray

    tasks: list[list[Sequence[tuple[Keyset, int]]]] = []
    size = KEYSETS_A_TASK
    for component in components:
        if size >= KEYSETS_A_TASK:
            tasks.append([])
            size = 0
        tasks[-1].append(component)
        size += len(component)
    if not tasks:
        return
    shared: Any = ray.put(full)
    remote: Any = ray.remote(max_retries=-1)(_take_apart)
    for found in ray.get([remote.remote(some, schema, shared) for some in tasks]):
        yield from found


def _take_apart(
    components: Iterable[Iterable[tuple[Keyset, int]]], schema: str, full: frozenset[str]
) -> list[tuple[list[str], list[str]]]:
    """Runs on a machine of the cluster."""
    rules = Rules(linker=_linker(schema), full=full)
    found: list[tuple[list[str], list[str]]] = []
    for component in components:
        by_key = clusters_by_key([Counter(dict(component))], (), rules)
        clusters = {id(cluster): cluster for cluster in by_key.values()}
        found += [(sorted(c.keys), sorted(c.cut)) for c in clusters.values()]
    return found


@lru_cache(maxsize=2)
def _linker(schema: str) -> Linker:
    """What a process of the cluster keeps from one task to the next."""
    return Linker(decode_schema(schema))
