"""The eight providers' webhooks as they post them, proved by keys of our own."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from digest.providers.hooks import registry
from digest.providers.hooks.hook import Hook, HookRequest
from digest.providers.hooks.settings import (
    HookSettings,
    MailgunHookSettings,
    PasswordHookSettings,
    ResendHookSettings,
    SendgridHookSettings,
    SesHookSettings,
)
from digest.providers.hooks.sns import signed_words

TOPIC = "arn:aws:sns:eu-west-1:123456789012:letters"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
SUBSCRIBE = (
    "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn="
    f"{TOPIC}&Token=0123456789abcdef"
)
_PASSWORD = "hook:a long password"  # noqa: S105 - of the tests
_MAILGUN = "a signing key"
_SVIX = b"a secret of thirty-two bytes, yes"
_BASIC = {"authorization": "Basic " + base64.b64encode(_PASSWORD.encode()).decode()}
_EVENTS: Mapping[str, Mapping[str, Any]] = {
    "ses": {"hard": "Bounce", "complaint": "Complaint", "delivered": "Delivery"},
    "postmark": {"hard": "Bounce", "complaint": "SpamComplaint", "delivered": "Delivery"},
    "sendgrid": {"hard": "bounce", "complaint": "spamreport", "delivered": "delivered"},
    "mailgun": {"hard": "failed", "complaint": "complained", "delivered": "delivered"},
    "resend": {"hard": "bounced", "complaint": "complained", "delivered": "delivered"},
    "brevo": {"hard": "hard_bounce", "complaint": "spam", "delivered": "delivered"},
    "mailjet": {"hard": "bounce", "complaint": "spam", "delivered": "sent"},
    "sparkpost": {"hard": "bounce", "complaint": "spam_complaint", "delivered": "delivery"},
}
SIGNED = ("ses", "sendgrid", "mailgun", "resend")
"""Those that sign; the others bring a name and password."""

_GONE = "550 5.1.1 <ada@example.org> no such user"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a post tells: an event of "hard", "complaint" or "delivered", of one letter."""

    event: str = "hard"
    key: str = "2026-w24.1"
    id: str = "e1"
    at: datetime = datetime(2026, 6, 12, 6, 0, tzinfo=UTC)

    @property
    def seconds(self) -> str:
        """The time as most write it."""
        return str(int(self.at.timestamp()))


@cache
def _ec() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate() -> bytes:
    """Return the certificate that our Amazon signs with."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_rsa().public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3650))
        .sign(_rsa(), SHA256())
    )
    return made.public_bytes(Encoding.PEM)


def settings() -> HookSettings:
    """Return what opens all hooks."""
    public = _ec().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    one = PasswordHookSettings(passwords=("old:one", _PASSWORD))
    return HookSettings(
        ses=SesHookSettings(topics=(TOPIC,)),
        postmark=one,
        sendgrid=SendgridHookSettings(key=base64.b64encode(public).decode()),
        mailgun=MailgunHookSettings(key=_MAILGUN),
        resend=ResendHookSettings(secret="whsec_" + base64.b64encode(_SVIX).decode()),
        brevo=one,
        mailjet=one,
        sparkpost=one,
    )


class Amazon:
    """Answers what the guarded client would fetch, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, url: str) -> bytes:
        """Give the certificate; raise OSError at an address that does not answer."""
        self.asked.append(url)
        if url == CERTIFICATE:
            return certificate()
        if url == SUBSCRIBE:
            return b"<ConfirmSubscriptionResponse/>"
        raise ConnectionError("no answer")


def hooks(fetch: Callable[[str], bytes] | None = None) -> dict[str, Hook]:
    """Return all hooks, open."""
    return registry.build(settings(), fetch=fetch or Amazon())


def post(provider: str, told: Told) -> HookRequest:
    """Write a proved request."""
    return _WRITERS[provider](told, _EVENTS[provider][told.event])


def _json(body: Any, **headers: str) -> HookRequest:
    return HookRequest(
        headers={"content-type": "application/json", **headers}, body=json.dumps(body).encode()
    )


def _ses(told: Told, event: str) -> HookRequest:
    part = {"Bounce": "bounce", "Complaint": "complaint"}.get(event, "delivery")
    words = {"emailAddress": "ada@example.org", "diagnosticCode": f"smtp; {_GONE}"}
    inner = {
        "eventType": event,
        "mail": {"messageId": "m1", "destination": ["ada@example.org"],
                 "tags": {"delivery": [told.key.replace(".", "-")]}},
        part: {"bounceType": "Permanent", "bounceSubType": "NoEmail",
               "bouncedRecipients": [words], "complainedRecipients": [words]},
    }  # fmt: skip
    return sns(
        {"Type": "Notification", "MessageId": told.id, "TopicArn": TOPIC,
         "Message": json.dumps(inner), "Timestamp": told.at.isoformat()}
    )  # fmt: skip


