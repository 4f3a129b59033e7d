"""What SMTP replies mean, stage by stage."""

import pytest

from digest.mail.outcome import Stage, Verdict
from digest.providers.reply import (
    LONGEST_TEXT,
    Fault,
    Line,
    Reply,
    ends_connection,
    judge,
    judge_fault,
    read_line,
)

BEFORE_THE_DOT = [
    Stage.GREETING,
    Stage.TLS,
    Stage.AUTH,
    Stage.MAIL,
    Stage.RCPT,
    Stage.DATA,
    Stage.TEXT,
]


def reply(words: str) -> Reply:
    return Reply(code=int(words[:3]), lines=(words[4:],))


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"250 ok\r", Line(code=250, last=True, text="ok")),
        (b"250-SIZE 100\r", Line(code=250, last=False, text="SIZE 100")),
        (b"354", Line(code=354, last=True, text="")),
        (b"250 \xc3\xa4 \xff", Line(code=250, last=True, text="ä �")),
    ],
)
def test_a_line_is_read(raw: bytes, line: Line) -> None:
    assert read_line(raw) == line


@pytest.mark.parametrize(
    "raw", [b"", b"25", b"ok", b"2500 ok", b"150 ok", b"650 ok", b"250ok", b" 250 ok", b"\xff\xfe"]
)
def test_what_is_no_line_of_a_reply_is_not_read(raw: bytes) -> None:
    assert read_line(raw) is None


@pytest.mark.parametrize(
    ("words", "stage", "verdict", "counted"),
    [
        ("421 busy", Stage.GREETING, Verdict.RETRY, False),
        ("554 5.7.1 not you", Stage.GREETING, Verdict.RETRY, False),
        ("454 4.7.0 no TLS now", Stage.TLS, Verdict.RETRY, False),
        ("502 5.5.1 no such thing", Stage.TLS, Verdict.CONFIG, False),
        ("454 4.7.0 try later", Stage.AUTH, Verdict.RETRY, False),
        ("535 5.7.8 wrong password", Stage.AUTH, Verdict.CONFIG, False),
        ("504 5.5.4 no such mechanism", Stage.AUTH, Verdict.CONFIG, False),
        ("421 4.7.0 too many", Stage.MAIL, Verdict.RETRY, False),
        ("451 4.3.0 later", Stage.MAIL, Verdict.RETRY, False),
        ("550 5.1.8 bad sender", Stage.MAIL, Verdict.CONFIG, False),
        ("552 5.3.4 too large", Stage.MAIL, Verdict.CONFIG, False),
        ("450 4.2.1 busy", Stage.RCPT, Verdict.RETRY, True),
        ("451 4.7.1 greylisted", Stage.RCPT, Verdict.RETRY, True),
        ("452 4.5.3 too many recipients", Stage.RCPT, Verdict.RETRY, False),
        ("452 too many recipients", Stage.RCPT, Verdict.RETRY, False),
        ("452 4.2.2 mailbox full", Stage.RCPT, Verdict.RETRY, True),
        ("421 4.7.0 bye", Stage.RCPT, Verdict.RETRY, False),
        ("550 5.1.1 unknown", Stage.RCPT, Verdict.REFUSED, True),
        ("550 5.7.1 policy", Stage.RCPT, Verdict.REFUSED, True),
        ("530 5.7.0 log in first", Stage.RCPT, Verdict.CONFIG, False),
        ("503 5.5.1 MAIL first", Stage.RCPT, Verdict.CONFIG, False),
        ("451 4.3.0 later", Stage.DATA, Verdict.RETRY, True),
        ("421 4.3.2 shutting down", Stage.DATA, Verdict.RETRY, False),
        ("554 5.7.1 no", Stage.DATA, Verdict.REFUSED, True),
        ("552 5.3.4 too large", Stage.TEXT, Verdict.REFUSED, True),
        ("421 4.4.2 timeout", Stage.TEXT, Verdict.RETRY, False),
        ("250 2.0.0 taken", Stage.DOT, Verdict.ACCEPTED, True),
        ("451 4.3.0 later", Stage.DOT, Verdict.RETRY, True),
        ("452 4.3.1 disk full", Stage.DOT, Verdict.RETRY, True),
        ("421 4.3.2 shutting down", Stage.DOT, Verdict.RETRY, True),
        ("552 5.2.2 mailbox full", Stage.DOT, Verdict.REFUSED, True),
        ("554 5.7.1 spam", Stage.DOT, Verdict.REFUSED, True),
        ("354 go on", Stage.DOT, Verdict.UNKNOWN, True),
    ],
)
def test_a_reply_is_placed(words: str, stage: Stage, verdict: Verdict, *, counted: bool) -> None:
    outcome = judge(reply(words), stage=stage)
    assert (outcome.verdict, outcome.stage, outcome.counted) == (verdict, stage, counted)


@pytest.mark.parametrize("stage", BEFORE_THE_DOT)
@pytest.mark.parametrize("words", ["250 ok", "354 go on"])
def test_a_reply_that_has_no_place_before_the_dot_is_no_reason_to_doubt(
    words: str, stage: Stage
) -> None:
    assert judge(reply(words), stage=stage).verdict is Verdict.RETRY
    assert ends_connection(reply(words), stage=stage)


