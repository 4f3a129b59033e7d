"""The JSON that stands in a page: JSON-LD for search engines, and what frameworks leave there."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from digest.sources.devalue import unpacked
from digest.sources.dom import Document

_PROGRAMS = frozenset({"", "text/javascript", "application/javascript", "module"})
_ASSIGNMENT = re.compile(
    r"(?:(?:window|self|globalThis)\.[\w$]+|(?:var|let|const)\s+[\w$]+)\s*=\s*"
    r"(?:JSON\.parse\(\s*(?=\")|(?=[{\[]))"
)
_MOST_ASSIGNMENTS = 20  # in one script
_DECODER = json.JSONDecoder(strict=False)


def graphs(document: Document) -> Iterator[Any]:
    """Give the values of all JSON-LD blocks that can be read."""
    return (value for _, value in _described(document, kind="application/ld+json"))


def page_data(document: Document) -> Iterator[Any]:
    """Give the values of ``__NEXT_DATA__`` and of other JSON that a framework left in the page."""
    for attributes, value in _described(document, kind="application/json"):
        is_nuxt = "data-nuxt-data" in attributes or attributes.get("id") == "__NUXT_DATA__"
        yield unpacked(value) if is_nuxt else value
    for attributes, content in document.scripts:
        if attributes.get("type", "").strip().lower() in _PROGRAMS:
            yield from _assigned(content)


def _assigned(program: str) -> Iterator[Any]:
    """Give the JSON values that a program begins with: ``window.__STATE__ = {...}``."""
    for found in islice(_ASSIGNMENT.finditer(program), _MOST_ASSIGNMENTS):
        with suppress(ValueError, RecursionError):  # most are no JSON
            value, _ = _DECODER.raw_decode(program, found.end())
            yield loads(value) if isinstance(value, str) else value


def loads(content: str) -> Any:
    """Return the JSON value of a script, or None where it is broken."""
    try:
        return json.loads(content, strict=False)
    except (ValueError, RecursionError):
        return None


def _described(document: Document, *, kind: str) -> Iterator[tuple[dict[str, str], Any]]:
    for attributes, content in document.scripts:
        if attributes.get("type", "").strip().lower().startswith(kind):
            value = loads(content.strip().removeprefix("<!--").removesuffix("-->"))
            if value is not None:
                yield attributes, value
