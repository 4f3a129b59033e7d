"""Reads the flight payload: what the App Router of Next.js sends beside the page.

A page of the App Router may show loading bars only; its posts stand in script calls
``self.__next_f.push([1, "..."])``, whose texts joined are rows of ``id:value``. A value is JSON;
React's elements in it are ``["$", name, key, properties]``.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from digest.sources.dom import Document
from digest.sources.element import Element, root_of
from digest.sources.structured import loads

MOST_STEPS = 100_000  # of the payload; what comes later is left unread
_DEEPEST = 120
_PUSH = re.compile(r"self\.__next_f\.push\(\s*(?=\[)")
_DECODER = json.JSONDecoder(strict=False)
_ROW = re.compile(rb"([0-9a-f]*):")
_TEXT_LENGTH = re.compile(rb"T([0-9a-f]+),")


def rows(document: Document) -> dict[str, Any]:
    """Return the rows of the flight payload by their id."""
    payload = "".join(_pushed(document)).encode("utf-8", "surrogatepass")
    found: dict[str, Any] = {}
    place = 0
    while place < len(payload):
        head = _ROW.match(payload, place)
        if head is None:
            place = _after_line(payload, place)
            continue
        key, place = head[1].decode(), head.end()
        if length := _TEXT_LENGTH.match(payload, place):
            place = length.end() + int(length[1], 16)
            found[key] = payload[length.end() : place].decode("utf-8", "replace")
            continue
        end = _after_line(payload, place)
        value = loads(payload[place:end].decode("utf-8", "replace"))
        if value is not None:
            found[key] = value
        place = end
    _fill_in_texts(found)
    return found


def _fill_in_texts(rows: dict[str, Any]) -> None:
    """Put long texts, which stand in rows of their own, where the other rows refer to them."""
    stack: list[Any] = list(rows.values())
    for _ in range(MOST_STEPS):
        if not stack:
            return
        current = stack.pop()
        if not isinstance(current, dict | list):
            continue
        items = list(current.items() if isinstance(current, dict) else enumerate(current))
        for key, value in items:
            text = rows.get(value[1:]) if isinstance(value, str) and value[:1] == "$" else None
            if isinstance(text, str):
                current[key] = text
        stack.extend(value for _, value in items)


def tree(rows: Mapping[str, Any]) -> Element:
    """Return React's elements in the payload as a page would show them."""
    root = root_of("body", {})
    stack: list[tuple[Any, Element, int] | Element] = [
        (value, root, 1) for value in reversed(list(rows.values())) if isinstance(value, list)
    ]
    for _ in range(MOST_STEPS):
        if not stack:
            break
        step = stack.pop()
        if isinstance(step, Element):
            step.close()
            continue
        value, parent, depth = step
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            parent.write(_shown(str(value)))
        elif _is_element(value) and depth < _DEEPEST:
            element = parent.grow(_tag(value), _attributes(value[3]))
            stack += (element, (value[3].get("children"), element, depth + 1))
        elif isinstance(value, list) and depth < _DEEPEST:
            stack.extend((item, parent, depth + 1) for item in reversed(value))
    for left in (*stack, root):
        if isinstance(left, Element):
            left.close()
    return root


def _pushed(document: Document) -> Iterator[str]:
    for _, content in document.scripts:
        place = 0
        while call := _PUSH.search(content, place):
            value, place = _decoded(content, call.end())
            if isinstance(value, list) and len(value) > 1 and value[0] == 1:
                yield str(value[1])


def _decoded(content: str, place: int) -> tuple[Any, int]:
    """Return the JSON value at a place and where it ends; None where it is broken."""
    try:
        return _DECODER.raw_decode(content, place)
    except (ValueError, RecursionError):
        return None, place


def _after_line(payload: bytes, place: int) -> int:
    end = payload.find(b"\n", place)
    return len(payload) if end < 0 else end + 1


def _is_element(value: Any) -> bool:
    """Whether this is ``["$", name, key, properties]``."""
    match value:
        case ["$", str(), _, Mapping(), *_]:
            return True
    return False


def _tag(value: list[Any]) -> str:
    name = str(value[1])
    if name.startswith("$"):  # a component: one with an address is a link
        return "a" if isinstance(value[3].get("href"), str) else "div"
    return name.lower()


def _attributes(properties: Mapping[str, Any]) -> dict[str, str]:
    names = {"className": "class", "dateTime": "datetime"}
    return {
        names.get(name, name.lower()): value
        for name, value in properties.items()
        if isinstance(value, str) and name != "children"
    }


def _shown(value: str) -> str:
    """Return a text as it is shown: one dollar sign begins a reference, two stand for one."""
    if value.startswith("$$"):
        return value[1:]
    return "" if value.startswith("$") else value
