"""TLS and login: nothing in clear, no try wasted, no reader blamed; and a second server's view."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from mailhost import CERTIFICATE, MESSAGE, QUICK, TLS, MailHost, Script, close, hang, letter_to, say

from digest.errors import ConfigurationError
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.carrier import deliver
from digest.providers.session import SmtpSettings
from digest.providers.smtp import SmtpCarrier

ANN = "ann@reader.test"
WORD = "open sesame ä"
LOGIN = {"username": "news", "password": WORD}


def send(settings: SmtpSettings) -> Outcome:
    connection = SmtpCarrier(settings).connect()
    outcome = deliver(connection, letter_to(ANN), intent=lambda: True)
    connection.close()
    return outcome


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize("host_name", ["127.0.0.1", "localhost"])
def test_a_letter_goes_out_over_tls(tls: Any, host_name: str) -> None:
    with MailHost(tls=tls) as host:
        outcome = send(host.settings(host=host_name))
    assert outcome.verdict is Verdict.ACCEPTED
    assert [taken.message for taken in host.accepted] == [MESSAGE]


def test_what_was_offered_in_clear_is_asked_again_under_tls() -> None:
    with MailHost(tls="starttls") as host:
        send(host.settings())
    words = [line.split()[0] for _, line in host.commands]
    assert words == ["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


def test_one_tls_connection_carries_many_letters() -> None:
    with MailHost(tls="starttls") as host:
        connection = SmtpCarrier(host.settings()).connect()
        for _ in range(5):
            assert deliver(connection, letter_to(ANN), intent=lambda: True).code == 250
        connection.close()
    assert (host.copies(ANN), host.connections) == (5, 1)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_that_nobody_vouches_for_is_for_the_operator(tls: Any) -> None:
    with MailHost(tls=tls, users={"news": WORD}) as host:
        outcome = send(host.settings(ca_file=None, **LOGIN))
    assert_nothing_was_said(host, outcome)
    assert "self-signed certificate" in outcome.text


def assert_nothing_was_said(host: MailHost, outcome: Outcome) -> None:
    assert (outcome.verdict, outcome.stage, outcome.counted) == (Verdict.CONFIG, Stage.TLS, False)
    for verb in ("AUTH", "MAIL", "RCPT", "DATA"):
        assert host.said(verb) == []
    assert (host.accepted, host.connections) == ([], 1)


def test_a_certificate_for_another_name_is_for_the_operator() -> None:
    try:
        with MailHost(tls="starttls", address="127.0.0.2") as host:
            outcome = send(host.settings())
    except OSError:
        pytest.skip("this machine has only one loopback address")
    assert_nothing_was_said(host, outcome)
    assert "127.0.0.2" in outcome.text


def test_a_server_without_starttls_gets_neither_password_nor_letter() -> None:
    with MailHost(users={"news": WORD}) as host:
        outcome = send(host.settings(security="starttls", **LOGIN))
    assert_nothing_was_said(host, outcome)
    assert outcome.text == "the server does not offer STARTTLS"


def test_an_old_server_that_knows_only_helo_cannot_do_starttls() -> None:
    with MailHost(tls="starttls", script={"ehlo": say("502 what?")}) as host:
        assert_nothing_was_said(host, send(host.settings()))


@pytest.mark.parametrize(
    "words",
    ["220 go\r\n250 injected in clear", "220 go\r\ngarbage", "502 5.5.1 what?", "501 no"],
)
def test_a_broken_starttls_is_for_the_operator(words: str) -> None:
    with MailHost(tls="starttls", script={"starttls": say(words)}) as host:
        assert_nothing_was_said(host, send(host.settings()))


def test_a_server_that_talks_plain_where_tls_should_be_is_for_the_operator() -> None:
    with MailHost() as host:
        assert_nothing_was_said(host, send(host.settings(security="tls")))


@pytest.mark.parametrize(
    "act", [say("454 4.7.0 not now"), close(), close("421 bye"), close("220 go"), hang()]
)
def test_a_starttls_that_fails_for_now_is_tried_again(act: Any) -> None:
    with MailHost(tls="starttls", script={"starttls": [act]}) as host:
        connection = SmtpCarrier(host.settings(timeouts=QUICK)).connect()
        first, second = (deliver(connection, letter_to(ANN), intent=lambda: True) for _ in "12")
        connection.close()
    assert (first.verdict, first.stage, first.counted) == (Verdict.RETRY, Stage.TLS, False)
    assert second.verdict is Verdict.ACCEPTED
    assert (host.copies(ANN), host.connections) == (1, 2)


def test_a_server_that_hangs_before_the_handshake_is_left() -> None:
    with MailHost(script={"banner": hang()}) as host:
        outcome = send(host.settings(security="tls", timeouts=QUICK))
    assert (outcome.verdict, outcome.stage, outcome.counted) == (Verdict.RETRY, Stage.TLS, False)


@pytest.mark.parametrize("step", ["taken", "dot"])
def test_silence_after_the_dot_is_unknown_under_tls_too(step: str) -> None:
    with MailHost(tls="starttls", script={step: [close()]}) as host:
        connection = SmtpCarrier(host.settings()).connect()
        first, second = (deliver(connection, letter_to(ANN), intent=lambda: True) for _ in "12")
        connection.close()
    assert (first.verdict, second.verdict) == (Verdict.UNKNOWN, Verdict.ACCEPTED)
    assert host.copies(ANN) == (2 if step == "taken" else 1)


@pytest.mark.parametrize("methods", ["PLAIN", "LOGIN", "XOAUTH2 login plain"])
def test_a_login_is_said_under_tls(methods: str) -> None:
    with MailHost(tls="starttls", users={"news": WORD}, methods=methods) as host:
        assert send(host.settings(**LOGIN)).verdict is Verdict.ACCEPTED
    assert len(host.said("AUTH")) == 1
    assert host.copies(ANN) == 1


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        ({}, Verdict.CONFIG),  # 535: the name is not known
        ({"auth": say("534 5.7.9 too weak")}, Verdict.CONFIG),
        ({"auth": say("504 5.5.4 no such method")}, Verdict.CONFIG),
        ({"auth": say("454 4.7.0 later")}, Verdict.RETRY),
        ({"auth": close("421 4.7.0 too many logins")}, Verdict.RETRY),
        ({"auth": close()}, Verdict.RETRY),
        ({"auth": hang()}, Verdict.RETRY),
    ],
)
def test_a_refused_login_is_tried_once_and_blames_no_reader(
    script: Script, verdict: Verdict
) -> None:
    with MailHost(tls="implicit", users={"someone": WORD}, script=script) as host:
        outcome = send(host.settings(timeouts=QUICK, **LOGIN))
    assert (outcome.verdict, outcome.stage, outcome.counted) == (verdict, Stage.AUTH, False)
    assert (len(host.said("AUTH")), host.said("MAIL"), host.accepted) == (1, [], [])
    assert WORD not in str(outcome)


@pytest.mark.parametrize("methods", ["CRAM-MD5 XOAUTH2", ""])
def test_a_server_with_no_login_that_we_know_is_for_the_operator(methods: str) -> None:
    with MailHost(tls="starttls", users={"news": WORD}, methods=methods) as host:
        outcome = send(host.settings(**LOGIN))
    assert (outcome.verdict, outcome.stage) == (Verdict.CONFIG, Stage.AUTH)
    assert (host.said("AUTH"), host.accepted) == ([], [])


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_a_file_of_authorities_that_cannot_be_read_is_said_at_once(
    tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"ca_file: .*ca\.pem"):
        SmtpCarrier(SmtpSettings(ca_file=path))


class Inbox:
    """Keeps what aiosmtpd was given."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.arrived = threading.Event()

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Accept the letter."""
        self.envelopes.append(envelope)
        return "250 2.0.0 taken"


class OpenPort(Controller):
    """Listens on any free port and says which."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call] # the library's own


