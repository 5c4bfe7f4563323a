"""Chinese characters: what several parts of ``model`` need to know of them."""

from __future__ import annotations

from pathlib import Path


def simplified_characters() -> dict[int, str]:
    """Traditional to simplified characters, one to one, by OpenCC's table."""
    import opencc  # for its dictionary of characters; the package itself may change lengths

    table: dict[int, str] = {}
    dictionary = Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt"
    for line in dictionary.read_text(encoding="utf-8").splitlines():
        traditional, _, simplified = line.partition("\t")
        first = simplified.split()[:1]
        if len(traditional) == 1 and first and len(first[0]) == 1 and first[0] != traditional:
            table[ord(traditional)] = first[0]
    return table
