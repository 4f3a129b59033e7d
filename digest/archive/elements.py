"""Writes XML element by element, with nothing in it that XML 1.0 forbids; pure."""

import re
from xml.sax.saxutils import escape, quoteattr

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
# XML 1.0 2.2, and what no text should hold: noncharacters and reordering are left to the words.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(name: str, *inside: str, text: str | None = None, **attributes: str) -> str:
    """Return an element, with a line end behind it.

    ``inside`` are finished elements. An underscore in an attribute's name stands for a colon.
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', ':')}={quoteattr(_allowed(value))}"
        for key, value in attributes.items()
    )
    if inside:
        return f"<{name}{written}>\n{''.join(inside)}</{name}>\n"
    if text is None:
        return f"<{name}{written}/>\n"
    return f"<{name}{written}>{escape(_allowed(text))}</{name}>\n"


def _allowed(text: str) -> str:
    return _FORBIDDEN.sub("", text)
