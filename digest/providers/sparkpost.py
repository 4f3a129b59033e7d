"""SparkPost: the words once, and substitution data for up to 1,000 readers in one request."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from digest.errors import ConfigurationError
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
    put_off,
    read_json,
    unclear,
    words,
)
from digest.providers.wording import ADDRESS, KEY, KEY_FIELD, marked, own_values, shared_sheet

CAPABILITIES = Capabilities(
    takes="sheet",
    batch=1000,
    fills=True,
    each=False,
    one_click=False,
    carries_key=f"metadata.{KEY_FIELD}",
)
# https://support.sparkpost.com/momentum/4/4-double-curly
_MACROS = {"{{": "{{opening_double_curly()}}", "}}": "{{closing_double_curly()}}"}
_MARK = re.compile(r"\{\{|\}\}")
# 5002: no valid recipient. Others that name recipients speak of the request or of the plan.
# https://github.com/SparkPost/php-sparkpost/issues/127
_ABOUT_A_READER = re.compile(
    r"^5002\b|\b(?:invalid recipient address|recipient address (?:was )?suppressed)\b",
    re.IGNORECASE,
)
_WORDS = ("code", "message", "description")
_OVER_LIMIT = 420


@dataclass(frozen=True, kw_only=True)
class SparkpostSettings:
    """A key of SparkPost; ``url`` is another for the EU.

    SparkPost puts its own List-Unsubscribe in the place of ours. ``their_unsubscribe`` says that
    you know, and that its events reach us, so that who leaves there leaves here.
    """

    key: str = field(default="", repr=False)
    their_unsubscribe: bool = False
    url: str = "https://api.sparkpost.com"


class Sparkpost:
    """What is known of SparkPost's transmissions API."""

    name = "sparkpost"
    capabilities = CAPABILITIES

    def __init__(self, settings: SparkpostSettings) -> None:
        if not settings.their_unsubscribe:
            raise ConfigurationError(
                "[carrier.sparkpost] their_unsubscribe: SparkPost replaces List-Unsubscribe by its"
                " own; set it to true once its events reach us, or choose another carrier"
            )
        self.capabilities = replace(CAPABILITIES, one_click=True)  # by theirs, as was said
        key = needed(settings.key, key="[carrier.sparkpost] key")
        self.secrets = (key,)
        self._headers: Headers = (("Authorization", key), ("Content-Type", "application/json"))
        self._shared = Patterns(_shared)
        self._recipients = Patterns(_recipient)

    def request(self, letters: Sequence[Letter]) -> Request:
        """Write one request for all of them; they have one sheet."""
        sheet = shared_sheet(letters)
        shared = b"".join(self._shared.of(sheet).parts({}))
        one = self._recipients.of(sheet)
        readers = listed([one.parts(own_values(letter)) for letter in letters])
        parts = (shared[:-1], b',"recipients":', *readers, b"}")
        return Request(target="/api/v1/transmissions", headers=self._headers, parts=parts)

    def probe(self) -> Request:
        """Ask for the account."""
        return Request(method="GET", target="/api/v1/account", headers=self._headers)

    def read(self, answer: Answer, *, letters: Sequence[Letter]) -> Reading:
        """Read how many were taken; when some were not, nobody says which (events will)."""
        if answer.status == HTTPStatus.OK:
            return _counted(answer, letters=letters)
        text = words(answer, lambda said: _first_error(said["errors"][0]))
        if answer.status == _OVER_LIMIT:
            return put_off(answer, text=text)
        if answer.status in {400, 422} and _ABOUT_A_READER.search(text):
            return one_of_them(answer, letters=letters, text=text)
        return by_status(answer, text=text)


def _counted(answer: Answer, *, letters: Sequence[Letter]) -> Reading:
    match read_json(answer):
        case {
            "results": {
                "total_accepted_recipients": int(taken),
                "total_rejected_recipients": int(left),
            }
        }:
            if (taken, left) == (len(letters), 0):
                return accepted(answer)
            text = f"{left} of {len(letters)} recipients were refused"
            if (taken, left) == (0, len(letters)):
                return one_of_them(answer, letters=letters, text=text)
            return unclear(answer, text=f"{text}, and it is not said which")
    raise GarbledError("the answer does not count the recipients")


def _first_error(error: Mapping[str, Any]) -> str:
    """Join its words; the code comes as a number, too, and a description may be null."""
    return " ".join(str(error[name]) for name in _WORDS if error.get(name))


def _shared(sheet: Sheet) -> Shape:
    content: dict[str, Shape] = {
        "from": {"email": sheet.from_address, "name": sheet.from_name},
        "subject": _literal(sheet.subject),
        "text": marked(sheet.text, hole=_variable, words=_literal),
        "headers": {
            name: marked(value, hole=_variable, words=_literal)
            for name, value in sheet.headers.items()
        },
    }
    if sheet.reply_to:
        content["reply_to"] = sheet.reply_to
    if sheet.html:
        content["html"] = marked(sheet.html, hole=_as_it_is, words=_literal)
    return {"options": {"open_tracking": False, "click_tracking": False}, "content": content}


def _recipient(sheet: Sheet) -> Shape:
    return {
        "address": {"email": ADDRESS},
        "metadata": {KEY_FIELD: KEY},
        "substitution_data": {name: Hole(name) for name in sorted(sheet.names)},
    }


def _variable(name: str) -> str:
    return f"{{{{{name}}}}}"


def _as_it_is(name: str) -> str:
    """Mark a value that is HTML already: two braces would escape it once more."""
    return f"{{{{{{{name}}}}}}}"


def _literal(text: str) -> str:
    return _MARK.sub(lambda mark: _MACROS[mark[0]], text)
