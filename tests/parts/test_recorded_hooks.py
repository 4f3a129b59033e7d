"""Webhooks as providers really posted them: the same events, and the same ones refused."""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from digest.mail.event import Kind, MailEvent
from digest.providers.hooks import registry
from digest.providers.hooks.hook import ForgedError, GarbledError, Hook, HookRequest
from digest.providers.hooks.settings import (
    HookSettings,
    MailgunHookSettings,
    PasswordHookSettings,
    ResendHookSettings,
    SendgridHookSettings,
    SesHookSettings,
)

FOLDERS = {"amazon_ses": "ses"} | {
    name: name
    for name in ("postmark", "sendgrid", "mailgun", "resend", "brevo", "mailjet", "sparkpost")
}
PAIRS = ("username:password", "cred1:pass1", "cred1:pass2", "cred2:pass2")
SVIX = "whsec_" + base64.b64encode(b"TEST_SIGNING_SECRET").decode()
OUR_WORDS = {
    "queued": {Kind.ACCEPTED},
    "sent": {Kind.ACCEPTED},
    "deferred": {Kind.DEFERRED},
    "delivered": {Kind.DELIVERED},
    "bounced": {Kind.HARD_BOUNCED, Kind.SOFT_BOUNCED},
    "rejected": {Kind.DROPPED},
    "failed": {Kind.REFUSED},
    "complained": {Kind.COMPLAINED},
    "unsubscribed": {Kind.UNSUBSCRIBED},
    "subscribed": {Kind.RESUBSCRIBED},
    "opened": {Kind.OPENED},
    "clicked": {Kind.CLICKED},
    "autoresponded": {Kind.REPLIED},
    "unknown": {Kind.UNKNOWN},
}


@pytest.fixture(scope="module")
def recorded() -> list[tuple[str, str, Mapping[str, Any]]]:
    """Give the requests to our providers: the hook, the name of the recording, and what is told."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "webhooks"
    if not folder.is_dir():
        pytest.skip("the recorded webhooks are not on this machine")
    return [
        (hook, path.stem, request)
        for place, hook in FOLDERS.items()
        for path in sorted((folder / place).glob("*.json"))
        for request in json.loads(path.read_text(encoding="utf-8"))["requests"]
    ]


def opened(request: Mapping[str, Any], *, name: str) -> dict[str, Hook]:
    """Open the hooks with the keys that a recording was made with."""
    one = PasswordHookSettings(passwords=PAIRS)
    key = str(request["anymail_settings"].get("SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY", ""))
    signing = "TEST_API_KEY" if "defaults_webhook_signing" in name else "TEST_WEBHOOK_SIGNING_KEY"
    is_basic = "HttpBasicAuth" in name or not key
    return registry.build(
        HookSettings(
            ses=SesHookSettings(topics=("arn",), passwords=PAIRS),
            postmark=one,
            sendgrid=SendgridHookSettings(key=key, passwords=PAIRS if is_basic else ()),
            mailgun=MailgunHookSettings(key=signing, passwords=PAIRS),
            resend=ResendHookSettings(secret=SVIX, passwords=PAIRS),
            brevo=one,
            mailjet=one,
            sparkpost=one,
        ),
        fetch=lambda _: b"",
    )


def as_request(told: Mapping[str, Any]) -> HookRequest:
    headers = {name.lower(): str(value) for name, value in told["headers"].items()}
    return HookRequest(
        headers={"content-type": told["content_type"] or "", **headers},
        body=told["body_text"].encode(),
    )


def test_the_recorded_requests_yield_exactly_their_events(
    recorded: list[tuple[str, str, Mapping[str, Any]]],
) -> None:
    read = 0
    for name, recording, told in recorded:
        if told.get("status") != 200 or "auto_confirmation" in recording:
            continue  # refused by whoever recorded it, or answered by a visit to Amazon
        hook = opened(told, name=recording)[name]
        events = hook.parse(as_request(told))
        wanted = told["events"] or []
        assert len(events) == len(wanted), recording
        for event, expected in zip(events, wanted, strict=True):
            read += 1
            assert [*differences(event, expected)] == [], recording
    assert read > 75


def differences(event: MailEvent, expected: Mapping[str, Any]) -> Iterator[str]:
    """Name what is not as expected."""
    is_listed = expected["reject_reason"] == "blocked"  # by a list of the provider's
    kinds = {Kind.DROPPED} if is_listed else OUR_WORDS[expected["event_type"]]
    if event.kind not in kinds:
        yield f"{event.kind} for {expected['event_type']}"
    # SendGrid's id may be another one when it tells again, so its events are known by their words.
    own = "" if event.source == "sendgrid" else expected["event_id"]
    if event.event_id != (own or ""):
        yield "event id"
    at = expected["timestamp"]
    if event.at != (datetime.fromisoformat(at) if at else None):
        yield "time"
    if event.recipient != expected["recipient"]:
        yield "recipient"
    words = expected["mta_response"] or expected["description"]
    if words and event.detail != words:
        yield "words"
    # Of SendGrid's, the recorder kept an id of its own among the metadata.
    if event.source != "sendgrid" and event.message_id != expected["message_id"]:
        yield "message id"


def test_the_recorded_proofs_are_accepted_and_refused_as_they_were(
    recorded: list[tuple[str, str, Mapping[str, Any]]],
) -> None:
    fates: dict[bool, int] = {True: 0, False: 0}
    for name, recording, told in recorded:
        if name == "ses" or told.get("status") not in {200, 400}:
            continue  # of SNS only passwords were recorded, which are not enough for us
        hook = opened(told, name=recording)[name]
        try:
            hook.prove(as_request(told))
        except ForgedError:
            accepted = False
        else:
            accepted = True
        assert accepted is (told["status"] == 200), recording
        fates[accepted] += 1
    assert fates[True] > 80
    assert fates[False] > 15


def test_what_is_meant_for_other_programs_is_refused_by_name(
    recorded: list[tuple[str, str, Mapping[str, Any]]],
) -> None:
    misplaced = [one for one in recorded if "misconfigured_inbound" in one[1]]
    assert {name for name, _, _ in misplaced} == {"brevo", "mailgun"}
    for name, recording, told in misplaced:
        with pytest.raises(GarbledError, match="incoming mail"):
            opened(told, name=recording)[name].parse(as_request(told))
