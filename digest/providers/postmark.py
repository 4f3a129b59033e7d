"""Postmark: up to 500 whole letters in one request, each with an answer of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from digest.mail.letter import Letter
from digest.mail.outcome import Outcome
from digest.mail.sheet import Sheet
from digest.providers.capabilities import Capabilities
from digest.providers.endpoint import needed
from digest.providers.party import Answer, GarbledError, Reading, Request
from digest.providers.pattern import Patterns, Shape, listed
from digest.providers.status import (
    accepted,
    by_status,
    our_fault,
    put_off,
    read_json,
    refused,
    words,
)
from digest.providers.wording import KEY, KEY_FIELD, TO, mailbox, own_values

CAPABILITIES = Capabilities(
    takes="sheet",
    batch=500,
    batch_bytes=45_000_000,  # of the 50 MB that one request may have
    carries_key=f"Metadata.{KEY_FIELD}",
)

# https://postmarkapp.com/developer/api/overview#error-codes
_MAINTENANCE = 100
_INVALID_EMAIL = 300
_INACTIVE = 406  # a hard bounce or a complaint before, or suppressed by hand


@dataclass(frozen=True, kw_only=True)
class PostmarkSettings:
    """One server of Postmark: its token, and the streams of newsletters and of notices."""

    token: str = field(default="", repr=False)
    stream: str = "broadcast"
    notices: str = "outbound"
    url: str = "https://api.postmarkapp.com"


class Postmark:
    """What is known of Postmark's email API."""

    name = "postmark"
    capabilities = CAPABILITIES

    def __init__(self, settings: PostmarkSettings) -> None:
        self._streams = {True: settings.stream, False: settings.notices}
        self._token = needed(settings.token, key="[carrier.postmark] token")
        self.secrets = (self._token,)
        self._patterns = Patterns(self._shape)

    def request(self, letters: Sequence[Letter]) -> Request:
        """Write one request for all of them."""
        items = [
            self._patterns.of(letter.sheet).parts(own_values(letter))
            for letter in letters
            if letter.sheet
        ]
        return Request(target="/email/batch", headers=self._headers(), parts=listed(items))

    def probe(self) -> Request:
        """Ask for the server that the token opens."""
        return Request(method="GET", target="/server", headers=self._headers())

    def read(self, answer: Answer, *, letters: Sequence[Letter]) -> Reading:
        """Read the list of answers; without one, the request was refused as a whole."""
        if answer.status != HTTPStatus.OK:
            return by_status(answer, text=words(answer, lambda said: said["Message"]))
        fates = read_json(answer)
        if not isinstance(fates, list) or len(fates) != len(letters):
            raise GarbledError("the answer does not name each letter")
        return [_fate(fate, answer=answer) for fate in fates]

    def _headers(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Accept", "application/json"),
            ("Content-Type", "application/json"),
            ("X-Postmark-Server-Token", self._token),
        )

    def _shape(self, sheet: Sheet) -> Shape:
        shape: dict[str, Shape] = {
            "From": mailbox(sheet.from_name, sheet.from_address),
            "To": TO,
            "ReplyTo": sheet.reply_to,
            "Subject": sheet.subject,
            "TextBody": sheet.text,
            "MessageStream": self._streams["List-Id" in sheet.headers],
            "TrackOpens": False,
            "TrackLinks": "None",
            "Metadata": {KEY_FIELD: KEY},
            "Headers": [{"Name": name, "Value": value} for name, value in sheet.headers.items()],
        }
        return {**shape, "HtmlBody": sheet.html} if sheet.html else shape


def _fate(fate: Any, *, answer: Answer) -> Outcome:
    """Judge one letter by its code; a code 0 is the promise to send it."""
    code = fate.get("ErrorCode") if isinstance(fate, dict) else None
    if not isinstance(code, int):
        raise GarbledError("the answer has no ErrorCode")
    if code == 0:
        return accepted(answer)
    text = f"{code} {fate.get('Message', '')}"
    if code == _INACTIVE or (code == _INVALID_EMAIL and "'To'" in text):
        return refused(answer, text=text)
    if code == _MAINTENANCE:
        return put_off(answer, text=text)
    return our_fault(answer, text=text)
