"""Mailgun: the words once, and recipient variables for up to 1,000 readers in one request."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote

from digest.mail.letter import Letter
from digest.mail.sheet import Hole, Sheet, filled
from digest.providers.capabilities import Capabilities
from digest.providers.endpoint import needed
from digest.providers.party import Answer, GarbledError, Reading, Request
from digest.providers.pattern import Pattern, Patterns, Shape
from digest.providers.status import (
    accepted,
    by_status,
    one_of_them,
    our_fault,
    read_json,
    words,
)
from digest.providers.wording import (
    KEY,
    KEY_FIELD,
    addressed,
    as_entity,
    broken_up,
    mailbox,
    marked,
    own_values,
    shared_sheet,
)

CAPABILITIES = Capabilities(
    takes="sheet", batch=1000, fills=True, each=False, carries_key=f"v:{KEY_FIELD}"
)
_MARK = re.compile(r"%(?=recipient|(?:mailing_list_|tag_)?unsubscribe)")
_ABOUT_A_READER = re.compile(r"\bto\b.*(not a valid address|address is not valid)", re.IGNORECASE)
_NO_SUCH_CALL = b"Magnificent API"  # what Mailgun answers, with 200, to a path that it has not


@dataclass(frozen=True, kw_only=True)
class MailgunSettings:
    """A sending key of Mailgun, and the domain that it sends for; ``url`` is another in the EU."""

    key: str = field(default="", repr=False)
    domain: str = ""
    url: str = "https://api.mailgun.net"


class Mailgun:
    """What is known of Mailgun's messages API."""

    name = "mailgun"
    capabilities = CAPABILITIES

    def __init__(self, settings: MailgunSettings) -> None:
        key = needed(settings.key, key="[carrier.mailgun] key")
        basic = base64.b64encode(f"api:{key}".encode()).decode("ascii")
        domain = quote(needed(settings.domain, key="[carrier.mailgun] domain"), safe="")
        self.secrets = (key, basic)
        self._authorization = ("Authorization", f"Basic {basic}")
        self._domain = domain
        self._variables = Patterns(_variables)

    def request(self, letters: Sequence[Letter]) -> Request:
        """Write one request for all of them; they have one sheet.

        A letter alone is filled here: it is not said that a request for one reads variables.
        """
        sheet = shared_sheet(letters)
        if len(letters) == 1:
            fields = [*_alone(sheet, letters[0])]
        else:
            variables = b"".join(_each(letters, self._variables.of(sheet)))
            fields = [*_shared(sheet), ("recipient-variables", variables)]
        fields += [("to", addressed(letter).encode()) for letter in letters]
        boundary = hashlib.sha256("".join(one.key for one in letters).encode()).hexdigest()
        return Request(
            target=f"/v3/{self._domain}/messages",
            headers=(
                self._authorization,
                ("Content-Type", f"multipart/form-data; boundary={boundary}"),
            ),
            parts=[_form(fields, boundary=boundary.encode("ascii"))],
        )

    def probe(self) -> Request:
        """Ask for the domain."""
        return Request(
            method="GET", target=f"/v3/domains/{self._domain}", headers=(self._authorization,)
        )

    def read(self, answer: Answer, *, letters: Sequence[Letter]) -> Reading:
        """Read the status: a success takes everybody, one bad address refuses all."""
        if _NO_SUCH_CALL in answer.body:
            return our_fault(answer, text="there is no such domain or path; check domain and url")
        text = words(answer, lambda said: said["message"])
        if answer.status == HTTPStatus.BAD_REQUEST and _ABOUT_A_READER.search(text):
            return one_of_them(answer, letters=letters, text=text)
        if answer.status != HTTPStatus.OK:
            return by_status(answer, text=text)
        said = read_json(answer)
        if not (isinstance(said, dict) and said.get("id") and text.startswith("Queued")):
            raise GarbledError("the answer does not say that the letters are queued")
        return accepted(answer)


Fields = Iterator[tuple[str, bytes]]


def _shared(sheet: Sheet) -> Fields:
    """Yield the fields with marks for what is a reader's own."""
    yield from _constant(sheet)
    yield "text", _text(sheet.text).encode()
    if sheet.html:
        html = marked(sheet.html, hole=_mark, words=lambda text: _MARK.sub(as_entity, text))
        yield "html", html.encode()
    for name, value in sheet.headers.items():
        yield f"h:{name}", marked(value, hole=_mark).encode()
    yield f"v:{KEY_FIELD}", _mark(KEY.name).encode()


def _alone(sheet: Sheet, letter: Letter) -> Fields:
    """Yield the fields of one letter, filled."""
    values = own_values(letter)
    yield from _constant(sheet)
    yield "text", _MARK.sub(broken_up, filled(sheet.text, values=values)).encode()
    if sheet.html:
        yield "html", _MARK.sub(as_entity, filled(sheet.html, values=values)).encode()
    for name, value in sheet.headers.items():
        yield f"h:{name}", filled(value, values=values).encode()
    yield f"v:{KEY_FIELD}", letter.key.encode()


def _constant(sheet: Sheet) -> Fields:
    yield "from", mailbox(sheet.from_name, sheet.from_address).encode()
    yield "subject", _MARK.sub(broken_up, sheet.subject).encode()
    yield "o:tracking", b"no"
    if sheet.reply_to:
        yield "h:Reply-To", sheet.reply_to.encode()


def _text(pieces: tuple[str | Hole, ...]) -> str:
    return marked(pieces, hole=_mark, words=lambda text: _MARK.sub(broken_up, text))


def _variables(sheet: Sheet) -> Shape:
    return {KEY.name: KEY, **{name: Hole(name) for name in sorted(sheet.names)}}


def _each(letters: Sequence[Letter], pattern: Pattern) -> Iterator[bytes]:
    """Yield the JSON that gives each reader's variables by the address alone."""
    for turn, letter in enumerate(letters):
        yield b"%s%s:" % (b"," if turn else b"{", json.dumps(letter.recipient).encode())
        yield from pattern.parts(own_values(letter))
    yield b"}"


def _mark(name: str) -> str:
    return f"%recipient.{name}%"


def _form(fields: Sequence[tuple[str, bytes]], *, boundary: bytes) -> bytes:
    """Write multipart/form-data (RFC 7578); no name needs quoting."""
    parts = [
        b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        % (boundary, name.encode("ascii"), value)
        for name, value in fields
    ]
    return b"".join([*parts, b"--%s--\r\n" % boundary])
