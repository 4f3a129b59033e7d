"""One SMTP delivery, step by step, with real servers."""

import logging
import threading
from dataclasses import replace

import pytest
from mailhost import LARGE, MESSAGE, PATIENT, MailHost, Script, close, letter_to, say

from digest.errors import ConfigurationError
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.carrier import Connection, deliver
from digest.providers.session import SmtpSettings
from digest.providers.smtp import SmtpCarrier

ANN, BEN = "ann@reader.test", "ben@reader.test"
CANARY = "canary"  # a password that must not be seen anywhere


def connect(settings: SmtpSettings) -> Connection:
    return SmtpCarrier(settings).connect()


def send_one(host: MailHost, *, recipient: str = ANN, message: bytes = MESSAGE) -> Outcome:
    connection = connect(host.settings())
    outcome = deliver(connection, letter_to(recipient, message=message), intent=lambda: True)
    connection.close()
    return outcome


def test_a_letter_arrives_byte_for_byte_with_its_envelope() -> None:
    with MailHost() as host:
        outcome = send_one(host)
    assert outcome == Outcome(
        verdict=Verdict.ACCEPTED, stage=Stage.DOT, code=250, enhanced="2.0.0", text="taken"
    )
    (taken,) = host.accepted
    assert (taken.sender, taken.recipient) == ("b+1.mac@digest.test", ANN)
    assert taken.message == MESSAGE


def test_r23_the_conversation_is_said_in_order_with_what_the_server_offers() -> None:
    with MailHost(offers=["SIZE 1000", "DSN"]) as host:
        send_one(host)
    assert [line for _, line in host.commands] == [
        "EHLO [127.0.0.1]",
        f"MAIL FROM:<b+1.mac@digest.test> SIZE={len(MESSAGE)} RET=HDRS ENVID=24-ann",
        f"RCPT TO:<{ANN}> NOTIFY=FAILURE,DELAY ORCPT=rfc822;{ANN}",
        "DATA",
        "QUIT",
    ]


def test_r23_r24_nothing_is_said_that_the_server_does_not_offer() -> None:
    with MailHost(offers=[]) as host:
        send_one(host)
    assert host.said("MAIL") == ["MAIL FROM:<b+1.mac@digest.test>"]
    assert host.said("RCPT") == [f"RCPT TO:<{ANN}>"]


def test_an_old_server_is_greeted_with_helo_and_offered_nothing() -> None:
    with MailHost(script={"ehlo": say("502 5.5.1 what?")}) as host:
        assert send_one(host).verdict is Verdict.ACCEPTED
    assert host.said("HELO") == ["HELO [127.0.0.1]"]
    assert host.said("MAIL") == ["MAIL FROM:<b+1.mac@digest.test>"]


def test_our_own_name_is_said_when_there_is_one() -> None:
    with MailHost() as host:
        connection = connect(host.settings(helo_name="news.digest.test"))
        deliver(connection, letter_to(ANN), intent=lambda: True)
        connection.close()
    assert host.said("EHLO") == ["EHLO news.digest.test"]


def test_one_connection_carries_many_letters() -> None:
    with MailHost() as host:
        connection = connect(host.settings())
        for _ in range(20):
            assert deliver(connection, letter_to(ANN), intent=lambda: True).code == 250
        connection.close()
    assert (host.copies(ANN), host.connections, len(host.said("EHLO"))) == (20, 1, 1)


def test_a_connection_is_changed_after_as_many_letters_as_we_are_told() -> None:
    with MailHost() as host:
        connection = connect(host.settings(max_per_connection=3))
        for _ in range(7):
            deliver(connection, letter_to(ANN), intent=lambda: True)
        connection.close()
    assert (host.copies(ANN), host.connections, len(host.said("QUIT"))) == (7, 3, 3)


def test_a_connection_that_was_never_used_calls_nobody() -> None:
    with MailHost() as host:
        connect(host.settings()).close()
    assert host.connections == 0


def test_a_closed_connection_can_be_used_again() -> None:
    with MailHost() as host:
        connection = connect(host.settings())
        for _ in range(2):
            deliver(connection, letter_to(ANN), intent=lambda: True)
            connection.close()
    assert (host.copies(ANN), host.connections) == (2, 2)


def test_a_large_letter_arrives_whole() -> None:
    with MailHost() as host:
        send_one(host, message=LARGE)
    assert [taken.message for taken in host.accepted] == [LARGE]


@pytest.mark.parametrize(
    "message",
    [
        b".\r\n",
        b"..\r\n.\r\n\r\n.\r\n",
        b"Subject: x\r\n\r\n.hidden\r\n...\r\n.\r\nQUIT\r\nRSET\r\n",
        b"Subject: x\r\n\r\none\r\n.\r\nMAIL FROM:<evil@x.test>\r\n",
    ],
)
def test_dots_that_a_letter_should_not_have_do_no_harm(message: bytes) -> None:
    held = []

    def intent() -> bool:
        held.extend(host.accepted)
        return True

    with MailHost() as host:
        connection = connect(host.settings())
        deliver(connection, letter_to(ANN, message=message), intent=intent)
        connection.close()
    assert held == []
    assert [taken.message for taken in host.accepted] == [message]
    assert len(host.said("MAIL")) == 1


def test_a_letter_without_a_last_line_end_gets_one() -> None:
    with MailHost() as host:
        send_one(host, message=b"Subject: x\r\n\r\nend")
    assert [taken.message for taken in host.accepted] == [b"Subject: x\r\n\r\nend\r\n"]