def sns(message: Mapping[str, str], *, version: str = "2") -> HookRequest:
    """Sign a message as Amazon SNS."""
    whole = {"SignatureVersion": version, "SigningCertURL": CERTIFICATE, **message}
    algorithm = SHA256() if version == "2" else SHA1()  # noqa: S303 - version 1 is SHA-1
    signature = _rsa().sign(signed_words(whole), PKCS1v15(), algorithm)
    return _json({**whole, "Signature": base64.b64encode(signature).decode()})


def _postmark(told: Told, event: str) -> HookRequest:
    body = {
        "RecordType": event, "Type": "HardBounce", "ID": told.id, "MessageID": "m1",
        "Email": "ada@example.org", "Metadata": {"delivery": told.key},
        "BouncedAt": told.at.isoformat(), "Details": _GONE,
    }  # fmt: skip
    return _json(body, **_BASIC)


def _sendgrid(told: Told, event: str) -> HookRequest:
    body = {
        "event": event, "type": "bounce", "sg_event_id": told.id, "email": "ada@example.org",
        "timestamp": int(told.seconds), "delivery": told.key, "reason": _GONE,
    }  # fmt: skip
    request = _json([body])
    signature = _ec().sign(told.seconds.encode() + request.body, ec.ECDSA(SHA256()))
    return replace(
        request,
        headers={
            "x-twilio-email-event-webhook-timestamp": told.seconds,
            "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        },
    )


def _mailgun(told: Told, event: str) -> HookRequest:
    signed = hmac.new(_MAILGUN.encode(), f"{told.seconds}{told.id}".encode(), hashlib.sha256)
    return _json(
        {
            "signature": {
                "timestamp": told.seconds, "token": told.id, "signature": signed.hexdigest(),
            },
            "event-data": {
                "event": event, "severity": "permanent", "reason": "bounce",
                "timestamp": told.at.timestamp(), "recipient": "ada@example.org",
                "user-variables": {"delivery": told.key},
                "delivery-status": {"code": 550, "message": "5.1.1 no such user"},
            },
        }
    )  # fmt: skip


def _resend(told: Told, event: str) -> HookRequest:
    request = _json(
        {
            "type": f"email.{event}", "created_at": told.at.isoformat(),
            "data": {"email_id": "m1", "to": ["Ada <ada@example.org>"],
                     "headers": [{"name": "X-Delivery", "value": told.key}],
                     "bounce": {"type": "Permanent", "message": _GONE}},
        }
    )  # fmt: skip
    content = f"{told.id}.{told.seconds}.".encode() + request.body
    signature = base64.b64encode(hmac.new(_SVIX, content, hashlib.sha256).digest()).decode()
    return replace(
        request,
        headers={
            "svix-id": told.id,
            "svix-timestamp": told.seconds,
            "svix-signature": f"v1,bm90IHRoaXMgb25l v1,{signature}",
        },
    )


def _brevo(told: Told, event: str) -> HookRequest:
    body = {
        "event": event, "email": "ada@example.org", "message-id": "<m1>", "reason": _GONE,
        "ts_epoch": int(told.seconds) * 1000, "X-Mailin-custom": told.key,
    }  # fmt: skip
    return _json(body, **_BASIC)


def _mailjet(told: Told, event: str) -> HookRequest:
    body = {
        "event": event, "email": "ada@example.org", "MessageID": 7, "CustomID": told.key,
        "time": int(told.seconds), "hard_bounce": True, "error": "user unknown",
    }  # fmt: skip
    return _json([body], **_BASIC)


def _sparkpost(told: Told, event: str) -> HookRequest:
    body = {
        "type": event, "event_id": told.id, "bounce_class": "10", "raw_reason": _GONE,
        "rcpt_to": "ada@example.org", "rcpt_meta": {"delivery": told.key},
        "timestamp": told.seconds,
    }  # fmt: skip
    return _json([{"msys": {"message_event": body}}], **_BASIC)


_WRITERS: Mapping[str, Callable[[Told, Any], HookRequest]] = {
    "ses": _ses,
    "postmark": _postmark,
    "sendgrid": _sendgrid,
    "mailgun": _mailgun,
    "resend": _resend,
    "brevo": _brevo,
    "mailjet": _mailjet,
    "sparkpost": _sparkpost,
}
PROVIDERS = tuple(_WRITERS)
