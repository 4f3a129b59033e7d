"""Resend's webhooks: one event in a request, signed as Svix does it.

https://resend.com/docs/dashboard/webhooks/introduction and, for the signature,
https://docs.svix.com/receiving/verifying-payloads/how-manual
"""

import base64
import binascii
import hashlib
import hmac
from email.utils import parseaddr

from digest.errors import ConfigurationError
from digest.mail.event import Kind, MailEvent, code_in, key_of
from digest.providers.hooks.hook import (
    WINDOW,
    ForgedError,
    GarbledError,
    HookRequest,
    Passwords,
    Table,
    mapping,
    moment,
    objects,
    read_json,
    same,
    text,
)
from digest.providers.hooks.settings import ResendHookSettings
from digest.providers.resend import KEY_HEADER
from digest.providers.wording import KEY_FIELD

_PREFIX = "whsec_"
_EVENTS = {
    "email.sent": Kind.ACCEPTED,
    "email.scheduled": Kind.ACCEPTED,
    "email.delivered": Kind.DELIVERED,
    "email.delivery_delayed": Kind.DEFERRED,
    "email.complained": Kind.COMPLAINED,
    "email.suppressed": Kind.DROPPED,
    "email.failed": Kind.REFUSED,
    "email.opened": Kind.OPENED,
    "email.clicked": Kind.CLICKED,
}


class ResendHook:
    """What is known of Resend's webhooks."""

    name = "resend"
    window = WINDOW
    asks = False

    def __init__(self, settings: ResendHookSettings) -> None:
        self._passwords = Passwords(pairs=settings.passwords)
        self._key = _key(settings.secret) if settings.secret else b""

    def prove(self, request: HookRequest) -> str | None:
        """Check the signature over id, time and raw body, and the password."""
        if not self._key and not self._passwords.pairs:
            raise ForgedError("neither a secret nor a password is configured")
        self._passwords.check(request)
        if not self._key:
            return None
        told = request.headers.get("svix-timestamp", "")
        seconds = told.partition(".")[0]  # only whole ones are signed
        head = f"{request.headers.get('svix-id', '')}.{seconds}.".encode()
        expected = hmac.new(self._key, head + request.body, hashlib.sha256).digest()
        brought = request.headers.get("svix-signature", "").encode().split()
        wanted = b"v1," + base64.b64encode(expected)
        if not any([same(wanted, one) for one in brought]):  # noqa: C419 - all: no early answer
            raise ForgedError("the signature is missing or wrong")
        return told

    def parse(self, request: HookRequest) -> list[MailEvent]:
        """Read the one event; its id is in a header that the signature covers."""
        told = read_json(request.body)
        if not isinstance(told, dict):
            raise GarbledError("the body is no event")
        return [_event(told, event_id=request.headers.get("svix-id", ""))]


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ConfigurationError(
            "[hooks.resend] secret is not one of Resend's; copy the signing secret, whsec_..."
        ) from error


def _event(told: Table, *, event_id: str) -> MailEvent:
    data = mapping(told.get("data"))
    headers = {
        str(one.get("name")).lower(): one.get("value") for one in objects(data.get("headers"))
    }
    key = headers.get(KEY_HEADER.lower()) or mapping(data.get("tags")).get(KEY_FIELD)
    words = text(mapping(data.get("bounce")).get("message"))
    recipients = data.get("to")
    first = recipients[0] if isinstance(recipients, list) and recipients else None
    return MailEvent(
        kind=_kind(told, data),
        source=ResendHook.name,
        delivery_key=key_of(key),
        at=moment(told.get("created_at")),
        recipient=parseaddr(first)[1] if isinstance(first, str) else None,
        code=code_in(words),
        detail=words,
        event_id=event_id,
        message_id=text(data.get("email_id")),
    )


def _kind(told: Table, data: Table) -> Kind:
    event = str(told.get("type"))
    if event != "email.bounced":
        return _EVENTS.get(event, Kind.UNKNOWN)
    bounce = mapping(data.get("bounce"))
    words = f"{bounce.get('subType', '')} {bounce.get('message', '')}".lower()
    if "suppress" in words:
        return Kind.DROPPED
    return (
        Kind.HARD_BOUNCED if bounce.get("type", "Permanent") == "Permanent" else Kind.SOFT_BOUNCED
    )