def test_the_intent_stands_between_the_text_and_the_dot() -> None:
    seen = []

    def intent() -> bool:
        seen.append((host.holds(MESSAGE), len(host.accepted)))
        return True

    with MailHost() as host:
        connection = connect(host.settings())
        deliver(connection, letter_to(ANN), intent=intent)
        connection.close()
    assert seen == [(True, 0)]
    assert host.copies(ANN) == 1


def test_the_dot_waits_for_an_intent_that_takes_longer_than_the_letter_may() -> None:
    with MailHost() as host:
        limits = replace(PATIENT, message=1)
        connection = connect(host.settings(timeouts=limits))
        slow = threading.Event()
        outcome = deliver(connection, letter_to(ANN), intent=lambda: not slow.wait(1.2))
        connection.close()
    assert (outcome.verdict, host.copies(ANN)) == (Verdict.ACCEPTED, 1)


def test_an_intent_that_says_no_leaves_nothing_behind() -> None:
    with MailHost() as host:
        connection = connect(host.settings())
        outcome = deliver(connection, letter_to(ANN), intent=lambda: not host.holds(MESSAGE))
        assert host.settles(lambda: len(host.unfinished) == 1)
        after = deliver(connection, letter_to(BEN), intent=lambda: True)
        connection.close()
    assert (outcome.verdict, outcome.stage) == (Verdict.WITHDRAWN, Stage.TEXT)
    assert after.verdict is Verdict.ACCEPTED
    assert (host.copies(ANN), host.copies(BEN), host.connections) == (0, 1, 2)
    assert host.unfinished == [MESSAGE]


@pytest.mark.parametrize("error", [OSError("disk full"), TimeoutError("locked"), KeyboardInterrupt])
def test_an_intent_that_fails_leaves_nothing_behind(
    error: BaseException | type[BaseException],
) -> None:
    def intent() -> bool:
        assert host.holds(MESSAGE)
        raise error

    kind = error if isinstance(error, type) else type(error)
    with MailHost() as host:
        connection = connect(host.settings())
        with pytest.raises(kind):
            deliver(connection, letter_to(ANN), intent=intent)
        assert host.settles(lambda: len(host.unfinished) == 1)
        after = deliver(connection, letter_to(BEN), intent=lambda: True)
        connection.close()
    assert after.verdict is Verdict.ACCEPTED
    assert (host.copies(ANN), host.copies(BEN)) == (0, 1)


def test_a_foreign_local_part_goes_out_when_the_server_can() -> None:
    with MailHost(offers=["8BITMIME", "SMTPUTF8"]) as host:
        assert send_one(host, recipient="jörg@reader.test").verdict is Verdict.ACCEPTED
        assert send_one(host).verdict is Verdict.ACCEPTED
    assert host.copies("jörg@reader.test") == 1
    assert [line.split()[2:] for line in host.said("MAIL")] == [["SMTPUTF8"], []]


@pytest.mark.parametrize("recipient", ["jörg@reader.test", "ann@reader.test>\r\nDATA", ""])
def test_a_recipient_that_cannot_be_carried_is_refused_without_a_word(recipient: str) -> None:
    with MailHost() as host:
        connection = connect(host.settings())
        outcome = deliver(connection, letter_to(recipient), intent=lambda: True)
        assert deliver(connection, letter_to(BEN), intent=lambda: True).code == 250
        connection.close()
    assert (outcome.verdict, outcome.stage) == (Verdict.REFUSED, Stage.RCPT)
    assert len(host.said("MAIL")) == len(host.said("RCPT")) == 1


def test_a_letter_that_is_too_large_is_not_even_begun() -> None:
    with MailHost(offers=["SIZE 20"]) as host:
        outcome = send_one(host)
    assert (outcome.verdict, outcome.counted) == (Verdict.CONFIG, False)
    assert host.said("MAIL") == []


def test_a_password_is_not_said_in_clear_to_another_machine() -> None:
    with pytest.raises(ConfigurationError, match="in clear"):
        SmtpSettings(host="mail.digest.test", security="none", username="news", password=CANARY)


def test_a_password_is_not_printed() -> None:
    assert CANARY not in repr(SmtpSettings(username="news", password=CANARY))


def test_no_address_and_no_password_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    script: Script = {"quit": close(), "rcpt": [say(f"550 <{ANN}> unknown")]}
    with caplog.at_level(logging.DEBUG), MailHost(script=script, users={"news": CANARY}) as host:
        connection = connect(host.settings(username="news", password=CANARY))
        deliver(connection, letter_to(ANN), intent=lambda: True)
        deliver(connection, letter_to(BEN), intent=lambda: True)
        connection.close()
    assert "QUIT" in caplog.text
    assert "@" not in caplog.text
    assert CANARY not in caplog.text


def test_the_check_goes_as_far_as_the_login_and_says_goodbye() -> None:
    with MailHost(users={"news": CANARY}) as host:
        settings = host.settings(username="news", password=CANARY)
        assert SmtpCarrier(settings).check() is None
        wrong = SmtpCarrier(host.settings(username="x", password=CANARY)).check()
    assert wrong == "auth: 535 5.7.8 wrong name or password"
    assert [line.split()[0] for _, line in host.commands] == [
        *("EHLO", "AUTH", "QUIT"),
        *("EHLO", "AUTH"),
    ]


def test_the_check_says_that_nobody_answers() -> None:
    with MailHost() as host:
        settings = host.settings()
    said = SmtpCarrier(settings).check()
    assert said == f"connect: 127.0.0.1:{settings.port}: Connection refused"