@pytest.mark.parametrize("stage", [*BEFORE_THE_DOT, Stage.DOT])
def test_a_refusal_never_means_accepted_or_unknown(stage: Stage) -> None:
    replies = [Reply(code=code, lines=("no",)) for code in range(400, 600)]
    verdicts = {judge(reply, stage=stage).verdict for reply in replies}
    assert verdicts <= {Verdict.RETRY, Verdict.REFUSED, Verdict.CONFIG}


@pytest.mark.parametrize("stage", [Stage.GREETING, Stage.TLS, Stage.AUTH, Stage.MAIL])
def test_what_is_said_before_a_reader_was_named_refuses_no_reader(stage: Stage) -> None:
    replies = [Reply(code=code, lines=("no",)) for code in range(500, 600)]
    assert Verdict.REFUSED not in {judge(reply, stage=stage).verdict for reply in replies}


@pytest.mark.parametrize(
    ("words", "stage", "ends"),
    [
        ("550 5.1.1 unknown", Stage.RCPT, False),
        ("450 4.7.1 greylisted", Stage.RCPT, False),
        ("452 4.2.2 mailbox full", Stage.RCPT, False),
        ("452 4.5.3 too many recipients", Stage.RCPT, True),
        ("550 5.1.8 bad sender", Stage.MAIL, False),
        ("421 4.7.0 too many", Stage.MAIL, True),
        ("535 5.7.8 wrong", Stage.AUTH, True),
        ("552 5.3.4 too large", Stage.TEXT, True),
        ("250 2.0.0 taken", Stage.DOT, False),
        ("554 5.7.1 spam", Stage.DOT, False),
        ("452 4.3.1 disk full", Stage.DOT, False),
        ("421 4.3.2 shutting down", Stage.DOT, True),
        ("354 go on", Stage.DOT, True),
    ],
)
def test_a_connection_is_kept_only_when_both_sides_know_where_they_are(
    words: str, stage: Stage, *, ends: bool
) -> None:
    assert ends_connection(reply(words), stage=stage) is ends


@pytest.mark.parametrize("fault", list(Fault))
def test_after_the_dot_every_fault_is_unknown(fault: Fault) -> None:
    assert judge_fault(fault, stage=Stage.REPLY, text="gone").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("stage", [Stage.CONNECT, *BEFORE_THE_DOT, Stage.DOT])
@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.UNTRUSTED])
def test_before_the_dot_is_sent_a_fault_can_be_tried_again_uncounted(
    fault: Fault, stage: Stage
) -> None:
    outcome = judge_fault(fault, stage=stage, text="gone")
    assert (outcome.verdict, outcome.counted) == (Verdict.RETRY, False)


def test_a_server_that_cannot_be_trusted_is_for_the_operator() -> None:
    assert judge_fault(Fault.UNTRUSTED, stage=Stage.TLS, text="").verdict is Verdict.CONFIG


@pytest.mark.parametrize(
    ("words", "enhanced", "text"),
    [
        ("550 5.1.1 no such user", "5.1.1", "no such user"),
        ("550 5.7.515 Access denied", "5.7.515", "Access denied"),
        ("550 5.1.1", "5.1.1", ""),
        ("550 no such user", None, "no such user"),
        ("451 5.1.1 the classes differ", None, "the classes differ"),
        ("550 5.1.1234 too long", None, "5.1.1234 too long"),
        ("550 your address 10.12.34.56 is listed", None, "your address 10.12.34.56 is listed"),
    ],
)
def test_the_enhanced_code_is_taken_from_the_words(
    words: str, enhanced: str | None, text: str
) -> None:
    outcome = judge(reply(words), stage=Stage.RCPT)
    assert (outcome.enhanced, outcome.text) == (enhanced, text)


def test_the_lines_of_a_reply_become_one_without_their_codes() -> None:
    lines = ("5.1.1 The account", "5.1.1 does not exist.", "plainly")
    outcome = judge(Reply(code=550, lines=lines), stage=Stage.RCPT)
    assert outcome.text == "The account does not exist. plainly"
    assert outcome.reply == "550 5.1.1"


@pytest.mark.parametrize(
    "words",
    [
        "<ann@example.org>: unknown",
        "unknown user ann@example.org",
        "RCPT TO:<ann+news@mail.example.org>",
        '"ann b"@example.org is gone',
        "see http://help.test/?user=ann%40example.org",
        "ann=40example.org bounced",
        "änn@bücher.example is unknown",
        "mailto:ann@example.org;ann@example.com",
    ],
)
def test_no_address_is_kept(words: str) -> None:
    text = judge(reply(f"550 {words}"), stage=Stage.RCPT).text
    assert "@" not in text
    assert "nn" not in text.replace("unknown", "")
    assert "[address]" in text


def test_control_characters_are_not_kept() -> None:
    text = judge(reply("550 a\x1b[31m\x00\tb\u2028c\x85d"), stage=Stage.RCPT).text
    assert text == "a [31m b c d"


def test_a_long_text_is_cut() -> None:
    assert len(judge(reply("550 " + "word " * 500), stage=Stage.RCPT).text) == LONGEST_TEXT


def test_a_hostile_text_costs_little() -> None:
    outcome = judge(reply("550 " + "a" * 400_000 + "@"), stage=Stage.RCPT)
    assert outcome.text == "a" * LONGEST_TEXT
