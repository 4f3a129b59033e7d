"""SparkPost's event webhook: many events in a request, known by a name and password.

https://developers.sparkpost.com/api/webhooks/
"""

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

_EVENTS = {
    "injection": Kind.ACCEPTED,
    "delivery": Kind.DELIVERED,
    "delay": Kind.DEFERRED,
    "spam_complaint": Kind.COMPLAINED,
    "list_unsubscribe": Kind.UNSUBSCRIBED,
    "link_unsubscribe": Kind.UNSUBSCRIBED,
    "policy_rejection": Kind.DROPPED,
    "generation_failure": Kind.REFUSED,
    "generation_rejection": Kind.REFUSED,
    "open": Kind.OPENED,
    "amp_open": Kind.OPENED,
    "click": Kind.CLICKED,
    "amp_click": Kind.CLICKED,
}
# https://support.sparkpost.com/docs/deliverability/bounce-classification-codes
_CLASSES = {
    "10": Kind.HARD_BOUNCED,
    "26": Kind.DROPPED,
    "30": Kind.HARD_BOUNCED,
    "25": Kind.REFUSED,
    "50": Kind.REFUSED,
    "51": Kind.REFUSED,
    "52": Kind.REFUSED,
    "53": Kind.REFUSED,
    "54": Kind.REFUSED,
    "60": Kind.REPLIED,
    "80": Kind.RESUBSCRIBED,
    "90": Kind.UNSUBSCRIBED,
    "100": Kind.REPLIED,
}


class SparkpostHook(PasswordHook):
    """What is known of SparkPost's event webhook."""

    name = "sparkpost"

    def parse(self, request: HookRequest) -> list[MailEvent]:
        """Read the events; a ping has none."""
        return [
            _event(told)
            for one in objects(read_json(request.body))
            for told in mapping(one.get("msys")).values()
            if isinstance(told, dict)
        ]


def _event(told: Table) -> MailEvent:
    words = text(told.get("raw_reason")) or text(told.get("reason"))
    return MailEvent(
        kind=_kind(told),
        source=SparkpostHook.name,
        delivery_key=key_of(mapping(told.get("rcpt_meta")).get(KEY_FIELD)),
        at=moment(told.get("timestamp")),
        recipient=text(told.get("raw_rcpt_to")) or text(told.get("rcpt_to")),
        code=code_in(words),
        detail=words,
        event_id=text(told.get("event_id")) or "",
        message_id=text(told.get("transmission_id")),
    )


def _kind(told: Table) -> Kind:
    event = str(told.get("type"))
    if event in {"bounce", "out_of_band"}:
        return _CLASSES.get(str(told.get("bounce_class")), Kind.SOFT_BOUNCED)
    return _EVENTS.get(event, Kind.UNKNOWN)
