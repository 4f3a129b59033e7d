"""Amazon SES, API version 2: one finished message in each request, which is signed."""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal

from digest.clock import Clock
from digest.errors import ConfigurationError
from digest.mail.letter import Letter
from digest.providers.capabilities import Capabilities
from digest.providers.endpoint import Base, needed
from digest.providers.party import Answer, Headers, Reading, Request
from digest.providers.sigv4 import Signer
from digest.providers.status import accepted, by_status, put_off, read_json, words
from digest.providers.status import field as field_of
from digest.providers.wording import KEY_FIELD

CAPABILITIES = Capabilities(
    takes="message",
    signature=True,
    carries_key=f"EmailTags.{KEY_FIELD}",
)
_TARGET = "/v2/email/outbound-emails"
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_SLOWER = ("TooManyRequestsException", "LimitExceededException", "ThrottlingException")


@dataclass(frozen=True, kw_only=True)
class SesSettings:
    """The keys of a user who may send, and the region.

    ``session_token`` is for keys that end by themselves. ``configuration_set`` names where events
    go. ``url`` empty means Amazon's address in the region.
    """

    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)
    region: str = "eu-central-1"
    configuration_set: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        """Refuse a region that would become another host."""
        if not _REGION.fullmatch(self.region):
            raise ConfigurationError("[carrier.ses] region takes a name like eu-central-1")

    @property
    def endpoint(self) -> str:
        """Where the API is."""
        return self.url or f"https://email.{self.region}.amazonaws.com"


class Ses:
    """What is known of Amazon SES."""

    name = "ses"
    capabilities = CAPABILITIES

    def __init__(self, settings: SesSettings, *, base: Base, clock: Clock) -> None:
        secret = needed(settings.secret_key, key="[carrier.ses] secret_key")
        self.secrets = (secret, settings.session_token)
        self._set = settings.configuration_set
        self._base = base
        self._clock = clock
        self._signer = Signer(
            access_key=needed(settings.access_key, key="[carrier.ses] access_key"),
            secret_key=secret,
            session_token=settings.session_token,
            region=settings.region,
            service="ses",
        )

    def request(self, letters: Sequence[Letter]) -> Request:
        """Write the request for one letter."""
        (letter,) = letters
        shape = {
            "Destination": {"ToAddresses": [letter.recipient]},
            "EmailTags": [{"Name": KEY_FIELD, "Value": letter.key}],
            **({"ConfigurationSetName": self._set} if self._set else {}),
            "Content": {"Raw": {"Data": base64.b64encode(letter.message).decode("ascii")}},
        }
        return self._signed("POST", _TARGET, body=json.dumps(shape).encode("ascii"))

    def probe(self) -> Request:
        """Ask for the account."""
        return self._signed("GET", "/v2/email/account")

    def read(self, answer: Answer, *, letters: Sequence[Letter]) -> Reading:  # noqa: ARG002
        """Read one answer; SES refuses nobody by itself, so a refusal is about us."""
        if answer.status == HTTPStatus.OK:
            field_of(read_json(answer), "MessageId", str)
            return accepted(answer)
        kind = answer.headers.get("x-amzn-errortype", "").partition(":")[0]
        text = f"{kind} {words(answer, lambda said: said.get('message') or said['Message'])}"
        if kind in _SLOWER:
            return put_off(answer, text=text)
        return by_status(answer, text=text.strip())

    def _signed(self, method: Literal["GET", "POST"], target: str, body: bytes = b"") -> Request:
        own: Headers = (("Content-Type", "application/json"),) if body else ()
        added = self._signer.headers(
            method,
            target=self._base.path + target,
            headers={"Host": self._base.authority, **dict(own)},
            body=body,
            at=self._clock.now(),
        )
        return Request(method=method, target=target, headers=(*own, *added.items()), parts=[body])
