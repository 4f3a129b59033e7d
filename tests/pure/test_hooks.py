"""Each provider's webhook: what is proved is read, and what is not proved is refused."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hook_posts import (
    CERTIFICATE,
    PROVIDERS,
    SIGNED,
    SUBSCRIBE,
    TOPIC,
    Amazon,
    Told,
    hooks,
    post,
    sns,
)
from hypothesis import given
from hypothesis import strategies as st
from people import NOW

from digest.errors import ConfigurationError
from digest.mail.event import Kind
from digest.providers.hooks import registry
from digest.providers.hooks.hook import ForgedError, GarbledError, HookRequest, read
from digest.providers.hooks.settings import (
    HookSettings,
    ResendHookSettings,
    SendgridHookSettings,
)
from digest.providers.hooks.sns import subscribe_url

HOOKS = hooks()


def refuses(provider: str, request: HookRequest) -> bool:
    """Whether a request is refused as forged."""
    try:
        read(HOOKS[provider], request, now=NOW)
    except ForgedError:
        return True
    return False


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("hard", Kind.HARD_BOUNCED),
        ("complaint", Kind.COMPLAINED),
        ("delivered", Kind.DELIVERED),
    ],
)
def test_every_provider_is_understood_in_the_same_words(
    provider: str, event: str, kind: Kind
) -> None:
    (told,) = read(HOOKS[provider], post(provider, Told(event=event)), now=NOW)
    assert (told.kind, told.source, told.at) == (kind, provider, NOW)
    assert (told.delivery_key, told.recipient) == ("2026-w24.1", "ada@example.org")
    assert told.event_id == ("" if provider in {"brevo", "mailjet", "sendgrid"} else "e1")
    if event == "hard" and provider != "mailjet":
        assert told.code == "550 5.1.1"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_s11_a_request_without_proof_is_refused(provider: str) -> None:
    request = post(provider, Told())
    assert refuses(provider, replace(request, headers={}, body=b"[]"))
    if provider != "mailgun":  # there, and in SNS, the proof is in the body
        assert refuses(provider, replace(request, headers={})) is (provider != "ses")


@pytest.mark.parametrize("provider", SIGNED)
def test_s11_a_flipped_bit_anywhere_is_refused_or_changes_no_event(provider: str) -> None:
    request = post(provider, Told())
    (true,) = read(HOOKS[provider], request, now=NOW)
    for place in range(0, len(request.body), 7):
        for bit in (1, 32):
            body = bytearray(request.body)
            body[place] ^= bit
            forged = replace(request, body=bytes(body))
            try:
                told = read(HOOKS[provider], forged, now=NOW)
            except (ForgedError, GarbledError, OSError):
                continue
            # Mailgun signs a token, not the body: what is altered can only spend the token.
            assert provider == "mailgun" or told == [true]
            assert all(event.event_id == true.event_id for event in told)


@pytest.mark.parametrize("provider", ["sendgrid", "resend"])
def test_s11_a_flipped_bit_in_a_header_is_refused(provider: str) -> None:
    request = post(provider, Told())
    for name, value in request.headers.items():
        for place in (len(value) // 3 * 2, len(value) - 5 if len(value) > 20 else 0):
            other = value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
            forged = replace(request, headers={**request.headers, name: other})
            assert refuses(provider, forged), name


@pytest.mark.parametrize("provider", SIGNED)
def test_s11_a_stale_signature_is_refused(provider: str) -> None:
    window = HOOKS[provider].window
    for at, refused in (
        (NOW - window + timedelta(seconds=2), False),
        (NOW - window - timedelta(seconds=2), True),
        (NOW + timedelta(minutes=6), True),
    ):
        assert refuses(provider, post(provider, Told(at=at))) is refused


@pytest.mark.parametrize("provider", [p for p in PROVIDERS if p not in SIGNED])
@pytest.mark.parametrize(
    "brought",
    ["", "Basic", "Basic !", "Basic aG9vazp3cm9uZw==", "Bearer aG9vazphIGxvbmcgcGFzc3dvcmQ="],
)
def test_s11_a_wrong_password_is_refused(provider: str, brought: str) -> None:
    request = post(provider, Told())
    assert refuses(provider, replace(request, headers={"authorization": brought}))


def test_s11_nothing_is_open_before_it_is_configured() -> None:
    assert registry.build(HookSettings(), fetch=Amazon()) == {}


@pytest.mark.parametrize(
    "settings",
    [
        HookSettings(sendgrid=SendgridHookSettings(key="no key")),
        HookSettings(resend=ResendHookSettings(secret="!")),  # noqa: S106 - it is none
    ],
)
def test_a_key_that_cannot_be_one_is_said_at_the_start(settings: HookSettings) -> None:
    with pytest.raises(ConfigurationError, match=r"\[hooks\."):
        registry.build(settings, fetch=Amazon())


@pytest.mark.parametrize("version", ["1", "2"])
def test_sns_is_believed_by_its_certificate_which_is_fetched_once(version: str) -> None:
    amazon = Amazon()
    hook = hooks(amazon)["ses"]
    for number in range(3):
        hook.prove(sns(notification(MessageId=str(number)), version=version))
    assert amazon.asked == [CERTIFICATE]


def notification(**more: str) -> dict[str, str]:
    return {
        "Type": "Notification",
        "MessageId": "e1",
        "TopicArn": TOPIC,
        "Message": "Successfully validated SNS topic for Amazon SES event publishing.",
        "Timestamp": NOW.isoformat(),
        **more,
    }


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-01234567.pem",
        "https://evil.example/SimpleNotificationService-0123456789abcdef.pem",
        "https://evil-sns.eu-west-1.amazonaws.com/SimpleNotificationService-01234567.pem",
        "https://sns.eu-west-1.amazonaws.com@127.0.0.1/SimpleNotificationService-01234567.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-01234567.pem",
        "https://sns.eu-west-1.amazonaws.com/../SimpleNotificationService-01234567.pem",
        "https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01234567.pem?a=b",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01234567.pem\n",
        "https://127.0.0.1/SimpleNotificationService-0123456789abcdef.pem",
        "",
    ],
)
def test_s11_a_certificate_anywhere_else_is_refused_and_nothing_is_asked(url: str) -> None:
    amazon = Amazon()
    hook = hooks(amazon)["ses"]
    with pytest.raises(ForgedError):
        hook.prove(sns(notification(SigningCertURL=url)))
    assert amazon.asked == []


def test_s11_another_topic_is_refused_and_nothing_is_asked() -> None:
    amazon = Amazon()
    hook = hooks(amazon)["ses"]
    with pytest.raises(ForgedError):
        hook.prove(sns(notification(TopicArn=TOPIC.replace("letters", "others"))))
    assert amazon.asked == []


@pytest.mark.parametrize("topic", [[TOPIC], {"a": TOPIC}, None, 7])
def test_s11_a_topic_that_is_no_text_is_refused_and_nothing_is_asked(topic: Any) -> None:
    amazon = Amazon()
    body = json.dumps({**notification(), "TopicArn": topic}).encode()
    with pytest.raises(ForgedError, match="topic"):
        read(hooks(amazon)["ses"], HookRequest(headers={}, body=body), now=NOW)
    assert amazon.asked == []


@pytest.mark.parametrize("name", ["timestamp", "token", "signature"])
def test_s11_what_cannot_be_written_down_cannot_be_signed(name: str) -> None:
    request = post("mailgun", Told(at=NOW))
    told = json.loads(request.body)
    told["signature"][name] += "\ud800"
    assert refuses("mailgun", replace(request, body=json.dumps(told).encode()))


@pytest.mark.parametrize(
    "at",
    [
        pytest.param(10**400, id="huge"),
        pytest.param(-(10**400), id="long ago"),
        float("nan"),
        float("inf"),
        True,
        "soon",
    ],
)
def test_an_event_whose_time_is_none_has_none(at: Any) -> None:
    request = post("brevo", Told(at=NOW))
    body = json.dumps({**json.loads(request.body), "ts_epoch": at}).encode()
    (event,) = read(HOOKS["brevo"], replace(request, body=body), now=NOW)
    assert (event.kind, event.at) == (Kind.HARD_BOUNCED, None)


def test_a_certificate_that_cannot_be_had_is_no_forgery() -> None:
    away = CERTIFICATE.replace("0123", "aaaa")
    with pytest.raises(ConnectionError):
        hooks()["ses"].prove(sns(notification(SigningCertURL=away)))


def test_a_subscription_is_confirmed_where_amazon_says() -> None:
    amazon = Amazon()
    request = sns(confirmation())
    assert read(hooks(amazon)["ses"], request, now=NOW) == []
    assert amazon.asked == [CERTIFICATE, SUBSCRIBE]


def confirmation(**more: str) -> dict[str, str]:
    return {
        "Type": "SubscriptionConfirmation",
        "MessageId": "e1",
        "Token": "t",
        "TopicArn": TOPIC,
        "Message": "You have chosen to subscribe",
        "SubscribeURL": SUBSCRIBE,
        "Timestamp": NOW.isoformat(),
        **more,
    }


@pytest.mark.parametrize(
    "url",
    [
        SUBSCRIBE.replace("https://", "http://"),
        SUBSCRIBE.replace("sns.eu-west-1.amazonaws.com", "127.0.0.1:8080"),
        SUBSCRIBE.replace("amazonaws.com", "amazonaws.com.evil.example"),
        SUBSCRIBE.replace("sns.eu-west-1", "sns.us-east-1"),
        SUBSCRIBE.replace("ConfirmSubscription", "DeleteTopic"),
        SUBSCRIBE.replace("letters", "others"),
        SUBSCRIBE + "&Action=DeleteTopic",
        SUBSCRIBE + "#fragment",
        SUBSCRIBE.replace("https://", "https://user@"),
        "",
    ],
)
def test_s11_a_subscription_anywhere_else_is_never_visited(url: str) -> None:
    with pytest.raises(ForgedError):
        subscribe_url(confirmation(SubscribeURL=url))
    amazon = Amazon()
    with pytest.raises(ForgedError):
        read(hooks(amazon)["ses"], sns(confirmation(SubscribeURL=url)), now=NOW)
    assert amazon.asked == [CERTIFICATE]


NAMES = (
    *("event", "event-data", "data", "type", "msys", "mail", "tags", "headers", "bounce"),
    *("Metadata", "to", "ts_epoch", "signature", "message", "user-variables", "Message"),
    *("RecordType", "name", "timestamp"),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(ANYTHING)
def test_b12_any_json_is_read_or_refused_and_never_a_crash(told: Any) -> None:
    for body in (
        json.dumps(told),
        json.dumps({"Type": "Notification", "Message": json.dumps(told)}),
    ):
        parse_all(body.encode(), {"content-type": "application/json"})


@given(st.binary(max_size=60))
def test_b12_any_bytes_are_read_or_refused_and_never_a_crash(body: bytes) -> None:
    for kind in (
        "application/json",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
    ):
        parse_all(body, {"content-type": kind})


def parse_all(body: bytes, headers: Mapping[str, str]) -> None:
    request = HookRequest(headers=headers, body=body)
    for hook in HOOKS.values():
        try:
            events = hook.parse(request)
        except (GarbledError, ForgedError):
            continue
        assert all(event.source == hook.name for event in events)
        try:
            hook.prove(request)
        except ForgedError:
            continue
        pytest.fail("believed without a proof")
