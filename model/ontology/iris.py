"""IRIs made from ids and names."""

from __future__ import annotations

import re
import unicodedata

from pyoxigraph import NamedNode

DEFAULT_BASE = "https://example.org/kg/"

_SAFE = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")  # most ids, at once
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def is_iri(text: str) -> bool:
    """Whether ``text`` is an absolute IRI (RFC 3987)."""
    try:
        NamedNode(text)
    except ValueError:
        return False
    return True


def checked_base(base: str) -> str:
    """``base`` with a slash at its end.

    Raises:
        ValueError: it is no absolute IRI, or has a query or a fragment.
    """
    if not is_iri(base) or "?" in base or "#" in base:
        raise ValueError(
            f"the base {base!r} must be an absolute IRI without query and fragment, "
            f"such as {DEFAULT_BASE}"
        )
    return base if base.endswith("/") else base + "/"


def segment(text: str) -> str:
    """``text`` as one path segment of an IRI; different texts give different segments.

    Letters and digits of any script stay as they are (RFC 3987 ``ucschar``), so that Chinese
    names remain readable; everything else is percent-encoded as UTF-8. A text that is nothing
    but dots is encoded whole, since ``.`` and ``..`` would be taken out of a path.
    """
    if _SAFE.fullmatch(text):
        return text
    if not text.strip("."):
        return "".join(f"%{ord(c):02X}" for c in text)
    return "".join(c if c in _UNRESERVED or _is_letter(c) else _encoded(c) for c in text)


def _is_letter(character: str) -> bool:
    # Unassigned, private, control and format characters are none of these categories; ``ucschar``
    # leaves out a plane's beginning, where the selectors of ideographic variants are.
    if character < "\xa0" or "\U000e0000" <= character < "\U000e1000":
        return False
    return unicodedata.category(character)[0] in "LMN"


def _encoded(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
