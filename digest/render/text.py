"""Plain text in 72 columns: addresses are never wrapped, hyphens never broken."""

from collections.abc import Iterator

WIDTH = 72
_SCHEMES = ("http://", "https://")


def wrap(text: str, *, first: str = "", indent: str = "") -> str:
    """Fill one paragraph; ``first`` starts its first line, ``indent`` the others.

    A word longer than a line (some languages write without blanks) is broken, an address is not.
    No-break blanks hold words together and come out as blanks.
    """
    lines, line, is_empty = [], first, True
    for word in _words(text, width=WIDTH - max(len(first), len(indent))):
        if not is_empty and len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line, is_empty = indent, True
        line += word if is_empty else f" {word}"
        is_empty = False
    return "\n".join([*lines, line]).replace("\u00a0", " ").rstrip()


def underline(text: str) -> str:
    """Set a heading: capitals over a line of dashes."""
    heading = wrap(text.upper())
    return f"{heading}\n{'-' * max(map(len, heading.splitlines()), default=0)}"


def _words(text: str, *, width: int) -> Iterator[str]:
    for word in text.replace("\n", " ").split(" "):
        if len(word) <= width or word.startswith(_SCHEMES):
            if word:
                yield word
            continue
        for start in range(0, len(word), width):
            yield word[start : start + width]
