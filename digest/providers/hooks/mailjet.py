"""Mailjet's event webhook, known by a name and password; its time is when it happened.

https://dev.mailjet.com/email/guides/webhooks/
"""

from digest.mail.event import Kind, MailEvent, code_in, key_of
from digest.providers.hooks.hook import (
    HookRequest,
    PasswordHook,
    Table,
    moment,
    objects,
    read_json,
    text,
)

_EVENTS = {
    "sent": Kind.DELIVERED,
    "spam": Kind.COMPLAINED,
    "unsub": Kind.UNSUBSCRIBED,
    "open": Kind.OPENED,
    "click": Kind.CLICKED,
}
# https://dev.mailjet.com/email/guides/webhooks/#possible-values-for-errors
_ABOUT_US = frozenset(
    {
        "relay/access denied",
        "bad or empty template",
        "error in template language",
        "content blocked",
        "policy issue",
        "sender blocked",
        "spam",
        "blacklisted",
    }
)
_PASSING = frozenset({"greylisted", "throttled", "connection issue", "system issue"})


class MailjetHook(PasswordHook):
    """What is known of Mailjet's event webhook."""

    name = "mailjet"

    def parse(self, request: HookRequest) -> list[MailEvent]:
        """Read the events, grouped or alone."""
        return [_event(one) for one in objects(read_json(request.body))]


def _event(told: Table) -> MailEvent:
    reply = text(told.get("smtp_reply"))
    return MailEvent(
        kind=_kind(told),
        source=MailjetHook.name,
        delivery_key=key_of(told.get("CustomID")),
        at=moment(told.get("time")),
        recipient=text(told.get("email")),
        code=code_in(reply),
        detail=reply or text(told.get("comment")) or text(told.get("error")),
        message_id=text(told.get("MessageID")),
    )


def _kind(told: Table) -> Kind:
    event = str(told.get("event"))
    error = str(told.get("error", "")).lower()
    if event not in {"bounce", "blocked"}:
        return _EVENTS.get(event, Kind.UNKNOWN)
    if error in _ABOUT_US:
        return Kind.REFUSED
    if event == "blocked":
        return Kind.DROPPED
    if told.get("hard_bounce") is True:
        return Kind.HARD_BOUNCED
    return Kind.DEFERRED if error in _PASSING else Kind.SOFT_BOUNCED
