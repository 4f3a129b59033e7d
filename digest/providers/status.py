"""What an HTTP answer means for the letters of its request: pure."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.party import Again, Answer, GarbledError

LONGEST_TEXT = 200  # characters of an answer that are worth keeping
_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
_WAIT = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_NOT_TAKEN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, *_WAIT})
_SUCCESS = range(200, 300)
_SERVER_ERROR = 500


def accepted(answer: Answer) -> Outcome:
    """Return the outcome of letters that the other side has."""
    return Outcome(verdict=Verdict.ACCEPTED, stage=Stage.REQUEST, code=answer.status)


def refused(answer: Answer, *, text: str) -> Outcome:
    """Return the outcome of a letter that is not taken for this recipient, and never will be."""
    return Outcome(verdict=Verdict.REFUSED, stage=Stage.REQUEST, code=answer.status, text=text)


def put_off(answer: Answer, *, text: str) -> Outcome:
    """Return the outcome of a letter that was surely not taken this time."""
    return Outcome(verdict=Verdict.RETRY, stage=Stage.REQUEST, code=answer.status, text=text)


def our_fault(answer: Answer, *, text: str) -> Outcome:
    """Return the outcome of letters that somebody has to look at first; they touch no reader."""
    return Outcome(
        verdict=Verdict.CONFIG,
        stage=Stage.REQUEST,
        code=answer.status,
        text=text,
        counted=False,
    )


def unclear(answer: Answer, *, text: str) -> Outcome:
    """Return the outcome of letters that the other side may or may not have."""
    return Outcome(verdict=Verdict.UNKNOWN, stage=Stage.REQUEST, code=answer.status, text=text)


def by_status(answer: Answer, *, text: str) -> Outcome:
    """Judge an answer that is not a success as this API words it, by its status alone.

    408, 425, 429 and 503 say that nothing was begun (RFC 9110 15, RFC 8470, RFC 6585); another 5xx
    may have been said after the letters were taken, and another 2xx most likely was. Everything
    else is about our request, so about no reader.
    """
    if answer.status in _NOT_TAKEN:
        return put_off(answer, text=text)
    if answer.status >= _SERVER_ERROR or answer.status in _SUCCESS:
        return unclear(answer, text=text)
    return our_fault(answer, text=text)


def one_of_them(answer: Answer, *, letters: Sequence[Letter], text: str) -> Outcome | Again:
    """Judge an answer that refuses a whole request because of somebody in it."""
    return refused(answer, text=text) if len(letters) == 1 else Again.SPLIT


def too_large(answer: Answer, *, letters: Sequence[Letter]) -> Outcome | Again:
    """Judge a 413: fewer letters may do; when one alone is too large, the issue is."""
    if len(letters) > 1:
        return Again.SPLIT
    return our_fault(answer, text="the letter is larger than the provider takes")


def must_wait(answer: Answer) -> bool:
    """Tell whether the answer asks us to come back later."""
    return answer.status in _WAIT


def seconds_to_wait(answer: Answer, *, now: datetime) -> float | None:
    """Return what Retry-After asks for, as seconds or as a date (RFC 9110 10.2.3); None without."""
    said = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", said):  # some write fractions
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def read_json(answer: Answer) -> Any:
    """Return the answer's JSON, or raise `GarbledError`."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise GarbledError("the answer is not JSON") from error


def field(value: Any, name: str, kind: type) -> Any:
    """Return a field of an answer, or raise `GarbledError` when it is not there or another kind."""
    found = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(found, kind):
        raise GarbledError(f"the answer has no {name}")
    return found


def words(answer: Answer, find: Callable[[Any], Any]) -> str:
    """Return what ``find`` sees in the answer's JSON; the status's own words where it sees none."""
    try:
        said = find(json.loads(answer.body))
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        said = None
    if isinstance(said, str) and said.strip():
        return said
    try:
        return HTTPStatus(answer.status).phrase
    except ValueError:
        return f"status {answer.status}"


def scrubbed(text: str, *, secrets: Iterable[str]) -> str:
    """Return words of the other side on one line, without addresses and without our secrets."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "...")
    text = _ADDRESS.sub("<address>", " ".join(text.split()))
    return "".join(filter(str.isprintable, text))[:LONGEST_TEXT]
