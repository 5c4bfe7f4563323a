"""Words, and single Chinese or Japanese characters: what filters and comparisons count."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
UNIT = re.compile(rf"[{_IDEOGRAPHS}]|[^\W_{_IDEOGRAPHS}]+(?:['’][^\W_{_IDEOGRAPHS}]+)*")
IDEOGRAPH = re.compile(f"[{_IDEOGRAPHS}]")
_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0x9E3779B97F4A7C15)


def units(text: str) -> list[str]:
    """The units of ``text`` in order, in lower case."""
    return UNIT.findall(text.lower())


def hashes(found: Sequence[str]) -> NDArray[np.uint64]:
    """A number for each unit, the same on every machine."""
    codes = [zlib.crc32(unit.encode("utf-8", "surrogatepass")) for unit in found]
    return np.array(codes, dtype=np.uint64)


def ngram_hashes(codes: NDArray[np.uint64], length: int) -> NDArray[np.uint64]:
    """Hashes of all runs of ``length`` units, of shape (max(0, units - length + 1),)."""
    count = max(len(codes) - length + 1, 0)
    rolled = np.zeros(count, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for place in range(length if count else 0):
            rolled = (rolled ^ codes[place : place + count]) * _PRIME
            rolled ^= rolled >> np.uint64(29)
        return rolled * _MIX
