"""The JSON that stands in a page: JSON-LD for search engines, and what frameworks leave there."""

import json
from collections.abc import Iterator
from typing import Any

from digest.sources.dom import Document


def graphs(document: Document) -> Iterator[Any]:
    """Give the values of all JSON-LD blocks that can be read."""
    return _values(document, kind="application/ld+json")


def page_data(document: Document) -> Iterator[Any]:
    """Give the values of ``__NEXT_DATA__`` and of other JSON that a framework left in the page."""
    return _values(document, kind="application/json")


def loads(content: str) -> Any:
    """Return the JSON value of a script, or None where it is broken."""
    try:
        return json.loads(content, strict=False)
    except (ValueError, RecursionError):
        return None


def _values(document: Document, *, kind: str) -> Iterator[Any]:
    for attributes, content in document.scripts:
        if attributes.get("type", "").strip().lower().startswith(kind):
            value = loads(content.strip().removeprefix("<!--").removesuffix("-->"))
            if value is not None:
                yield value
