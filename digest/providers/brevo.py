"""Brevo: the words once, and up to 1,000 message versions in one request."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from digest.mail.letter import Letter
from digest.mail.sheet import Hole, Sheet
from digest.providers.capabilities import Capabilities
from digest.providers.endpoint import needed
from digest.providers.party import Answer, GarbledError, Headers, Reading, Request
from digest.providers.pattern import Patterns, Shape, listed
from digest.providers.status import (
    accepted,
    by_status,
    one_of_them,
    read_json,
    words,
)
from digest.providers.wording import (
    ADDRESS,
    KEY,
    as_entity,
    broken_up,
    fingerprint,
    marked,
    own_values,
    shared_sheet,
)

KEY_HEADER = "X-Mailin-custom"
"""The one header that Brevo repeats in events."""

CAPABILITIES = Capabilities(
    takes="sheet",
    batch=1000,
    fills=True,
    each=False,
    repeat_hours=0.5,
    carries_key=f"header {KEY_HEADER}",
)
_MARK = re.compile(r"\{(?=[{%#])")
_STYLE = re.compile(r"(<style\b.*?</style>)", re.DOTALL | re.IGNORECASE)
# What is seen of it; other words about `messageVersions` speak of the request or the account.
# https://github.com/sendinblue/APIv3-php-library/issues/260
_ABOUT_A_READER = re.compile(r"\b(?:email|to) is not valid in (?:to|messageVersions)\b")
_SEEN_BEFORE = "duplicate_parameter"


@dataclass(frozen=True, kw_only=True)
class BrevoSettings:
    """A key of Brevo's API, version 3."""

    key: str = field(default="", repr=False)
    url: str = "https://api.brevo.com"


class Brevo:
    """What is known of Brevo's transactional API."""

    name = "brevo"
    capabilities = CAPABILITIES

    def __init__(self, settings: BrevoSettings) -> None:
        key = needed(settings.key, key="[carrier.brevo] key")
        self.secrets = (key,)
        self._headers: Headers = (
            ("api-key", key),
            ("Accept", "application/json"),
            ("Content-Type", "application/json"),
        )
        self._shared = Patterns(_shared)
        self._versions = Patterns(_version)

    def request(self, letters: Sequence[Letter]) -> Request:
        """Write one request for all of them; they have one sheet."""
        sheet = shared_sheet(letters)
        name = uuid.UUID(bytes=fingerprint(letters)[:16], version=4)
        shared = b"".join(self._shared.of(sheet).parts({_NAME: str(name)}))
        version = self._versions.of(sheet)
        versions = listed([version.parts(own_values(letter)) for letter in letters])
        parts = (shared[:-1], b',"messageVersions":', *versions, b"}")
        return Request(target="/v3/smtp/email", headers=self._headers, parts=parts)

    def probe(self) -> Request:
        """Ask for the account."""
        return Request(method="GET", target="/v3/account", headers=self._headers)

    def read(self, answer: Answer, *, letters: Sequence[Letter]) -> Reading:
        """Read the status: 201 takes everybody, 400 nobody.

        A request that was obeyed before is refused as one: the letters have been taken.
        """
        if answer.status in {201, 202}:
            match read_json(answer):
                case {"messageIds": [*names]} if len(names) == len(letters):
                    return accepted(answer)
                case {"messageId": str()} if len(letters) == 1:
                    return accepted(answer)
            raise GarbledError("the answer does not name each letter")
        text = words(answer, lambda said: said["message"])
        code = words(answer, lambda said: said["code"])
        if code == _SEEN_BEFORE:
            return accepted(answer)
        if answer.status == HTTPStatus.BAD_REQUEST and _ABOUT_A_READER.search(text):
            return one_of_them(answer, letters=letters, text=text)
        return by_status(answer, text=text)


_NAME = "name"


def _shared(sheet: Sheet) -> Shape:
    shape: dict[str, Shape] = {
        "sender": {"email": sheet.from_address, "name": sheet.from_name or sheet.from_address},
        "subject": _MARK.sub(broken_up, sheet.subject),
        "textContent": marked(sheet.text, hole=_param, words=_literal),
        "headers": {"idempotencyKey": Hole(_NAME)},
    }
    if sheet.reply_to:
        shape["replyTo"] = {"email": sheet.reply_to}
    if sheet.html:
        shape["htmlContent"] = marked(sheet.html, hole=_param, words=_literal_html)
    return shape


def _version(sheet: Sheet) -> Shape:
    """Say what is one reader's own; all headers, for it is not said how two lists are joined."""
    return {
        "to": [{"email": ADDRESS}],
        "headers": {**sheet.headers, KEY_HEADER: KEY},
        "params": {name: Hole(name) for name in sorted(sheet.names)},
    }


def _param(name: str) -> str:
    return f"{{{{params.{name}}}}}"


def _literal(text: str) -> str:
    return _MARK.sub(broken_up, text)


def _literal_html(text: str) -> str:
    """Take marks out of HTML; style sheets know no entities, but mind no blank."""
    return "".join(
        _MARK.sub("{ ", part) if _STYLE.fullmatch(part) else _MARK.sub(as_entity, part)
        for part in _STYLE.split(text)
    )
