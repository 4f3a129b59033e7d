"""JSON with holes: encoded once for a sheet, filled for each letter by joining bytes: pure."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TypeAlias
from weakref import WeakKeyDictionary

from digest.mail.sheet import Hole, Sheet

Shape: TypeAlias = "str | bool | Hole | tuple[str | Hole, ...] | Mapping[str, Shape] | list[Shape]"
"""What JSON can be made of; a tuple is one text with holes in it."""

_encode = json.encoder.encode_basestring_ascii


class Pattern:
    """One JSON value with holes; safe to share between threads."""

    def __init__(self, shape: Shape) -> None:
        self._parts: list[bytes] = []
        self._gaps: list[tuple[int, str]] = []
        for is_hole, run in groupby(_written(shape), key=lambda part: isinstance(part, Hole)):
            if is_hole:
                for hole in run:
                    self._gaps.append((len(self._parts), hole[0]))
                    self._parts.append(b"")
            else:
                self._parts.append("".join(part for part in run if isinstance(part, str)).encode())

    @property
    def size(self) -> int:
        """How many bytes it has without what is filled in."""
        return sum(map(len, self._parts))

    def parts(self, values: Mapping[str, str]) -> list[bytes]:
        """Return the JSON in parts to be joined; ``values`` has every name that occurs."""
        parts = self._parts.copy()
        for place, name in self._gaps:
            parts[place] = _inside(values[name]).encode()
        return parts


def _written(shape: Shape) -> Iterator[str | Hole]:
    """Yield JSON in ASCII, and the holes between."""
    match shape:
        case Hole():
            yield from ('"', shape, '"')
        case tuple():
            yield '"'
            yield from (piece if isinstance(piece, Hole) else _inside(piece) for piece in shape)
            yield '"'
        case Mapping():
            yield "{"
            for turn, (name, value) in enumerate(shape.items()):
                yield f"{',' if turn else ''}{_encode(name)}:"
                yield from _written(value)
            yield "}"
        case list():
            yield "["
            for turn, value in enumerate(shape):
                yield "," if turn else ""
                yield from _written(value)
            yield "]"
        case _:
            yield json.dumps(shape)


def _inside(text: str) -> str:
    return _encode(text)[1:-1]


def listed(items: Sequence[list[bytes]]) -> list[bytes]:
    """Return the parts of a JSON list of these."""
    parts = [b"["]
    for turn, item in enumerate(items):
        if turn:
            parts.append(b",")
        parts += item
    parts.append(b"]")
    return parts


class Patterns:
    """The patterns of the sheets that are in use; safe to share between threads."""

    def __init__(self, make: Callable[[Sheet], Shape]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[Sheet, Pattern] = WeakKeyDictionary()

    def of(self, sheet: Sheet) -> Pattern:
        """Return a sheet's pattern, made when it is asked for first."""
        pattern = self._made.get(sheet)
        if pattern is None:
            pattern = self._made[sheet] = Pattern(self._make(sheet))
        return pattern
