"""Resend: up to 100 whole letters in one request, which it knows again for a day."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from digest.mail.letter import Letter
from digest.mail.outcome import Outcome
from digest.mail.sheet import Hole, Sheet
from digest.providers.capabilities import Capabilities
from digest.providers.endpoint import needed
from digest.providers.party import Answer, GarbledError, Headers, Reading, Request
from digest.providers.pattern import Patterns, Shape, listed
from digest.providers.status import (
    accepted,
    by_status,
    one_of_them,
    our_fault,
    read_json,
    refused,
    unclear,
    words,
)
from digest.providers.wording import KEY, KEY_FIELD, TO, fingerprint, mailbox, own_values

KEY_HEADER = "X-Delivery"
"""Tags take no dots, so the key has a header of its own, which events repeat."""

CAPABILITIES = Capabilities(
    takes="sheet",
    batch=100,
    batch_bytes=35_000_000,  # one letter may have 40 MB; for a request nothing is said
    repeat_hours=24,
    carries_key=f"header {KEY_HEADER}, and tag {KEY_FIELD} with - for the dot",
)
_ABOUT_A_READER = re.compile(r"[`'\"]to[`'\"]")
_STILL_AT_IT = "concurrent_idempotent_requests"
_MAY_ONLY_SEND = "restricted_api_key"  # all that we need


@dataclass(frozen=True, kw_only=True)
class ResendSettings:
    """A key of Resend that may send."""

    key: str = field(default="", repr=False)
    url: str = "https://api.resend.com"


class Resend:
    """What is known of Resend's API."""

    name = "resend"
    capabilities = CAPABILITIES

    def __init__(self, settings: ResendSettings) -> None:
        key = needed(settings.key, key="[carrier.resend] key")
        self.secrets = (key,)
        self._headers: Headers = (
            ("Authorization", f"Bearer {key}"),
            ("Content-Type", "application/json"),
        )
        self._patterns = Patterns(_shape)

    def request(self, letters: Sequence[Letter]) -> Request:
        """Write one request for all of them; the same letters make the same request."""
        items = [
            self._patterns.of(letter.sheet).parts(own_values(letter) | {_TAG: _tag(letter.key)})
            for letter in letters
            if letter.sheet
        ]
        return Request(
            target="/emails/batch",
            headers=(
                *self._headers,
                ("Idempotency-Key", fingerprint(letters).hex()),
                ("x-batch-validation", "permissive"),  # one bad address must not stop the others
            ),
            parts=listed(items),
        )

    def probe(self) -> Request:
        """Ask for the domains; a key that may only send is told so."""
        return Request(method="GET", target="/domains", headers=self._headers)

    def read(self, answer: Answer, *, letters: Sequence[Letter]) -> Reading:
        """Read who was taken; ``errors`` names the others by their place."""
        if answer.status == HTTPStatus.OK:
            return _fates(answer, count=len(letters))
        text = words(answer, lambda said: said["message"])
        name = words(answer, lambda said: said["name"])
        if name == _STILL_AT_IT:
            return unclear(answer, text=text)
        if name == _MAY_ONLY_SEND and not letters:
            return accepted(answer)
        if answer.status in {400, 422} and _ABOUT_A_READER.search(text):
            return one_of_them(answer, letters=letters, text=text)
        return by_status(answer, text=text)


_TAG = "tag"


def _shape(sheet: Sheet) -> Shape:
    shape: dict[str, Shape] = {
        "from": mailbox(sheet.from_name, sheet.from_address),
        "to": [TO],
        "subject": sheet.subject,
        "text": sheet.text,
        "headers": {**sheet.headers, KEY_HEADER: KEY},
        "tags": [{"name": KEY_FIELD, "value": Hole(_TAG)}],
    }
    if sheet.reply_to:
        shape["reply_to"] = sheet.reply_to
    return {**shape, "html": sheet.html} if sheet.html else shape


def _tag(key: str) -> str:
    return key.replace(".", "-")


def _fates(answer: Answer, *, count: int) -> list[Outcome]:
    said = read_json(answer)
    taken = said.get("data") if isinstance(said, dict) else None
    faults = said.get("errors") or [] if isinstance(said, dict) else []
    if not isinstance(taken, list) or not isinstance(faults, list):
        raise GarbledError("the answer has no lists of who was taken and who was not")
    refusals = dict(_fault(fault, count=count) for fault in faults)
    if len(taken) + len(refusals) != count:
        raise GarbledError("the answer does not name each letter")
    fates = [accepted(answer)] * count
    for place, text in refusals.items():
        is_reader = _ABOUT_A_READER.search(text)
        fates[place] = (refused if is_reader else our_fault)(answer, text=text)
    return fates


def _fault(fault: Any, *, count: int) -> tuple[int, str]:
    """Return the place of a letter that was not taken, and why."""
    match fault:
        case {"index": int(place), **rest} if place in range(count):
            return place, str(rest.get("message", ""))
    raise GarbledError("the answer names a letter that was not in the request")
