"""Brevo's transactional webhooks, known by a name and password.

https://developers.brevo.com/docs/transactional-webhooks
"""

from digest.mail.event import Kind, MailEvent, code_in, key_of
from digest.providers.brevo import KEY_HEADER
from digest.providers.hooks.hook import (
    GarbledError,
    HookRequest,
    PasswordHook,
    Table,
    moment,
    objects,
    read_json,
    text,
)

_EVENTS = {
    "request": Kind.ACCEPTED,
    "sent": Kind.ACCEPTED,
    "deferred": Kind.DEFERRED,
    "delivered": Kind.DELIVERED,
    "soft_bounce": Kind.SOFT_BOUNCED,
    "hard_bounce": Kind.HARD_BOUNCED,
    "invalid_email": Kind.HARD_BOUNCED,
    "blocked": Kind.DROPPED,
    "error": Kind.REFUSED,
    "spam": Kind.COMPLAINED,
    "complaint": Kind.COMPLAINED,
    "unsubscribe": Kind.UNSUBSCRIBED,
    "unsubscribed": Kind.UNSUBSCRIBED,
    "opened": Kind.OPENED,
    "unique_opened": Kind.OPENED,
    "proxy_open": Kind.OPENED,
    "unique_proxy_open": Kind.OPENED,
    "click": Kind.CLICKED,
}
_MILLISECONDS = 1000


class BrevoHook(PasswordHook):
    """What is known of Brevo's webhooks."""

    name = "brevo"

    def parse(self, request: HookRequest) -> list[MailEvent]:
        """Read the one event, or the list that batched webhooks have."""
        told = objects(read_json(request.body))
        if any("items" in one for one in told):
            raise GarbledError("this is incoming mail: is an inbound webhook pointed here?")
        return [_event(one) for one in told]


def _event(told: Table) -> MailEvent:
    words = text(told.get("reason"))
    headers = {name.lower(): value for name, value in told.items()}
    return MailEvent(
        kind=_EVENTS.get(str(told.get("event")), Kind.UNKNOWN),
        source=BrevoHook.name,
        delivery_key=key_of(headers.get(KEY_HEADER.lower())),
        at=moment(told.get("ts_epoch"), per_second=_MILLISECONDS),
        recipient=text(told.get("email")),
        code=code_in(words),
        detail=words,
        message_id=text(told.get("message-id")),
    )
