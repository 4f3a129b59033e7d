"""How Amazon SNS proves that a message is its own, and where it may send us to.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from digest.providers.hooks.hook import Fetch, ForgedError

_HOST = r"sns\.[a-z]{2}(?:-[a-z]{2,12}){1,3}-[0-9]\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(
    rf"https://{_HOST}/SimpleNotificationService-[0-9a-f]{{8,64}}\.pem", re.ASCII
)
_SUBSCRIBE = re.compile(rf"https://{_HOST}/\?[!-~]{{1,2000}}", re.ASCII)
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]{5,30}):[0-9]{10,14}:[\w.-]{1,256}", re.ASCII)
_HASHES = {"1": SHA1, "2": SHA256}
_NOTIFIED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMED = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_MOST_KEYS = 16

NOTIFICATION = "Notification"
CONFIRMATION = "SubscriptionConfirmation"
_SIGNED = {
    NOTIFICATION: _NOTIFIED,
    CONFIRMATION: _CONFIRMED,
    "UnsubscribeConfirmation": _CONFIRMED,
}


class Sns:
    """Checks signatures; the few keys that Amazon signs with are fetched once each."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._keys: dict[str, rsa.RSAPublicKey] = {}

    def prove(self, message: Mapping[str, Any]) -> None:
        """Raise `ForgedError` unless Amazon signed this message. May read from Amazon.

        Raises OSError when the certificate cannot be had: nobody knows then, so try again.
        """
        digest = _HASHES.get(str(message.get("SignatureVersion")))
        if digest is None:
            raise ForgedError("the signature has no version that we know")
        try:
            signature = base64.b64decode(str(message.get("Signature", "")), validate=True)
        except (binascii.Error, ValueError) as error:
            raise ForgedError("the signature is missing or wrong") from error
        signed = signed_words(message)
        key = self._key(str(message.get("SigningCertURL")))
        try:
            key.verify(signature, signed, PKCS1v15(), digest())
        except InvalidSignature as error:
            raise ForgedError("the signature is missing or wrong") from error

    def confirm(self, message: Mapping[str, Any]) -> None:
        """Visit the address that confirms a subscription; only for a message that is proved."""
        self._fetch(subscribe_url(message))

    def _key(self, url: str) -> rsa.RSAPublicKey:
        if not _CERTIFICATE.fullmatch(url):
            raise ForgedError("the certificate does not lie at Amazon SNS")
        known = self._keys.get(url)
        if known is not None:
            return known
        try:
            key = load_pem_x509_certificate(self._fetch(url)).public_key()
        except ValueError as error:
            raise ForgedError("there is no certificate at the address") from error
        if not isinstance(key, rsa.RSAPublicKey):
            raise ForgedError("the certificate is not one of Amazon SNS")
        if len(self._keys) >= _MOST_KEYS:
            self._keys.clear()
        self._keys[url] = key
        return key


def signed_words(message: Mapping[str, Any]) -> bytes:
    """Return what the signature covers: names and values in order, a line for each."""
    names = _SIGNED.get(str(message.get("Type")))
    if names is None:
        raise ForgedError("this is no message of Amazon SNS")
    lines: list[str] = []
    for name in names:
        value = message.get(name)
        if value is None and name == "Subject":
            continue
        if not isinstance(value, str):
            raise ForgedError(f"the message has no {name}")
        lines += [name, value]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")


def subscribe_url(message: Mapping[str, Any]) -> str:
    """Return where the subscription is confirmed; raise `ForgedError` for any other address.

    It lies at Amazon SNS, in the topic's own region, and confirms this very topic.
    """
    url, topic = str(message.get("SubscribeURL")), str(message.get("TopicArn"))
    region = _TOPIC.fullmatch(topic)
    parts = urlsplit(url) if _SUBSCRIBE.fullmatch(url) else None
    asked = parse_qs(parts.query) if parts else {}
    if (
        parts is None
        or region is None
        or parts.fragment
        or not parts.netloc.startswith(f"sns.{region[1]}.")
        or asked.get("Action") != ["ConfirmSubscription"]
        or asked.get("TopicArn") != [topic]
    ):
        raise ForgedError("the address of the subscription is not one of Amazon SNS")
    return url
