"""Mailgun's webhooks: one event in a request, with a token that is signed, though not the body.

https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import timedelta
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from digest.mail.event import Kind, MailEvent, code_in, key_of
from digest.providers.hooks.hook import (
    ForgedError,
    GarbledError,
    HookRequest,
    Passwords,
    Table,
    mapping,
    moment,
    read_json,
    same,
    text,
)
from digest.providers.hooks.settings import MailgunHookSettings
from digest.providers.wording import KEY_FIELD

_EVENTS = {
    "accepted": Kind.ACCEPTED,
    "delivered": Kind.DELIVERED,
    "complained": Kind.COMPLAINED,
    "unsubscribed": Kind.UNSUBSCRIBED,
    "rejected": Kind.REFUSED,
    "opened": Kind.OPENED,
    "clicked": Kind.CLICKED,
    # What the webhooks before 2018 said:
    "bounced": Kind.HARD_BOUNCED,
    "dropped": Kind.DROPPED,
}
_REASONS = {
    "bounce": Kind.HARD_BOUNCED,
    "espblock": Kind.REFUSED,
    "suppress-bounce": Kind.DROPPED,
    "suppress-complaint": Kind.DROPPED,
    "suppress-unsubscribe": Kind.DROPPED,
}
_SIGNED = ("timestamp", "token", "signature")


class MailgunHook:
    """What is known of Mailgun's webhooks.

    The token is the event's id: as the signature says nothing of the body, a token counts once,
    and another body with it changes nothing. Mailgun tries for eight hours.
    """

    name = "mailgun"
    window = timedelta(hours=9)
    asks = False

    def __init__(self, settings: MailgunHookSettings) -> None:
        self._passwords = Passwords(pairs=settings.passwords)
        self._key = settings.key.encode()

    def prove(self, request: HookRequest) -> str | None:
        """Check the signature over time and token, and the password."""
        if not self._key:
            raise ForgedError("no signing key is configured")
        self._passwords.check(request)
        try:
            signed = _signature(_told(request))
        except GarbledError as error:
            raise ForgedError("the signature cannot be read") from error
        at, token, signature = (text(signed.get(name)) or "" for name in _SIGNED)
        expected = hmac.new(self._key, _bytes(f"{at}{token}"), hashlib.sha256).hexdigest()
        if not token or not same(expected.encode(), _bytes(signature)):
            raise ForgedError("the signature is missing or wrong")
        return at

    def parse(self, request: HookRequest) -> list[MailEvent]:
        """Read the one event."""
        told = _told(request)
        data = told.get("event-data")
        if isinstance(data, dict):
            return [_event(data, token=text(_signature(told).get("token")))]
        if "event" not in told:
            raise GarbledError("this is no event: is a route for incoming mail pointed here?")
        return [_old_event(told)]


def _told(request: HookRequest) -> Table:
    """Read JSON, or a form as the webhooks before 2018 had it."""
    kind = request.headers.get("content-type", "").lower()
    if kind.startswith("multipart/form-data"):
        return _multipart(request)
    if kind.startswith("application/x-www-form-urlencoded"):
        fields = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        return _form(fields)
    return mapping(read_json(request.body))


def _multipart(request: HookRequest) -> Table:
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    form = BytesParser(policy=HTTP).parsebytes(head + request.body)
    fields: list[tuple[str, str]] = []
    for part in form.iter_parts() if form.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        value = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(value, bytes):
            words = value.decode("utf-8", "replace")
            fields.append((name, words.removesuffix("\n").removesuffix("\r")))
    return _form(fields)


def _form(fields: Iterable[tuple[str, str]]) -> Table:
    """Tell Mailgun's fields from variables of the sender's that are named like them.

    Those that are signed stand at the end of the form, the others at its begin.
    """
    found: dict[str, str] = {}
    for name, value in fields:
        if name in _SIGNED or name not in found:
            found[name] = value
    return found


def _signature(told: Table) -> Mapping[str, Any]:
    nested = told.get("signature")
    return nested if isinstance(nested, dict) else told


def _bytes(words: str) -> bytes:
    """Write words as they are compared: JSON can say half a character, which nobody has signed."""
    return words.encode("utf-8", "surrogatepass")


def _event(data: Table, *, token: str | None) -> MailEvent:
    status = mapping(data.get("delivery-status"))
    message_id = text(mapping(mapping(data.get("message")).get("headers")).get("message-id"))
    words = text(status.get("message")) or text(status.get("description"))
    code = " ".join(part for part in (text(status.get("code")), code_in(words)) if part)
    key = mapping(data.get("user-variables")).get(KEY_FIELD)
    return MailEvent(
        kind=_kind(data),
        source=MailgunHook.name,
        delivery_key=key_of(key) or key_of(message_id),
        at=moment(data.get("timestamp")),
        recipient=text(data.get("recipient")),
        code=code or None,
        detail=words,
        event_id=token or "",
        message_id=f"<{message_id}>" if message_id else None,
    )


def _kind(data: Table) -> Kind:
    event = str(data.get("event"))
    if event != "failed":
        return _EVENTS.get(event, Kind.UNKNOWN)
    if data.get("severity") == "temporary":
        return Kind.DEFERRED
    return _REASONS.get(str(data.get("reason")), Kind.SOFT_BOUNCED)


def _old_event(told: Table) -> MailEvent:
    message_id = text(told.get("Message-Id") or told.get("message-id"))
    words = text(told.get("error")) or text(told.get("description"))
    return MailEvent(
        kind=_EVENTS.get(str(told["event"]), Kind.UNKNOWN),
        source=MailgunHook.name,
        delivery_key=key_of(told.get(KEY_FIELD)) or key_of(message_id),
        at=moment(told.get("timestamp")),
        recipient=text(told.get("recipient")),
        code=code_in(words) or text(told.get("code")),
        detail=words,
        event_id=text(told.get("token")) or "",
        message_id=message_id,
    )
