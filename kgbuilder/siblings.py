"""Makes sure that ``ingest``, ``model`` and ``graph`` are kgbuilder's own packages.

These are common words: a script called ``model.py`` in the working folder, or another
distribution, would silently take their place. Then nothing works, with errors that point
anywhere but at the cause.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

SIBLINGS = ("ingest", "model", "graph")


def check_siblings(names: tuple[str, ...] = SIBLINGS) -> None:
    """Raise ImportError where a name of ``names`` would not import the folder beside this one."""
    home = Path(__file__).resolve().parent.parent
    for name in names:
        found = _location(name)
        if found is None:
            raise ImportError(
                f"kgbuilder's package {name!r} is missing from {home}; reinstall kgbuilder"
            )
        own = home / name
        if found != own and found != own / "__init__.py":
            raise ImportError(
                f"kgbuilder needs its own package {name!r} in {own}, but {found} shadows it; "
                f"rename or move that, or run from another folder",
                name=name,
                path=str(found),
            )


def _location(name: str) -> Path | None:
    """The file that ``import name`` runs or has run, the folder for a namespace package."""
    module = sys.modules.get(name)
    spec = module.__spec__ if module is not None else find_spec(name)
    if spec is None:
        origin = getattr(module, "__file__", None)
        return Path(origin).resolve() if origin else None
    if spec.origin and spec.has_location:
        return Path(spec.origin).resolve()
    for folder in spec.submodule_search_locations or ():
        return Path(folder).resolve()
    return None
