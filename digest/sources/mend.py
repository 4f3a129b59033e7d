"""Mends the faults that most often break the XML of real feeds; pure."""

import re
import sys

_BARE_AMPERSAND = re.compile(rb"&(?!(?:#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);)")
_OPEN_LINK = re.compile(rb"<link>\s*(https?://[^<\s]++)(?!\s*</link)")
_REFERENCE = re.compile(rb"&#(?:([0-9]{1,7})|[xX]([0-9a-fA-F]{1,6}));")


def mend(content: bytes) -> bytes:
    """Return the feed without three faults.

    Bare ampersands; links without an end, left by programs that took the feed for HTML; and
    references to characters that XML does not have, one of which would spoil the whole feed.
    """
    linked = _OPEN_LINK.sub(rb"<link>\1</link>", content)
    return _REFERENCE.sub(_known_reference, _BARE_AMPERSAND.sub(b"&amp;", linked))


def _known_reference(reference: re.Match[bytes]) -> bytes:
    decimal, hexadecimal = reference.groups()
    character = int(decimal) if decimal else int(hexadecimal, 16)
    is_known = character >= ord(" ") or character in b"\t\n\r"
    is_surrogate = 0xD800 <= character < 0xE000  # noqa: PLR2004 - as Unicode has them
    return reference[0] if is_known and not is_surrogate and character <= sys.maxunicode else b""
