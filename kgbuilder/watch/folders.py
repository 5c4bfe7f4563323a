"""What can be seen of watched folders: which files count, whether they changed, where they are
mounted."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil

from ingest.formats import by_suffix
from ingest.walk import is_hidden

#: File systems that tell nobody about changes made elsewhere.
REMOTE = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "afs", "afpfs", "ceph"),
        *("glusterfs", "lustre", "beegfs", "ocfs2", "gfs2", "virtiofs", "vboxsf", "drvfs"),
        *("davfs", "webdav", "fuse", "fuseblk"),
    )
)


def signature(status: os.stat_result) -> str:
    """Changes whenever a file's content may have; compared for equality only, so that neither a
    clock that jumps nor a copy with old times is overlooked."""
    return (
        f"{status.st_size}/{status.st_mtime_ns}/{status.st_ctime_ns}"
        f"/{status.st_dev:x}:{status.st_ino:x}"
    )


def inode(signature: str) -> str:
    """The part of a signature that stays when a file is renamed."""
    return signature.rpartition("/")[2]


def is_document(path: Path, root: Path) -> bool:
    """Whether the file at ``path`` is one that a build of ``root`` would read."""
    below = path.relative_to(root).parts
    return not any(map(is_hidden, below)) and by_suffix(path) is not None


def is_gone(path: Path) -> bool:
    """Whether there certainly is no file at ``path``.

    A disk that fails, a server that does not answer or a right that is missing is no answer.
    """
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False


def is_there(root: Path) -> bool:
    """Whether a watched folder can be looked into."""
    try:
        with os.scandir(root) as entries:
            next(entries, None)
        return True
    except OSError:
        return False


class Mounts:
    """The mount points of this machine at one moment."""

    def __init__(self, partitions: Iterable[tuple[str, str]] | None = None) -> None:
        if partitions is None:
            partitions = ((p.mountpoint, p.fstype) for p in psutil.disk_partitions(all=True))
        self._types = dict(partitions)

    def __contains__(self, mount: str) -> bool:
        return mount in self._types

    def of(self, path: Path) -> str:
        """The mount point that ``path``, which is absolute, lies below."""
        for folder in (path, *path.parents):
            if str(folder) in self._types:
                return str(folder)
        return path.anchor

    def is_remote(self, path: Path) -> bool:
        """Whether ``path`` lies on a network's file system."""
        kind = self._types.get(self.of(path), "").lower()
        return kind in REMOTE or kind.startswith("fuse.")


def outermost(folders: Sequence[Path]) -> list[Path]:
    """``folders``, resolved, without those that lie in others."""
    found: list[Path] = []
    for folder in sorted({folder.resolve() for folder in folders}):
        if not any(folder.is_relative_to(other) for other in found):
            found.append(folder)
    return found
