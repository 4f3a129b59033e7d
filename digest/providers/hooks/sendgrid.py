"""SendGrid's event webhook: many events in a request, signed with ECDSA over time and body.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event and, for the signature,
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from digest.errors import ConfigurationError
from digest.mail.event import Kind, MailEvent, code_in, key_of
from digest.providers.hooks.hook import (
    WINDOW,
    ForgedError,
    HookRequest,
    Passwords,
    Table,
    moment,
    objects,
    read_json,
    text,
)
from digest.providers.hooks.settings import SendgridHookSettings
from digest.providers.wording import KEY_FIELD

_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"

_EVENTS = {
    "processed": Kind.ACCEPTED,
    "deferred": Kind.DEFERRED,
    "delivered": Kind.DELIVERED,
    "spamreport": Kind.COMPLAINED,
    "unsubscribe": Kind.UNSUBSCRIBED,
    "group_unsubscribe": Kind.UNSUBSCRIBED,
    "group_resubscribe": Kind.RESUBSCRIBED,
    "open": Kind.OPENED,
    "click": Kind.CLICKED,
}
_ABOUT_US = frozenset({"content", "reputation", "frequency or volume too high"})
_LISTED = ("bounced", "unsubscribed", "spam reporting", "invalid")


class SendgridHook:
    """What is known of SendGrid's event webhook."""

    name = "sendgrid"
    window = WINDOW
    asks = False

    def __init__(self, settings: SendgridHookSettings) -> None:
        self._passwords = Passwords(pairs=settings.passwords)
        self._key = _public_key(settings.key) if settings.key else None

    def prove(self, request: HookRequest) -> str | None:
        """Check the signature over the time and the raw body, and the password."""
        if self._key is None and not self._passwords.pairs:
            raise ForgedError("neither a key nor a password is configured")
        self._passwords.check(request)
        if self._key is None:
            return None
        told = request.headers.get(_TIMESTAMP, "")
        try:
            signature = base64.b64decode(request.headers.get(_SIGNATURE, ""), validate=True)
            self._key.verify(signature, told.encode() + request.body, ec.ECDSA(SHA256()))
        except (InvalidSignature, binascii.Error, ValueError) as error:
            raise ForgedError("the signature is missing or wrong") from error
        return told

    def parse(self, request: HookRequest) -> list[MailEvent]:
        """Read the events."""
        return [_event(one) for one in objects(read_json(request.body))]


def _public_key(words: str) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode("".join(words.split()), validate=True))
    except (ValueError, binascii.Error) as error:
        raise ConfigurationError(
            "[hooks.sendgrid] key is no public key; copy the verification key of the event webhook"
        ) from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ConfigurationError("[hooks.sendgrid] key is not one for ECDSA; copy it once more")
    return key


def _event(told: Table) -> MailEvent:
    """Read one event; ``sg_event_id`` is passed over, as it may be another one at each retry."""
    words = text(told.get("response")) or text(told.get("reason"))
    return MailEvent(
        kind=_kind(told),
        source=SendgridHook.name,
        delivery_key=key_of(told.get(KEY_FIELD)) or key_of(told.get("smtp-id")),
        at=moment(told.get("timestamp")),
        recipient=text(told.get("email")),
        code=code_in(words) or code_in(text(told.get("status"))),
        detail=words,
        message_id=text(told.get("smtp-id")),
    )


def _kind(told: Table) -> Kind:
    event = str(told.get("event"))
    if event == "dropped":
        reason = str(told.get("reason", "")).lower()
        return Kind.DROPPED if reason.startswith(_LISTED) else Kind.REFUSED
    if event != "bounce":
        return _EVENTS.get(event, Kind.UNKNOWN)
    if str(told.get("bounce_classification", "")).lower() in _ABOUT_US:
        return Kind.REFUSED
    return Kind.SOFT_BOUNCED if told.get("type") == "blocked" else Kind.HARD_BOUNCED
