"""The index of names by their blocking keys, as ``NameBlock`` nodes.

A node lists the identity keys of one block that the graph has. It is found by its id, so that
finding the names that a new one may be linked to costs the same however many names there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from graph.resolution import key_id
from graph.resolving.links import Linker
from graph.store.naming import NAME_BLOCK
from graph.store.statements import Transaction, rows, run_chain


def linked_keys(tx: Transaction, linker: Linker, keys: Collection[str]) -> set[str]:
    """The keys of the graph that ``keys``, which are new to it, are linked to."""
    known = _read(tx, {block for key in keys for block in linker.blocks(key)})
    found = linker.links_between(keys, known)
    return {key for link in found for key in (link.one, link.two)}.difference(keys)


def change_blocks(
    tx: Transaction, linker: Linker, gone: Iterable[str], added: Iterable[str]
) -> None:
    """Take keys out of their blocks and put others into theirs."""
    change: defaultdict[str, dict[str, bool]] = defaultdict(dict)
    for keys, stays in ((gone, False), (added, True)):
        for key in keys:
            for block in linker.blocks(key):
                change[block][key] = stays
    before = _read(tx, change)
    after = {
        block: {*before.get(block, ()), *(k for k, stays in changes.items() if stays)}
        - {k for k, stays in changes.items() if not stays}
        for block, changes in change.items()
    }

    def row(block: str) -> dict[str, object]:
        return {"id": key_id(block), "block": block, "keys": sorted(after[block])}

    run_chain(
        tx,
        [
            (
                f"UNWIND $rows AS id MATCH (b:{NAME_BLOCK} {{id: id}}) DELETE b",
                [key_id(block) for block in sorted(before) if not after[block]],
            ),
            (
                f"UNWIND $rows AS row MATCH (b:{NAME_BLOCK} {{id: row.id}}) SET b.keys = row.keys",
                [row(block) for block in sorted(before) if after[block]],
            ),
            (
                f"UNWIND $rows AS row CREATE (b:{NAME_BLOCK}) SET b = row",
                [row(block) for block in sorted(after) if after[block] and block not in before],
            ),
        ],
    )


def _read(tx: Transaction, blocks: Iterable[str]) -> Mapping[str, list[str]]:
    wanted = sorted({key_id(block) for block in blocks})
    if not wanted:
        return {}
    found = rows(
        tx,
        f"UNWIND $ids AS id MATCH (b:{NAME_BLOCK} {{id: id}}) "
        "RETURN b.block AS block, b.keys AS keys",
        ids=wanted,
    )
    return {row["block"]: row["keys"] for row in found}
