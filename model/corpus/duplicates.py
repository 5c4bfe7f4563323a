"""Documents that came before: exactly, or nearly so.

Near duplicates are found by MinHash signatures in bands (locality-sensitive hashing; Broder 1997,
Leskovec et al., Mining of Massive Datasets, ch. 3): datasketch makes the signatures and chooses
the bands. What was seen is kept in an SQLite file rather than in datasketch's tables in memory, so
that memory does not grow with the corpus.
"""

from __future__ import annotations

import hashlib
import sqlite3
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.arrays import distinct
from model.corpus.units import ngram_hashes

#: Documents are compared by the runs of so many units that they share.
RUN = 5
PERMUTATIONS = 128
Signature = NDArray[np.uint32]
_BATCH = 4096  # runs hashed at once; each takes 4 * PERMUTATIONS bytes
# A passage that many documents have in common can fill a band; comparing with all of them is slow.
_MOST_CANDIDATES = 64


def digest(text: str) -> bytes:
    """Equal for texts that differ in blank space and case only."""
    normal = " ".join(text.casefold().split())
    return hashlib.blake2b(normal.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def signature(codes: NDArray[np.uint64]) -> Signature:
    """MinHash signature of a document, of shape (PERMUTATIONS,), from the hashes of its units."""
    from datasketch import MinHash  # type: ignore[import-untyped]

    runs = ngram_hashes(codes, min(RUN, max(len(codes), 1)))
    values = distinct((runs >> np.uint64(32)).astype(np.uint32)).tolist()
    minhash = MinHash(PERMUTATIONS, hashfunc=int, scheme="affine32", permutations=_permutations())
    for start in range(0, len(values), _BATCH):
        minhash.update_batch(values[start : start + _BATCH])
    found: Signature = np.asarray(minhash.hashvalues, dtype=np.uint32)
    return found


class Seen:
    """The documents seen so far, in an SQLite file that ``close`` removes.

    ``threshold`` is the estimated Jaccard similarity of the sets of runs from which on two
    documents are the same.
    """

    def __init__(self, path: Path, threshold: float) -> None:
        from datasketch import MinHashLSH

        self.threshold = threshold
        bands = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
        self._bands, self._rows = bands.b, bands.r
        self._path = path
        path.unlink(missing_ok=True)
        self._base = sqlite3.connect(path, isolation_level=None)
        self._base.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-32768;"
            "CREATE TABLE exact (digest BLOB PRIMARY KEY, name TEXT) WITHOUT ROWID;"
            "CREATE TABLE document (id INTEGER PRIMARY KEY, name TEXT, signature BLOB);"
            "CREATE TABLE band (key INTEGER, document INTEGER, PRIMARY KEY (key, document))"
            " WITHOUT ROWID;"
            "BEGIN;"
        )

    def exact(self, name: str, digest: bytes) -> str | None:
        """Name of the document with this digest; if there is none, ``name`` is it from now on."""
        row = self._base.execute("SELECT name FROM exact WHERE digest = ?", (digest,)).fetchone()
        if row is None:
            self._base.execute("INSERT INTO exact VALUES (?, ?)", (digest, name))
            return None
        return str(row[0])

    def near(self, name: str, found: Signature) -> tuple[str, float] | None:
        """The most similar document above the threshold, and how similar it is.

        If there is none, ``name`` is remembered with its signature.
        """
        keys = self._keys(found)
        marks = ",".join("?" * len(keys))
        rows = self._base.execute(
            f"SELECT document.name, signature FROM document WHERE id IN (SELECT document FROM band"
            f" WHERE key IN ({marks}) GROUP BY document ORDER BY COUNT(*) DESC LIMIT ?)",
            (*keys, _MOST_CANDIDATES),
        )
        best: tuple[str, float] | None = None
        for other, stored in rows:
            similarity = float(np.mean(np.frombuffer(stored, np.uint32) == found))
            if similarity >= max(self.threshold, best[1] if best else 0.0):
                best = (str(other), similarity)
        if best is None:
            id = self._base.execute(
                "INSERT INTO document (name, signature) VALUES (?, ?)", (name, found.tobytes())
            ).lastrowid
            self._base.executemany(
                "INSERT OR IGNORE INTO band VALUES (?, ?)", [(key, id) for key in keys]
            )
        return best

    def close(self) -> None:
        """Forget everything."""
        self._base.close()
        self._path.unlink(missing_ok=True)

    def _keys(self, found: Signature) -> list[int]:
        keys = []
        for band in range(self._bands):
            rows = found[band * self._rows : (band + 1) * self._rows].tobytes()
            word = hashlib.blake2b(rows, digest_size=8, salt=band.to_bytes(2, "little")).digest()
            keys.append(int.from_bytes(word, "little", signed=True))
        return keys


@cache
def _permutations() -> Any:
    from datasketch import MinHash

    return MinHash(PERMUTATIONS, seed=1, scheme="affine32").permutations
