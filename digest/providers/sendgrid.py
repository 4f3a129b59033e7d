"""SendGrid: the words once, and up to 1,000 personalizations in one request."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from digest.mail.letter import Letter
from digest.mail.sheet import Hole, Sheet
from digest.providers.capabilities import Capabilities
from digest.providers.endpoint import needed
from digest.providers.party import Answer, Reading, Request
from digest.providers.pattern import Patterns, Shape, listed
from digest.providers.status import (
    accepted,
    by_status,
    one_of_them,
    our_fault,
    words,
)
from digest.providers.wording import ADDRESS, KEY, KEY_FIELD, marked, own_values, shared_sheet

CAPABILITIES = Capabilities(
    takes="sheet", batch=1000, fills=True, each=False, carries_key=f"custom_args.{KEY_FIELD}"
)
_NO_TRACKING: Shape = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
}
_ABOUT_A_READER = re.compile(r"personalizations\.\d+\.to")


@dataclass(frozen=True, kw_only=True)
class SendgridSettings:
    """A key of SendGrid with the right to send; ``url`` is another one for the EU region."""

    key: str = field(default="", repr=False)
    url: str = "https://api.sendgrid.com"


class Sendgrid:
    """What is known of SendGrid's mail API, version 3."""

    name = "sendgrid"
    capabilities = CAPABILITIES

    def __init__(self, settings: SendgridSettings) -> None:
        key = needed(settings.key, key="[carrier.sendgrid] key")
        self.secrets = (key,)
        self._headers = (
            ("Authorization", f"Bearer {key}"),
            ("Content-Type", "application/json"),
        )
        self._shared = Patterns(_shared)
        self._personal = Patterns(_personal)

    def request(self, letters: Sequence[Letter]) -> Request:
        """Write one request for all of them; they have one sheet."""
        sheet = shared_sheet(letters)
        shared = b"".join(self._shared.of(sheet).parts({}))
        personal = self._personal.of(sheet)
        readers = listed([personal.parts(own_values(letter)) for letter in letters])
        parts = (shared[:-1], b',"personalizations":', *readers, b"}")
        return Request(target="/v3/mail/send", headers=self._headers, parts=parts)

    def probe(self) -> Request:
        """Ask what the key may do."""
        return Request(method="GET", target="/v3/scopes", headers=self._headers)

    def read(self, answer: Answer, *, letters: Sequence[Letter]) -> Reading:
        """Read the status: 202 takes everybody, a 400 nobody, and names the field at fault."""
        match answer.status:
            case 202:
                return accepted(answer)
            case 200:
                return our_fault(answer, text="the account is in sandbox mode; nothing is sent")
        text = words(answer, lambda said: said["errors"][0]["message"])
        at = words(answer, lambda said: said["errors"][0]["field"])
        if answer.status == HTTPStatus.BAD_REQUEST and _ABOUT_A_READER.match(at):
            return one_of_them(answer, letters=letters, text=text)
        return by_status(answer, text=text)


def _shared(sheet: Sheet) -> Shape:
    # Substitutions replace any text; our tags stand nowhere else.
    content: list[Shape] = [{"type": "text/plain", "value": marked(sheet.text, hole=_tag)}]
    if sheet.html:
        content.append({"type": "text/html", "value": marked(sheet.html, hole=_tag)})
    shape: dict[str, Shape] = {
        "from": {"email": sheet.from_address, "name": sheet.from_name},
        "subject": sheet.subject,
        "content": content,
        "tracking_settings": _NO_TRACKING,
    }
    return {**shape, "reply_to": {"email": sheet.reply_to}} if sheet.reply_to else shape


def _personal(sheet: Sheet) -> Shape:
    """Say what is one reader's own; all headers, for it is not said how two lists are joined."""
    return {
        "to": [{"email": ADDRESS}],
        "custom_args": {KEY_FIELD: KEY},
        "headers": dict(sheet.headers),
        "substitutions": {_tag(name): Hole(name) for name in sorted(sheet.names)},
    }


def _tag(name: str) -> str:
    return f"-{name}-"
