"""From bytes to text: which encoding a file is in, or that it is no text at all."""

from __future__ import annotations

import codecs

from ingest.errors import ReadError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 1 << 18
# Control characters that no text file holds: all but tab, line ends, form feed and escape.
_CONTROLS = bytes(set(range(32)) - {8, 9, 10, 11, 12, 13, 26, 27})


def detect_encoding(data: bytes, *, complete: bool = True) -> str:
    """Name of the Python codec that decodes ``data``.

    ``complete`` is False if ``data`` is only the start of a file, which may then end inside a
    character. Tried in turn: byte-order marks, UTF-16 without one, UTF-8, GB18030 if most
    characters are common Chinese ones, Windows-1252 if nearly all is ASCII, and then statistics
    (charset-normalizer).

    Raises ReadError if ``data`` is binary or no encoding fits.
    """
    for bom, name in _BOMS:
        if data.startswith(bom):
            return name
    sample = data[:_SAMPLE]
    if wide := _utf16_without_bom(sample):
        return wide
    if _is_binary(sample):
        raise ReadError("binary data, not text")
    if _decodes(data, "utf-8", complete):
        return "utf-8"
    if _common_chinese_share(sample) > 0.85 and _decodes(data, "gb18030", complete):
        return "gb18030"
    if _mostly_ascii(sample) and _decodes(data, "cp1252", complete):
        return "cp1252"  # English with a few quotation marks, dashes and accents
    from charset_normalizer import from_bytes  # takes a while to import; rarely needed

    best = from_bytes(sample).best()
    whole = complete and len(sample) == len(data)
    if best is None or not _decodes(data, best.encoding, whole):
        raise ReadError("the text's encoding is not recognised; name it with the encoding option")
    # GBK and GB2312 are parts of GB18030, and what is cut from the sample may need the rest.
    return "gb18030" if best.encoding in ("gb2312", "gbk") else best.encoding


def decode(data: bytes, encoding: str | None = None) -> str:
    """``data`` as text, in ``encoding`` or in what ``detect_encoding`` finds.

    Raises ReadError if the data is binary or doesn't fit the encoding.
    """
    name = encoding or detect_encoding(data)
    try:
        return data.decode(name)
    except LookupError:
        raise ReadError(f"unknown encoding {name!r}") from None
    except UnicodeError as error:
        raise ReadError(f"not valid {name}: {error}") from error


def _decodes(data: bytes, encoding: str, complete: bool) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(data, final=complete)
    except (UnicodeError, LookupError):
        return False
    return True


def _is_binary(sample: bytes) -> bool:
    """Whether there are more control characters than a stray few."""
    return len(sample) - len(sample.translate(None, _CONTROLS)) > max(len(sample) // 500, 2)


def _mostly_ascii(sample: bytes) -> bool:
    return sum(byte >= 0x80 for byte in sample) <= 0.1 * len(sample)


def _utf16_without_bom(sample: bytes) -> str | None:
    """UTF-16 shows in text with line ends, blanks or Western letters: half of their bytes are
    zero, always the same half."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    pairs = len(sample) // 2
    if pairs < 2 or max(even, odd) < 0.02 * pairs or max(even, odd) < 2 * min(even, odd):
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    try:
        text = codecs.getincrementaldecoder(name)("strict").decode(sample, final=False)
    except UnicodeError:
        return None
    plausible = sum(character.isprintable() or character.isspace() for character in text)
    return name if plausible > 0.98 * len(text) else None


def _common_chinese_share(sample: bytes) -> float:
    """Share of the non-ASCII characters of ``sample``, read as GB18030, that are punctuation or
    among the 3,755 most common Chinese characters (level 1 of GB 2312)."""
    common = total = 0
    position, end = 0, len(sample) - 1
    while position < end:
        lead = sample[position]
        if lead < 0x80:
            position += 1
            continue
        trail = sample[position + 1]
        total += 1
        common += trail >= 0xA1 and (0xB0 <= lead <= 0xD7 or 0xA1 <= lead <= 0xA3)
        position += 2
    return common / total if total else 0.0
