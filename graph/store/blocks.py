"""The index of names by their blocking keys, as ``NameBlock`` nodes.

A block is a page, found by its id, that counts and lists the identity keys which the graph has of
it. A page of more keys than links are made in (`graph.resolving.links`) lists none: its keys are
spread over sixteen pages by the first digit of their hashes, and so on. So a look-up and a change
cost the same however many keys there are, but for one page more a factor of sixteen; and the pages
are a function of the keys, not of what came when.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from graph.resolution import key_id
from graph.resolving.links import Linker
from graph.store.naming import NAME_BLOCK
from graph.store.statements import Row, Transaction, properties_clause, rows, run_chain

_DIGITS = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Page:
    """``size`` keys; ``keys`` lists them, or is empty where further pages do."""

    size: int = 0
    keys: tuple[str, ...] = ()

    @property
    def spread(self) -> bool:
        return self.size > len(self.keys)


class StoredNames:
    """See `graph.store.plan.NameIndex`. As it was before the blocks are changed."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._pages: dict[str, Page] = {}

    def sizes(self, blocks: Collection[str]) -> Mapping[str, int]:
        return {block: page.size for block, page in self.pages(blocks).items()}

    def keys(self, blocks: Collection[str]) -> Mapping[str, Collection[str]]:
        return {
            block: _all_keys(self._tx, block, page)[0] if page.spread else page.keys
            for block, page in self.pages(blocks).items()
        }

    def pages(self, blocks: Collection[str]) -> Mapping[str, Page]:
        """The first page of each block, empty where there is none; read once."""
        unknown = [block for block in blocks if block not in self._pages]
        self._pages |= dict.fromkeys(unknown, Page()) | _read(self._tx, unknown)
        return {block: self._pages[block] for block in blocks}


@dataclass(slots=True)
class _Changes:
    """Pages that are written: those that are there, new ones, and those that go."""

    set: dict[str, Page] = field(default_factory=dict)
    new: dict[str, Page] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)


def change_blocks(
    tx: Transaction,
    stored: StoredNames,
    linker: Linker,
    gone: Iterable[str],
    added: Iterable[str],
) -> None:
    """Take keys out of their blocks, which have them, and put others into theirs."""
    level: defaultdict[str, dict[str, bool]] = defaultdict(dict)
    for keys, stays in ((gone, False), (added, True)):
        for key in keys:
            for block in linker.blocks(key):
                level[block][key] = stays
    changes = _Changes()
    depth = 0
    while level:
        depth += 1
        before = stored.pages(level)
        below: defaultdict[str, dict[str, bool]] = defaultdict(dict)
        for name, change in level.items():
            page = before[name]
            size = page.size + sum(1 if stays else -1 for stays in change.values())
            if size > linker.max_block:
                # A page that was not spread spreads all that it has.
                further = dict.fromkeys(() if page.spread else page.keys, True) | change
                for key, stays in further.items():
                    if page.spread or stays:
                        below[_below(name, depth, key)][key] = stays
                after = Page(size)
            else:
                keys = set(page.keys)
                if page.spread:
                    keys, pages = _all_keys(tx, name, page)
                    changes.gone += pages
                keys |= {key for key, stays in change.items() if stays}
                keys -= {key for key, stays in change.items() if not stays}
                after = Page(size, tuple(sorted(keys)))
            if not size:
                changes.gone.append(name)
            else:
                (changes.set if page.size else changes.new)[name] = after
        level = below
    _write(tx, changes)


def pages_of(
    block: str, keys: Collection[str], max_block: int, depth: int = 1
) -> Iterator[tuple[str, Page]]:
    """The pages of a block that has ``keys``, each with its name."""
    if len(keys) <= max_block:
        yield block, Page(len(keys), tuple(sorted(keys)))
        return
    yield block, Page(len(keys))
    below: defaultdict[str, list[str]] = defaultdict(list)
    for key in keys:
        below[_below(block, depth, key)].append(key)
    for name, some in below.items():
        yield from pages_of(name, some, max_block, depth + 1)


def _below(page: str, depth: int, key: str) -> str:
    """The page that has ``key`` below one at ``depth`` (1 for a block)."""
    prefix = page if depth > 1 else f"{page}~"  # no name has a tilde, so none is taken for a page
    return prefix + key_id(key)[depth - 1]


def _all_keys(tx: Transaction, name: str, page: Page) -> tuple[set[str], list[str]]:
    """All keys of a page that is spread, and the pages that they are spread over."""
    keys: set[str] = set()
    pages: list[str] = []
    level = [f"{name}{'' if '~' in name else '~'}{digit}" for digit in _DIGITS]
    while level:
        found = _read(tx, level)
        level = []
        for below, page in found.items():
            pages.append(below)
            keys.update(page.keys)
            if page.spread:
                level += [below + digit for digit in _DIGITS]
    return keys, pages


def _read(tx: Transaction, pages: Iterable[str]) -> dict[str, Page]:
    wanted = sorted({key_id(page) for page in pages})
    if not wanted:
        return {}
    found = rows(
        tx,
        f"UNWIND $ids AS id MATCH (b:{NAME_BLOCK} {{id: id}}) "
        "RETURN b.block AS block, b.size AS size, b.keys AS keys",
        ids=wanted,
    )
    return {row["block"]: Page(row["size"], tuple(row["keys"])) for row in found}


_PAGE = ("id", "block", "size", "keys")


def page_properties(name: str, page: Page) -> Row:
    """The properties of a ``NameBlock`` node."""
    return {"id": key_id(name), "block": name, "size": page.size, "keys": list(page.keys)}


def _write(tx: Transaction, changes: _Changes) -> None:
    def pages(some: Mapping[str, Page]) -> list[Row]:
        return [page_properties(name, page) for name, page in sorted(some.items())]

    run_chain(
        tx,
        [
            (
                f"UNWIND $rows AS id MATCH (b:{NAME_BLOCK} {{id: id}}) DELETE b",
                [key_id(name) for name in sorted(changes.gone)],
            ),
            (
                f"UNWIND $rows AS row MATCH (b:{NAME_BLOCK} {{id: row.id}}) "
                "SET b.size = row.size, b.keys = row.keys",
                pages(changes.set),
            ),
            (
                f"UNWIND $rows AS row CREATE (:{NAME_BLOCK} {properties_clause('row', _PAGE)})",
                pages(changes.new),
            ),
        ],
    )
