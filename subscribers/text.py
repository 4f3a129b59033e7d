"""What people typed, as one clean line that can stand in a database, a header and a page."""

import unicodedata

_SPACES = {"Zs", "Zl", "Zp"}
_REFUSED = {"Cc", "Cs"}
# Marks that turn the reading direction of whatever follows; joiners (U+200C, U+200D) stay, because
# Persian, Hindi and emoji cannot be written without them.
_DIRECTION = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)


def one_line(text: str, *, limit: int) -> str:
    """Return ``text`` in NFC without control characters, on one line, at most ``limit`` long."""
    if text.isascii() and text.isprintable():  # as most is: nothing in it can be cleaned
        return " ".join(text.split())[:limit].rstrip()
    kept = "".join(_cleaned(character) for character in unicodedata.normalize("NFC", text))
    return " ".join(kept.split())[:limit].rstrip()


def _cleaned(character: str) -> str:
    if character in "\t\r\n" or unicodedata.category(character) in _SPACES:
        return " "
    if character in _DIRECTION or unicodedata.category(character) in _REFUSED:
        return ""
    return character
