"""What the API of a blog answered: its JSON, checked, and read without trusting its types."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from digest.sources.adapter import Page, UnreadableError
from digest.sources.state import State

_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
_NAME = re.compile(r"\w{1,60}")  # of an error; anything longer may hold the address with its key
_DIGITS = re.compile(r"\d{1,9}")
_STATES = {
    int(HTTPStatus.NOT_FOUND): State.NOT_FOUND,
    int(HTTPStatus.GONE): State.GONE,
    int(HTTPStatus.TOO_MANY_REQUESTS): State.RATE_LIMITED,
}


def load(page: Page, *, api: str) -> Any:
    """Return the JSON of an answer, or raise `UnreadableError`; no error shows the address."""
    if _MARKUP.match(page.content):
        raise UnreadableError(
            f"this is a page, no answer of {api}: check the address", state=State.NOT_A_FEED
        )
    try:
        data = json.loads(page.content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnreadableError(
            f"the JSON of {api} is broken or cut off ({error})", state=State.MALFORMED
        ) from error
    if isinstance(data, dict):
        _refuse_an_error(data, api=api)
    return data


def stranger(api: str) -> UnreadableError:
    """Return the error for an answer of something else."""
    return UnreadableError(f"this is JSON, but no list of posts of {api}", state=State.NOT_A_FEED)


def mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """Give the objects in a list, if it is one."""
    return (item for item in (value if isinstance(value, list) else []) if isinstance(item, dict))


def inner(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object in an object, or an empty one."""
    value = item.get(name)
    return value if isinstance(value, dict) else {}


def text(item: Mapping[str, Any], name: str) -> str:
    """Return a text, or ""."""
    value = item.get(name)
    return value if isinstance(value, str) else ""


def number(value: Any) -> int | None:
    """Return a whole number that is not negative, or the one that a text names."""
    found = _DIGITS.fullmatch(str(value)) if isinstance(value, int | str) else None
    return int(found[0]) if found else None


def present(*texts: str) -> tuple[str, ...]:
    """Return the texts that are there."""
    return tuple(filter(None, texts))


def names(people: Iterable[Mapping[str, Any]]) -> str | None:
    """Join the names of people, each once."""
    found = dict.fromkeys(text(person, "name") for person in people)
    return ", ".join(filter(None, found)) or None


def _refuse_an_error(data: Mapping[str, Any], *, api: str) -> None:
    """Raise for ``{"errors": [{"type": ...}]}`` (Ghost) and ``{"code": ..., "data": ...}``.

    The API's own words are not repeated, for they may hold the key.
    """
    error = next(mappings(data.get("errors")), data)
    name = text(error, "type") or text(error, "code")
    if not name:
        return
    status = number(inner(data, "data").get("status")) or 0
    is_theirs = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    state = State.SERVER_ERROR if is_theirs else _STATES.get(status, State.HTTP_ERROR)
    shown = name if _NAME.fullmatch(name) else "one without a name"
    raise UnreadableError(
        f"{api} answers with an error ({shown}): check the address and the key in it", state=state
    )
