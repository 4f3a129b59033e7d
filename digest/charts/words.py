"""How a chart writes numbers: in words that a person would say, and never better than they are."""

import re
from collections.abc import Sequence

_TENTHS = 1000

# What XML 1.0 cannot carry even as a reference (https://www.w3.org/TR/xml/#charsets), and the
# control characters, by which a name could speak to a terminal.
_UNWRITABLE = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def writable(words: str) -> str:
    """Return words with a mark in the place of everything that no page and no terminal takes."""
    return _UNWRITABLE.sub("\ufffd", words)


def number(value: int) -> str:
    """Write a number with its thousands apart."""
    return f"{value:,}"


def share(part: int, whole: int) -> str:
    """Write a part of a whole in percent, cut after one digit: 99.77 % is 99.7 %."""
    if whole <= 0:
        return "0 %"
    tenths = part * _TENTHS // whole
    return f"{tenths // 10}.{tenths % 10} %" if tenths % 10 else f"{tenths // 10} %"


def counted(value: int, one: str, many: str = "") -> str:
    """Write how many: "1 post", "2 posts"; ``many`` is needed where an s does not do."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def listed(parts: Sequence[str]) -> str:
    """Join words as a sentence does: "a, b and c"."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def short(text: str, *, most: int) -> str:
    """Cut a name that would run into the drawing; the table has it whole."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
