"""Mailjet: up to 50 whole letters in one request, each with an answer of its own."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from digest.mail.letter import Letter
from digest.mail.outcome import Outcome
from digest.mail.sheet import Hole, Pieces, Sheet
from digest.providers.capabilities import Capabilities
from digest.providers.endpoint import needed
from digest.providers.party import Answer, GarbledError, Headers, Reading, Request
from digest.providers.pattern import Patterns, Shape, listed
from digest.providers.status import (
    accepted,
    by_status,
    our_fault,
    put_off,
    read_json,
    refused,
    unclear,
    words,
)
from digest.providers.wording import ADDRESS, KEY, as_entity, broken_up, own_values

CAPABILITIES = Capabilities(
    takes="sheet",
    batch=50,
    batch_bytes=14_000_000,  # of the 15 MB that a message may have; for a request nothing is said
    carries_key="CustomID",
)
_MARK = re.compile(r"\[(?=\[\s*(?:var|data|const)\s*:)")
_LATER = frozenset({429, 503})


@dataclass(frozen=True, kw_only=True)
class MailjetSettings:
    """The two halves of a key of Mailjet."""

    key: str = ""
    secret: str = field(default="", repr=False)
    url: str = "https://api.mailjet.com"


class Mailjet:
    """What is known of Mailjet's Send API, version 3.1."""

    name = "mailjet"
    capabilities = CAPABILITIES

    def __init__(self, settings: MailjetSettings) -> None:
        key = needed(settings.key, key="[carrier.mailjet] key")
        secret = needed(settings.secret, key="[carrier.mailjet] secret")
        basic = base64.b64encode(f"{key}:{secret}".encode()).decode("ascii")
        self.secrets = (secret, basic)
        self._headers: Headers = (
            ("Authorization", f"Basic {basic}"),
            ("Content-Type", "application/json"),
        )
        self._patterns = Patterns(_shape)

    def request(self, letters: Sequence[Letter]) -> Request:
        """Write one request for all of them."""
        items = [
            self._patterns.of(letter.sheet).parts(own_values(letter))
            for letter in letters
            if letter.sheet
        ]
        parts = (b'{"Messages":', *listed(items), b"}")
        return Request(target="/v3.1/send", headers=self._headers, parts=parts)

    def probe(self) -> Request:
        """Ask for one sender."""
        return Request(method="GET", target="/v3/REST/sender?Limit=1", headers=self._headers)

    def read(self, answer: Answer, *, letters: Sequence[Letter]) -> Reading:
        """Read the list of fates, which comes with an error status when one of them is an error."""
        if answer.status in {200, 201, 400}:
            said = read_json(answer)
            fates = said.get("Messages") if isinstance(said, dict) else None
            if isinstance(fates, list) and len(fates) == len(letters):
                return [_fate(fate, answer=answer) for fate in fates]
            if answer.status != HTTPStatus.BAD_REQUEST:
                raise GarbledError("the answer does not name each letter")
        return by_status(answer, text=words(answer, lambda said: said["ErrorMessage"]))


def _shape(sheet: Sheet) -> Shape:
    shape: dict[str, Shape] = {
        "From": {"Email": sheet.from_address, "Name": sheet.from_name},
        "To": [{"Email": ADDRESS}],
        "Subject": _MARK.sub(broken_up, sheet.subject),
        "TextPart": _literal(sheet.text, is_html=False),
        "CustomID": KEY,
        "TrackOpens": "disabled",
        "TrackClicks": "disabled",
        "Headers": dict(sheet.headers),
    }
    if sheet.reply_to:
        shape["ReplyTo"] = {"Email": sheet.reply_to}
    return {**shape, "HTMLPart": _literal(sheet.html, is_html=True)} if sheet.html else shape


def _literal(pieces: Pieces, *, is_html: bool) -> Pieces:
    """Take Mailjet's own marks out of the words."""
    put = as_entity if is_html else broken_up
    return tuple(piece if isinstance(piece, Hole) else _MARK.sub(put, piece) for piece in pieces)


def _fate(fate: Any, *, answer: Answer) -> Outcome:
    """Judge one letter; the others are sent whatever became of it."""
    match fate:
        case {"Status": "success"}:
            return accepted(answer)
        case {"Status": "error", "Errors": [{**fault}, *_]}:
            return _fault(fault, answer=answer)
    raise GarbledError("the answer does not say what became of each letter")


def _fault(fault: Mapping[Any, Any], *, answer: Answer) -> Outcome:
    text = f"{fault.get('ErrorCode', '')} {fault.get('ErrorMessage', '')}".strip()
    fields, status = fault.get("ErrorRelatedTo") or [], fault.get("StatusCode")
    if not isinstance(fields, list) or not isinstance(status, int | None):
        raise GarbledError("the answer does not say what became of each letter")
    if any(str(name).startswith("To") for name in fields):
        return refused(answer, text=text)
    if status in _LATER:
        return put_off(answer, text=text)
    if status and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return unclear(answer, text=text)
    return our_fault(answer, text=text)
