"""Draws figures in letters, for terminals: a bar of blocks between the name and the words."""

from collections.abc import Sequence

from digest.charts.figure import Figure, Mark
from digest.charts.words import short, writable

_BLOCKS = " ▏▎▍▌▋▊▉█"
_LABEL = 24
_LEAST = 8  # columns of the longest bar, however long the words are


def in_letters(figure: Figure, *, width: int = 80, plain: bool = False) -> str:
    """Return the figure as lines; ``plain`` keeps to letters that every terminal has."""
    bars = _bars(figure.marks, width=width, plain=plain)
    return "\n".join(
        [writable(figure.title), *(f"  {line}" for line in bars), writable(figure.sentence)]
    )


def _bars(marks: Sequence[Mark], *, width: int, plain: bool) -> list[str]:
    labels = [short(writable(mark.label), most=_LABEL) for mark in marks]
    left = max(map(len, labels), default=0)
    right = max((len(mark.words) for mark in marks), default=0)
    room = max(width - left - right - 6, _LEAST)
    longest = max((mark.size for mark in marks), default=0)
    drawn = [_bar(mark.size, longest, room=room, plain=plain) for mark in marks]
    return [
        f"{label:<{left}}  {bar}  {mark.words}".rstrip()
        for label, bar, mark in zip(labels, drawn, marks, strict=True)
    ]


def _bar(size: int, longest: int, *, room: int, plain: bool) -> str:
    """Draw one bar to an eighth of a column; what is there at all shows at least a trace."""
    eighths = size * room * 8 // longest if longest > 0 else 0
    if size > 0:
        eighths = max(eighths, 1)
    full, rest = divmod(eighths, 8)
    if plain:
        return ("#" * (full or bool(size))).ljust(room)
    return (_BLOCKS[-1] * full + (_BLOCKS[rest] if rest else "")).ljust(room)
