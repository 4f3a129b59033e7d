"""Unpacks the payload that Nuxt leaves in a page: one flat list whose numbers are places in it.

``[{"posts": 1}, [2], {"title": 3}, "Cranes"]`` holds ``{"posts": [{"title": "Cranes"}]}``. What
is no plain JSON stands as ``["Date", "2026-06-12T..."]`` or ``["Reactive", place]``.
https://github.com/sveltejs/devalue
"""

from collections.abc import Mapping, Sequence
from typing import Any

_DEEPEST = 60
_WRAPPERS = frozenset({"Reactive", "ShallowReactive", "Ref", "ShallowRef"})
_LITERALS = frozenset({"Date", "BigInt", "URL"})


def unpacked(payload: Any) -> Any:
    """Return the value that a payload holds; one that refers to itself holds None there.

    Parts that are used twice are shared, so that the value is never larger than its payload.
    """
    if not isinstance(payload, list) or not payload:
        return None
    return _Unpacking(payload).at(0)


class _Unpacking:
    """One payload, and what is unpacked of it."""

    def __init__(self, payload: Sequence[Any]) -> None:
        self._payload = payload
        self._done: dict[int, Any] = {}
        self._depth = 0

    def at(self, place: Any) -> Any:
        """Return the value at a place; negative places are JavaScript's undefined, NaN, ..."""
        is_place = isinstance(place, int) and not isinstance(place, bool)
        if not is_place or not 0 <= place < len(self._payload) or self._depth >= _DEEPEST:
            return None
        if place not in self._done:
            self._done[place] = None
            self._depth += 1
            self._done[place] = self._value(self._payload[place])
            self._depth -= 1
        return self._done[place]

    def _value(self, packed: Any) -> Any:
        match packed:
            case [str(name), inner] if name in _WRAPPERS:
                return self.at(inner)
            case ["Set", *places]:
                return [self.at(place) for place in places]
            case [str(name), *rest]:  # of what else there is, nothing holds posts
                return rest[0] if name in _LITERALS and rest else None
            case list():
                return [self.at(place) for place in packed]
            case Mapping():
                return {key: self.at(place) for key, place in packed.items()}
        return packed
