"""Postmark's webhooks: one event in a request, known by a name and password in the address.

https://postmarkapp.com/developer/webhooks/webhooks-overview
"""

from typing import Any

from digest.mail.event import Kind, MailEvent, code_in, key_of
from digest.providers.hooks.hook import (
    HookRequest,
    PasswordHook,
    Table,
    mapping,
    moment,
    objects,
    read_json,
    text,
)
from digest.providers.wording import KEY_FIELD

# https://postmarkapp.com/developer/api/bounce-api#bounce-types
_BOUNCES = {
    "HardBounce": Kind.HARD_BOUNCED,
    "BadEmailAddress": Kind.HARD_BOUNCED,
    "SoftBounce": Kind.SOFT_BOUNCED,
    "DnsError": Kind.SOFT_BOUNCED,
    "AddressChange": Kind.SOFT_BOUNCED,
    "Undeliverable": Kind.SOFT_BOUNCED,
    "Transient": Kind.DEFERRED,
    "SpamNotification": Kind.REFUSED,
    "VirusNotification": Kind.REFUSED,
    "Blocked": Kind.REFUSED,
    "ISPBlock": Kind.REFUSED,
    "SMTPApiError": Kind.REFUSED,
    "DMARCPolicy": Kind.REFUSED,
    "TemplateRenderingFailed": Kind.REFUSED,
    "InboundError": Kind.UNKNOWN,
    "SpamComplaint": Kind.COMPLAINED,
    "Unsubscribe": Kind.UNSUBSCRIBED,
    "Subscribe": Kind.RESUBSCRIBED,
    "ManuallyDeactivated": Kind.DROPPED,
    "Unconfirmed": Kind.DROPPED,
    "AutoResponder": Kind.REPLIED,
    "ChallengeVerification": Kind.REPLIED,
    "OpenRelayTest": Kind.UNKNOWN,
    "Unknown": Kind.UNKNOWN,
}
_RECORDS = {
    "Delivery": Kind.DELIVERED,
    "SpamComplaint": Kind.COMPLAINED,
    "Open": Kind.OPENED,
    "Click": Kind.CLICKED,
}
_SUPPRESSIONS = {
    "HardBounce": Kind.HARD_BOUNCED,
    "SpamComplaint": Kind.COMPLAINED,
    "ManualSuppression": Kind.UNSUBSCRIBED,
}
_TIMES = ("BouncedAt", "DeliveredAt", "ChangedAt", "ReceivedAt")


class PostmarkHook(PasswordHook):
    """What is known of Postmark's webhooks."""

    name = "postmark"

    def parse(self, request: HookRequest) -> list[MailEvent]:
        """Read the one event."""
        return [_event(one) for one in objects(read_json(request.body))]


def _event(told: Table) -> MailEvent:
    details = text(told.get("Details"))
    return MailEvent(
        kind=_kind(told),
        source=PostmarkHook.name,
        delivery_key=key_of(mapping(told.get("Metadata")).get(KEY_FIELD)),
        at=next((at for name in _TIMES if (at := moment(told.get(name)))), None),
        recipient=text(told.get("Email")) or text(told.get("Recipient")),
        code=code_in(details),
        detail=details or text(told.get("Description")),
        event_id=text(told.get("ID")) or "",
        message_id=text(told.get("MessageID")),
    )


def _kind(told: Table) -> Kind:
    record: Any = told.get("RecordType")
    if record == "Bounce":
        return _BOUNCES.get(str(told.get("Type")), Kind.UNKNOWN)
    if record == "SubscriptionChange":
        if told.get("SuppressSending") is False:
            return Kind.RESUBSCRIBED
        return _SUPPRESSIONS.get(str(told.get("SuppressionReason")), Kind.UNKNOWN)
    return _RECORDS.get(str(record), Kind.UNKNOWN)
