"""Amazon SES events, which come through an SNS topic: one event in a request, signed by SNS.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from datetime import timedelta
from typing import Any

from digest.mail.event import Kind, MailEvent, code_in, key_of
from digest.providers.hooks.hook import (
    Fetch,
    ForgedError,
    GarbledError,
    HookRequest,
    Passwords,
    Table,
    mapping,
    moment,
    objects,
    read_json,
    text,
)
from digest.providers.hooks.settings import SesHookSettings
from digest.providers.hooks.sns import CONFIRMATION, NOTIFICATION, Sns
from digest.providers.wording import KEY_FIELD

_EVENTS = {
    "Send": Kind.ACCEPTED,
    "Delivery": Kind.DELIVERED,
    "DeliveryDelay": Kind.DEFERRED,
    "Complaint": Kind.COMPLAINED,
    "Reject": Kind.REFUSED,
    "Rendering Failure": Kind.REFUSED,
    "Subscription": Kind.UNSUBSCRIBED,
    "Open": Kind.OPENED,
    "Click": Kind.CLICKED,
}
_LISTED = frozenset({"Suppressed", "OnAccountSuppressionList", "UnsubscribedRecipient"})
_ABOUT_US = frozenset({"ContentRejected", "AttachmentRejected"})
_PARTS = {  # where each event names its recipients, and where the words about each are
    "Bounce": ("bounce", "bouncedRecipients"),
    "Complaint": ("complaint", "complainedRecipients"),
    "DeliveryDelay": ("deliveryDelay", "delayedRecipients"),
}


class SesHook:
    """What is known of the events of SES. SNS tries for an hour, and signs once."""

    name = "ses"
    window = timedelta(minutes=65)
    asks = True

    def __init__(self, settings: SesHookSettings, *, fetch: Fetch) -> None:
        self._topics = frozenset(settings.topics)
        self._passwords = Passwords(pairs=settings.passwords)
        self._sns = Sns(fetch)

    def prove(self, request: HookRequest) -> str | None:
        """Check password, topic, and the signature over the message."""
        self._passwords.check(request)
        try:
            message = mapping(read_json(request.body))
        except GarbledError as error:
            raise ForgedError("this is no message of Amazon SNS") from error
        if text(message.get("TopicArn")) not in self._topics:
            raise ForgedError("this topic is not among [hooks.ses] topics")
        self._sns.prove(message)
        return text(message.get("Timestamp")) or ""

    def parse(self, request: HookRequest) -> list[MailEvent]:
        """Read the events; confirm a subscription where Amazon asks for that."""
        message = mapping(read_json(request.body))
        if message.get("Type") == CONFIRMATION:
            self._sns.confirm(message)
        inner = message.get("Message")
        if message.get("Type") != NOTIFICATION or not isinstance(inner, str):
            return []
        if not inner.lstrip().startswith("{"):
            return []  # "Successfully validated SNS topic for Amazon SES event publishing."
        return _events(mapping(read_json(inner)), message)


def _events(told: Table, message: Table) -> list[MailEvent]:
    event = text(told.get("eventType")) or text(told.get("notificationType"))
    if event is None:
        return []
    mail = mapping(told.get("mail"))
    part, recipients = _PARTS.get(event, ("", ""))
    details = mapping(told.get(part))
    named: list[Table] = objects(details.get(recipients)) or [
        {"emailAddress": address} for address in _texts(mail.get("destination"))
    ]
    return [
        MailEvent(
            kind=_kind(event, details),
            source=SesHook.name,
            delivery_key=_key(mail),
            at=moment(message.get("Timestamp")),
            recipient=text(one.get("emailAddress")),
            code=_code(one),
            detail=text(one.get("diagnosticCode")) or _summary(details),
            event_id=text(message.get("MessageId")) or "",
            message_id=text(mail.get("messageId")),
        )
        for one in named
    ]


def _kind(event: str, details: Table) -> Kind:
    subtype = details.get("bounceSubType") or details.get("complaintSubType")
    if subtype in _LISTED:
        return Kind.DROPPED
    if event != "Bounce":
        return _EVENTS.get(event, Kind.UNKNOWN)
    if subtype in _ABOUT_US:
        return Kind.REFUSED
    is_permanent = details.get("bounceType") == "Permanent"
    return Kind.HARD_BOUNCED if is_permanent else Kind.SOFT_BOUNCED


def _key(mail: Table) -> str | None:
    """Find the key among the tags of the message, or in the Message-ID that it was given."""
    tags = _texts(mapping(mail.get("tags")).get(KEY_FIELD))
    given = [
        text(header.get("value"))
        for header in objects(mail.get("headers"))
        if str(header.get("name")).lower() == "message-id"
    ]
    return next((key for words in (*tags, *given) if (key := key_of(words))), None)


def _code(recipient: Table) -> str | None:
    return code_in(text(recipient.get("diagnosticCode"))) or code_in(text(recipient.get("status")))


def _summary(details: Table) -> str | None:
    words = [details.get(name) for name in ("bounceType", "bounceSubType", "complaintFeedbackType")]
    return ": ".join(str(word) for word in words if word) or None


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