@contextmanager
def library_server(inbox: Inbox, **options: Any) -> Iterator[int]:
    controller = OpenPort(inbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def server_context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE, TLS / "key.pem")
    return context


def test_aiosmtpd_takes_our_letters_in_clear() -> None:
    inbox = Inbox()
    with library_server(inbox) as port:
        connection = SmtpCarrier(
            SmtpSettings(host="127.0.0.1", port=port, security="none")
        ).connect()
        verdicts = {
            deliver(connection, letter_to(f"r{number}@reader.test"), intent=lambda: True).verdict
            for number in range(10)
        }
        connection.close()
    assert verdicts == {Verdict.ACCEPTED}
    assert [envelope.rcpt_tos for envelope in inbox.envelopes] == [
        [f"r{number}@reader.test"] for number in range(10)
    ]
    assert {envelope.content for envelope in inbox.envelopes} == {MESSAGE}


def test_aiosmtpd_takes_our_letters_after_starttls_and_login() -> None:
    seen = []

    def check(_server: object, _session: object, _envelope: object, how: str, data: Any) -> Any:
        seen.append((how, data.login, data.password))
        return AuthResult(success=True)

    inbox = Inbox()
    with library_server(
        inbox,
        tls_context=server_context(),
        require_starttls=True,
        auth_required=True,
        authenticator=check,
    ) as port:
        outcome = send(
            SmtpSettings(host="localhost", port=port, ca_file=CERTIFICATE, **LOGIN)  # type: ignore[arg-type]
        )
    assert outcome.verdict is Verdict.ACCEPTED
    assert len(seen) == 1
    assert seen[0][1:] == (b"news", WORD.encode())
    assert [envelope.content for envelope in inbox.envelopes] == [MESSAGE]
