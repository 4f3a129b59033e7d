"""Every way in which SMTP fails: the verdict, the server's truth, and the letter after it."""

import math
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from mailhost import (
    LARGE,
    MESSAGE,
    PATIENT,
    QUICK,
    Act,
    MailHost,
    Script,
    close,
    drip,
    hang,
    letter_to,
    reset,
    say,
)

from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.carrier import Connection, deliver
from digest.providers.session import SmtpSettings, SmtpTimeouts
from digest.providers.smtp import SmtpCarrier

ANN, BEN = "ann@reader.test", "ben@reader.test"
ACCEPTED, RETRY, REFUSED = Verdict.ACCEPTED, Verdict.RETRY, Verdict.REFUSED
CONFIG, UNKNOWN = Verdict.CONFIG, Verdict.UNKNOWN
GREETING, MAIL, RCPT, DATA = Stage.GREETING, Stage.MAIL, Stage.RCPT, Stage.DATA
TEXT, DOT, REPLY = Stage.TEXT, Stage.DOT, Stage.REPLY


class Intent:
    """Says yes and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> bool:
        """Commit."""
        self.asked += 1
        return True


def connect(settings: SmtpSettings) -> Connection:
    return SmtpCarrier(settings).connect()


@dataclass(frozen=True)
class Case:
    """A fault that happens once, and what must come of it."""

    name: str
    step: str
    act: Act
    verdict: Verdict
    stage: Stage
    counted: bool = field(kw_only=True, default=True)
    copies: int = field(kw_only=True, default=0)  # what the server truly has
    dials: int = field(kw_only=True, default=1)  # connections in all, with the next letter
    or_stage: Stage | None = field(kw_only=True, default=None)  # where a race may show it first

    @property
    def timeouts(self) -> SmtpTimeouts:
        """Short ones only where they are the point."""
        return QUICK if self.act.then == "hang" or self.act.pause else PATIENT


# The thirty of the failure model, in its order; QUIT has its own test below.
CASES = [
    Case("banner 421", "banner", close("421 4.3.2 no"), RETRY, GREETING, counted=False, dials=2),
    Case("banner 554", "banner", close("554 5.7.1 no"), RETRY, GREETING, counted=False, dials=2),
    Case("banner close", "banner", close(), RETRY, GREETING, counted=False, dials=2),
    Case("banner hang", "banner", hang(), RETRY, GREETING, counted=False, dials=2),
    Case(
        "banner dripped",
        "banner",
        drip("220 mail.test is slow", pause=0.05),
        RETRY,
        GREETING,
        counted=False,
        dials=2,
    ),
    Case("EHLO 502", "ehlo", say("502 5.5.1 what?"), ACCEPTED, DOT, copies=1),
    Case("MAIL 421", "mail", close("421 4.7.0 bye"), RETRY, MAIL, counted=False, dials=2),
    Case("MAIL 451", "mail", say("451 4.3.0 later"), RETRY, MAIL, counted=False),
    Case("MAIL 550", "mail", say("550 5.1.8 bad sender"), CONFIG, MAIL, counted=False),
    Case("RCPT 450", "rcpt", say("450 4.2.1 busy"), RETRY, RCPT),
    Case("RCPT 451", "rcpt", say("451 4.7.1 greylisted"), RETRY, RCPT),
    Case("RCPT 452", "rcpt", say("452 4.5.3 too many"), RETRY, RCPT, counted=False, dials=2),
    Case("RCPT 421", "rcpt", close("421 4.7.0 bye"), RETRY, RCPT, counted=False, dials=2),
    Case("RCPT 550", "rcpt", say("550 5.1.1 unknown"), REFUSED, RCPT),
    Case("RCPT close", "rcpt", close(), RETRY, RCPT, counted=False, dials=2),
    Case("DATA 451", "data", say("451 4.3.0 later"), RETRY, DATA),
    Case("DATA 554", "data", say("554 5.7.1 no"), REFUSED, DATA),
    Case("DATA close", "data", close(), RETRY, DATA, counted=False, dials=2),
    Case("text close", "text", close(), RETRY, TEXT, counted=False, dials=2),
    Case("dot 451", "dot", say("451 4.3.0 later"), RETRY, DOT),
    Case("dot 452", "dot", say("452 4.3.1 disk full"), RETRY, DOT),
    Case("dot 421", "dot", close("421 4.3.2 bye"), RETRY, DOT, dials=2),
    Case("dot 552", "dot", say("552 5.2.2 mailbox full"), REFUSED, DOT),
    Case("dot 554", "dot", say("554 5.7.1 spam"), REFUSED, DOT),
    Case("taken, close", "taken", close(), UNKNOWN, REPLY, copies=1, dials=2),
    Case("taken, reset", "taken", reset(), UNKNOWN, REPLY, copies=1, dials=2),
    Case("taken, hang", "taken", hang(), UNKNOWN, REPLY, copies=1, dials=2),
    Case("not taken, close", "dot", close(), UNKNOWN, REPLY, dials=2),
]
BESIDE = [
    Case(
        "banner reset",
        "banner",
        reset(),
        RETRY,
        GREETING,
        counted=False,
        dials=2,
        or_stage=Stage.CONNECT,
    ),
    Case("banner garbage", "banner", say("hello"), RETRY, GREETING, counted=False, dials=2),
    Case("banner 354", "banner", say("354 go on"), RETRY, GREETING, counted=False, dials=2),
    Case("EHLO 421", "ehlo", close("421 4.3.2 no"), RETRY, GREETING, counted=False, dials=2),
    Case("EHLO hang", "ehlo", hang(), RETRY, GREETING, counted=False, dials=2),
    Case("MAIL close", "mail", close(), RETRY, MAIL, counted=False, dials=2),
    Case("MAIL hang", "mail", hang(), RETRY, MAIL, counted=False, dials=2),
    Case("MAIL garbage", "mail", say("sure"), RETRY, MAIL, counted=False, dials=2),
    Case("MAIL 354", "mail", say("354 what?"), RETRY, MAIL, counted=False, dials=2),
    Case("RCPT reset", "rcpt", reset(), RETRY, RCPT, counted=False, dials=2),
    Case("RCPT hang", "rcpt", hang(), RETRY, RCPT, counted=False, dials=2),
    Case("RCPT mailbox full", "rcpt", say("452 4.2.2 full"), RETRY, RCPT),
    Case("RCPT login lost", "rcpt", say("530 5.7.0 log in"), CONFIG, RCPT, counted=False),
    Case("DATA 421", "data", close("421 4.3.2 bye"), RETRY, DATA, counted=False, dials=2),
    Case("DATA 250", "data", say("250 what?"), RETRY, DATA, counted=False, dials=2),
    Case("DATA hang", "data", hang(), RETRY, DATA, counted=False, dials=2),
    Case("text reset", "text", reset(), RETRY, TEXT, counted=False, dials=2),
    Case("text hang", "text", hang(), RETRY, TEXT, counted=False, dials=2),
    Case("not taken, hang", "dot", hang(), UNKNOWN, REPLY, dials=2),
    Case("taken, garbage", "taken", say("\udcff\udcfe"), UNKNOWN, REPLY, copies=1, dials=2),
    Case("taken, half a reply", "taken", close("2"), UNKNOWN, REPLY, copies=1, dials=2),
    Case("taken, 354", "taken", say("354 more"), UNKNOWN, DOT, copies=1, dials=2),
    Case(
        "taken, dripped",
        "taken",
        drip("250 2.0.0 taken at last", pause=0.1),
        UNKNOWN,
        REPLY,
        copies=1,
        dials=2,
    ),
]


OFFERS = ("SIZE 100000000", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN")
PIPELINING = (*OFFERS, "PIPELINING")
CHUNKING = (*PIPELINING, "CHUNKING")


@pytest.mark.parametrize("offers", [OFFERS, PIPELINING], ids=["lock step", "pipelining"])
@pytest.mark.parametrize("case", CASES + BESIDE, ids=lambda case: case.name)
def test_a_fault_is_placed_and_the_next_letter_goes_out(
    case: Case, offers: tuple[str, ...]
) -> None:
    """F9 and F10: each fault has its class, and what may have left is never sent again."""
    message = LARGE if case.stage is TEXT else letter_to(ANN).message
    intent = Intent()
    with MailHost(script={case.step: [case.act]}, offers=offers) as host:
        connection = connect(host.settings(timeouts=case.timeouts))
        outcome = deliver(connection, letter_to(ANN, message=message), intent=intent)
        assert_next_letter_goes_out(connection)
        connection.close()
    assert outcome.verdict is case.verdict
    assert outcome.stage in {case.stage, case.or_stage}
    assert outcome.counted is case.counted
    assert intent.asked == (1 if case.stage in {DOT, REPLY} else 0)
    assert Counter(taken.recipient for taken in host.accepted) == Counter(
        {ANN: case.copies, BEN: 1}
    )
    assert host.connections == case.dials


# By BDAT the whole letter leaves before the first answer: a silence after it tells nothing.
SILENT = {"close", "reset", "hang"}
BY_CHUNKS = [
    replace(case, verdict=UNKNOWN, stage=REPLY, counted=True)
    if case.step in {"mail", "rcpt"} and (case.act.then in SILENT and not case.act.say)
    else case
    for case in CASES + BESIDE
    if case.step != "data" and case.name not in {"MAIL garbage", "MAIL 354"}
]


@pytest.mark.parametrize("case", BY_CHUNKS, ids=lambda case: case.name)
def test_a_fault_among_letters_in_flight_hurts_the_one_it_is_about(case: Case) -> None:
    """The fault meets the first of five letters that are sent without waiting."""
    readers = [ANN, *(f"r{number}@reader.test" for number in range(4))]
    message = LARGE if case.stage is TEXT else letter_to(ANN).message
    letters = [letter_to(ANN, message=message), *map(letter_to, readers[1:])]
    asked: list[str] = []

    def dot(letter: Letter) -> bool:
        asked.append(letter.recipient)
        return True

    with MailHost(script={case.step: [case.act]}, offers=CHUNKING) as host:
        connection = connect(host.settings(timeouts=case.timeouts))
        fates = list(connection.hand_over(letters, dot=dot))
        connection.close()
    assert Counter(letter.recipient for letter, _ in fates) == Counter(readers)
    verdicts = {letter.recipient: outcome for letter, outcome in fates}
    surely_not = case.verdict is UNKNOWN and case.copies == 0  # seen early, it is no unknown
    assert verdicts[ANN].verdict in {case.verdict, RETRY if surely_not else case.verdict}
    taken = Counter(letter.recipient for letter in host.accepted)
    assert taken[ANN] == case.copies
    for reader in readers[1:]:
        assert taken[reader] == (verdicts[reader].verdict is ACCEPTED) or (
            verdicts[reader].verdict is UNKNOWN and taken[reader] <= 1
        )
    assert max(taken.values(), default=0) <= 1
    if case.verdict is not UNKNOWN:
        assert {verdicts[reader].verdict for reader in readers[1:]} == {ACCEPTED}


@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
def test_a_letter_of_a_volley_that_broke_off_behind_it_is_never_given_again(tls: Any) -> None:
    """The server takes the first and is gone before the last has left; over TLS, too."""
    readers = [ANN, *(f"r{number}@reader.test" for number in range(3))]
    letters = [letter_to(reader, message=LARGE) for reader in readers]
    script = {"taken": [close("250 2.0.0 taken")]}
    with MailHost(script=script, offers=CHUNKING, tls=tls) as host:
        connection = connect(host.settings())
        again = letters
        while again:
            fates = connection.hand_over(again, dot=lambda _: True)
            again = [letter for letter, outcome in fates if outcome.verdict is RETRY]
        connection.close()
    assert host.connections > 1
    taken = Counter(letter.recipient for letter in host.accepted)
    assert taken[ANN] == 1
    assert set(taken.values()) == {1}


def test_as_many_letters_in_flight_as_the_settings_say_can_leave() -> None:
    """A write takes 1,024 pieces at most."""
    pieces = MESSAGE.splitlines(keepends=True) * 20
    readers = [f"r{number}@reader.test" for number in range(40)]
    letters = [letter_to(reader)._replace(parts=tuple(pieces)) for reader in readers]
    with MailHost(offers=CHUNKING) as host:
        connection = connect(host.settings(in_flight=len(letters)))
        fates = list(connection.hand_over(letters, dot=lambda _: True))
        connection.close()
    assert {outcome.verdict for _, outcome in fates} == {ACCEPTED}
    assert {letter.message for letter in host.accepted} == {b"".join(pieces)}


@pytest.mark.parametrize("then", ["go on", "close"])
def test_a_server_that_goes_on_after_its_goodbye_is_believed_by_what_it_does(then: Any) -> None:
    """A 421 ends the conversation; one that takes letters behind it has them."""
    readers = [ANN, BEN, "cay@reader.test", "dan@reader.test"]
    script: Script = {
        f"rcpt:{BEN}": [say("421 4.7.0 try again later")],
        "taken": [None, Act(then=then, say="250 2.0.0 taken" if then == "go on" else "")],
    }
    with MailHost(script=script, offers=CHUNKING) as host:
        connection = connect(host.settings())
        fates = list(connection.hand_over(map(letter_to, readers), dot=lambda _: True))
        connection.close()
    verdicts = {letter.recipient: outcome.verdict for letter, outcome in fates}
    assert Counter(letter.recipient for letter, _ in fates) == Counter(readers)
    assert verdicts["cay@reader.test"] is (ACCEPTED if then == "go on" else UNKNOWN)
    assert max(Counter(letter.recipient for letter in host.accepted).values()) == 1


def assert_next_letter_goes_out(connection: Connection) -> None:
    assert deliver(connection, letter_to(BEN), intent=lambda: True).verdict is ACCEPTED


def test_a_refusal_keeps_what_the_server_said_without_the_address() -> None:
    with MailHost(script={"rcpt": say(f"550 5.1.1 <{ANN}>: no such user here")}) as host:
        outcome = send_one(host)
    assert outcome == Outcome(
        verdict=REFUSED,
        stage=RCPT,
        code=550,
        enhanced="5.1.1",
        text="<[address]>: no such user here",
    )


def send_one(mailhost: MailHost, **changes: Any) -> Outcome:
    connection = connect(mailhost.settings(**changes))
    outcome = deliver(connection, letter_to(ANN), intent=lambda: True)
    connection.close()
    return outcome


def test_one_unknown_reader_hurts_nobody_else() -> None:
    with MailHost(script={f"rcpt:{ANN}": say("550 5.1.1 unknown")}) as host:
        connection = connect(host.settings())
        verdicts = [
            deliver(connection, letter_to(who), intent=lambda: True).verdict
            for who in (BEN, ANN, "cay@reader.test", ANN, "dan@reader.test")
        ]
        connection.close()
    assert verdicts == [ACCEPTED, REFUSED, ACCEPTED, REFUSED, ACCEPTED]
    assert host.connections == 1
    assert len(host.said("DATA")) == 3
    assert len(host.said("RSET")) == 2


@pytest.mark.parametrize("act", [say("500 5.5.1 what?"), close("421 4.4.2 bye"), close()])
def test_a_server_that_cannot_start_over_gets_a_fresh_connection(act: Act) -> None:
    with MailHost(script={f"rcpt:{ANN}": say("550 5.1.1 unknown"), "rset": act}) as host:
        connection = connect(host.settings())
        assert deliver(connection, letter_to(ANN), intent=lambda: True).verdict is REFUSED
        assert_next_letter_goes_out(connection)
        connection.close()
    assert host.connections == 2


@pytest.mark.parametrize("act", [say("421 bye"), say("500 what?"), say("nonsense"), close()])
def test_a_bad_goodbye_changes_nothing(act: Act) -> None:
    """F11: whatever QUIT comes to, an accepted letter stays accepted."""
    with MailHost(script={"quit": act}) as host:
        assert send_one(host).verdict is ACCEPTED
        assert host.said("QUIT") == ["QUIT"]
    assert host.copies(ANN) == 1


def test_a_server_that_does_not_let_us_go_is_left() -> None:
    with MailHost(script={"quit": hang()}) as host:
        begun = time.monotonic()
        assert send_one(host, timeouts=QUICK).verdict is ACCEPTED
        assert time.monotonic() - begun < 5
    assert host.copies(ANN) == 1


@pytest.mark.parametrize("says", ["421 4.7.0 too many messages", "452 4.5.3 too many recipients"])
@pytest.mark.parametrize("limit", [1, 3, 10])
def test_a_limit_per_connection_costs_connections_and_nothing_else(limit: int, says: str) -> None:
    readers = [f"reader{number}@reader.test" for number in range(12)]
    with MailHost(limit=limit, limit_says=says) as host:
        connection = connect(host.settings())
        for reader in readers:
            intent = Intent()
            outcome = deliver(connection, letter_to(reader), intent=intent)
            assert (outcome.verdict, intent.asked) == (ACCEPTED, 1)
        connection.close()
    assert Counter(taken.recipient for taken in host.accepted) == Counter(readers)
    assert host.connections == math.ceil(len(readers) / limit)


def test_a_fresh_connection_is_tried_only_once() -> None:
    with MailHost(script={"mail": [None, *[close("421 4.7.0 slow down")] * 3]}) as host:
        connection = connect(host.settings())
        assert_next_letter_goes_out(connection)
        outcome = deliver(connection, letter_to(ANN), intent=lambda: True)
        connection.close()
    assert (outcome.verdict, outcome.code, outcome.counted) == (RETRY, 421, False)
    assert host.connections == 2


def test_a_server_that_closed_between_two_letters_is_called_again() -> None:
    with MailHost(script={"taken": [close("250 2.0.0 ok\r\n421 4.4.2 idle")]}) as host:
        connection = connect(host.settings())
        assert deliver(connection, letter_to(ANN), intent=lambda: True).verdict is ACCEPTED
        assert_next_letter_goes_out(connection)
        connection.close()
    assert (host.copies(ANN), host.copies(BEN), host.connections) == (1, 1, 2)


def test_a_server_that_says_too_much_between_two_letters_is_left() -> None:
    with MailHost(script={"taken": [say("250 2.0.0 ok\r\n250 2.0.0 really")]}) as host:
        connection = connect(host.settings())
        assert deliver(connection, letter_to(ANN), intent=lambda: True).verdict is ACCEPTED
        assert_next_letter_goes_out(connection)
        connection.close()
    assert (host.copies(ANN), host.copies(BEN), host.connections) == (1, 1, 2)


def test_a_greylisting_server_takes_the_second_try() -> None:
    with MailHost(greylist=True) as host:
        connection = connect(host.settings())
        outcomes = [deliver(connection, letter_to(ANN), intent=lambda: True) for _ in range(2)]
        connection.close()
    assert [(one.verdict, one.counted) for one in outcomes] == [(RETRY, True), (ACCEPTED, True)]
    assert (host.copies(ANN), host.connections) == (1, 1)


def test_a_closed_port_is_no_fault_of_the_reader() -> None:
    with MailHost() as host:
        settings = host.settings()
    outcome = deliver(connect(settings), letter_to(ANN), intent=lambda: True)
    assert (outcome.verdict, outcome.stage, outcome.counted) == (RETRY, Stage.CONNECT, False)
    assert "refused" in outcome.text


def test_an_unknown_name_is_no_fault_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    settings = SmtpSettings(host="nowhere.test", security="none")
    outcome = deliver(connect(settings), letter_to(ANN), intent=lambda: True)
    assert (outcome.verdict, outcome.stage, outcome.counted) == (RETRY, Stage.CONNECT, False)
    assert outcome.text == "nowhere.test: name not found"


@pytest.mark.parametrize("name", ["smtp..test", "a" * 64 + ".test"])
def test_what_is_no_name_at_all_is_no_fault_of_the_reader(name: str) -> None:
    settings = SmtpSettings(host=name, security="none")
    outcome = deliver(connect(settings), letter_to(ANN), intent=lambda: True)
    assert (outcome.verdict, outcome.text) == (RETRY, f"{name}: name not found")


def test_the_next_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with MailHost() as host:
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, host.port))
            for address in ("127.0.0.9", "127.0.0.1")
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        assert send_one(host, host="two.test").verdict is ACCEPTED
    assert host.copies(ANN) == 1


def test_the_letter_has_a_total_deadline_whatever_the_stages_take() -> None:
    slow = {"mail": drip("250 ok", pause=0.05), "rcpt": drip("250 ok", pause=0.3)}
    limits = replace(PATIENT, message=1)  # each stage alone is fast enough
    with MailHost(script=slow) as host:
        outcome = send_one(host, timeouts=limits)
    assert (outcome.verdict, outcome.stage, outcome.counted) == (RETRY, RCPT, False)
    assert host.accepted == []


def test_the_reply_to_the_dot_may_take_longer_than_any_other() -> None:
    with MailHost(delay=0.6) as host:
        outcome = send_one(host, timeouts=replace(QUICK, final_reply=20))
    assert (outcome.verdict, host.copies(ANN)) == (ACCEPTED, 1)


def test_one_dripping_connection_does_not_hold_up_the_others() -> None:
    verdicts: list[Verdict] = []

    def send(reader: str, settings: SmtpSettings) -> None:
        connection = connect(settings)
        verdicts.append(deliver(connection, letter_to(reader), intent=lambda: True).verdict)
        connection.close()

    with MailHost(script={"mail": [drip("250 2.1.0 very slowly", pause=0.2)]}) as host:
        settings = host.settings(timeouts=replace(PATIENT, command=2))
        threads = [
            threading.Thread(target=send, args=(f"reader{number}@reader.test", settings))
            for number in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert verdicts == [ACCEPTED, ACCEPTED, ACCEPTED, RETRY]
    assert len(host.accepted) == 3


@pytest.mark.parametrize(
    "words",
    ["250-and\r\n" * 500 + "250 ok", "250 " + "x" * 100_000, "250-one\r\n251 two", "2"],
    ids=["without end", "long line", "two codes", "half a code"],
)
def test_a_reply_out_of_bounds_ends_the_conversation(words: str) -> None:
    with MailHost(script={"rcpt": [say(words)]}) as host:
        connection = connect(host.settings())
        outcome = deliver(connection, letter_to(ANN), intent=lambda: True)
        assert_next_letter_goes_out(connection)
        connection.close()
    assert (outcome.verdict, outcome.stage, outcome.counted) == (RETRY, RCPT, False)
    assert (host.copies(ANN), host.connections) == (0, 2)


def test_a_server_that_gives_up_in_mid_text_is_heard() -> None:
    with MailHost(script={"text": [close("552 5.3.4 too large")]}) as host:
        connection = connect(host.settings())
        intent = Intent()
        outcome = deliver(connection, letter_to(ANN), intent=lambda: wait_for_end(host, intent))
        assert_next_letter_goes_out(connection)
        connection.close()
    assert (outcome.verdict, outcome.stage, outcome.enhanced) == (REFUSED, TEXT, "5.3.4")
    assert (host.copies(ANN), host.connections) == (0, 2)


def wait_for_end(host: MailHost, intent: Intent) -> bool:
    """Take so long to commit that the server has closed in the meantime."""
    return host.settles(lambda: len(host.unfinished) == 1) and intent()


def test_a_server_that_closes_while_the_intent_is_committed_did_not_take_the_letter() -> None:
    with MailHost(script={"text": [close()]}) as host:
        connection = connect(host.settings())
        intent = Intent()
        outcome = deliver(connection, letter_to(ANN), intent=lambda: wait_for_end(host, intent))
        assert_next_letter_goes_out(connection)
        connection.close()
    assert (outcome.verdict, outcome.stage, outcome.counted) == (RETRY, TEXT, False)
    assert intent.asked <= 1
    assert (host.copies(ANN), host.copies(BEN)) == (0, 1)


def test_an_answer_that_came_before_the_question_is_not_believed() -> None:
    with MailHost(script={"data": [say("354 go on\r\n250 2.0.0 taken")]}) as host:
        connection = connect(host.settings())
        intent = Intent()
        outcome = deliver(connection, letter_to(ANN), intent=intent)
        assert_next_letter_goes_out(connection)
        connection.close()
    assert (outcome.verdict, outcome.stage) == (RETRY, TEXT)
    assert intent.asked <= 1  # and no dot follows
    assert host.copies(ANN) == 0
