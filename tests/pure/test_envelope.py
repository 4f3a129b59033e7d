"""What MAIL and RCPT say."""

import pytest

from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.envelope import Envelope, Lines, Offers, read_offers, xtext


def letter(
    *, recipient: str = "ann@example.org", sender: str = "b+1@digest.test", key: str = "24-1"
) -> Letter:
    return Letter(key=key, sender=sender, recipient=recipient, parts=(b"Subject: x\r\n\r\nx\r\n",))


def lines(one: Letter, *, offers: Offers) -> Lines:
    written = Envelope(offers).write(one)
    assert isinstance(written, Lines)
    return written


def mail_line(one: Letter, *, offers: Offers) -> str:
    return lines(one, offers=offers).mail


def rcpt_line(one: Letter, *, offers: Offers) -> str:
    return lines(one, offers=offers).rcpt


def obstacle(one: Letter, *, offers: Offers) -> Outcome | None:
    written = Envelope(offers).write(one)
    return None if isinstance(written, Lines) else written


def test_offers_are_read_by_keyword_in_any_case() -> None:
    lines = ("mail.test at your service", "size 100", "Dsn", "AUTH PLAIN LOGIN", "")
    assert read_offers(lines) == {"SIZE": "100", "DSN": "", "AUTH": "PLAIN LOGIN"}


def test_the_old_spelling_of_auth_is_understood() -> None:
    assert read_offers(("hello", "AUTH=LOGIN"))["AUTH"] == "LOGIN"


def test_the_greeting_offers_nothing() -> None:
    assert read_offers(("SIZE is what we have",)) == {}


def test_without_offers_only_the_paths_are_said() -> None:
    assert mail_line(letter(), offers={}) == "MAIL FROM:<b+1@digest.test>"
    assert rcpt_line(letter(), offers={}) == "RCPT TO:<ann@example.org>"


def test_the_empty_return_path_is_said() -> None:
    assert mail_line(letter(sender=""), offers={}) == "MAIL FROM:<>"


def test_the_size_is_said_when_offered() -> None:
    assert mail_line(letter(), offers={"SIZE": ""}).endswith(" SIZE=17")


def test_reports_are_asked_for_when_offered() -> None:
    plus = letter(recipient="ann+news=x@example.org", key="24 ä")
    assert mail_line(plus, offers={"DSN": ""}).endswith(" RET=HDRS ENVID=24+20+C3+A4")
    assert rcpt_line(plus, offers={"DSN": ""}) == (
        "RCPT TO:<ann+news=x@example.org> NOTIFY=FAILURE,DELAY"
        " ORCPT=rfc822;ann+2Bnews+3Dx@example.org"
    )


def test_smtputf8_is_said_only_for_an_address_that_needs_it() -> None:
    offers = {"SMTPUTF8": "", "DSN": ""}
    assert "SMTPUTF8" not in mail_line(letter(), offers=offers)
    foreign = letter(recipient="jörg@example.org")
    assert "SMTPUTF8" in mail_line(foreign, offers=offers).split()
    assert "ORCPT" not in rcpt_line(foreign, offers=offers)


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "ann",
        "ann @example.org",
        "ann@example.org>\r\nRCPT TO:<ben@example.org",
        "ann@example.org\n",
        "ann@example.org\x00",
        "<ann@example.org>",
        "ann\u2028@example.org",
        "a" * 250 + "@example.org",
    ],
)
def test_a_recipient_that_cannot_be_written_is_refused_by_ourselves(recipient: str) -> None:
    problem = obstacle(letter(recipient=recipient), offers={"SMTPUTF8": ""})
    assert problem is not None
    assert (problem.verdict, problem.stage) == (Verdict.REFUSED, Stage.RCPT)


def test_a_foreign_local_part_needs_the_servers_help() -> None:
    foreign = letter(recipient="jörg@example.org")
    problem = obstacle(foreign, offers={})
    assert problem is not None
    assert problem.verdict is Verdict.REFUSED
    assert "SMTPUTF8" in problem.text
    assert obstacle(foreign, offers={"SMTPUTF8": ""}) is None


@pytest.mark.parametrize("sender", ["b", "b@x\r\nDATA", "jörg@digest.test"])
def test_a_return_path_that_cannot_be_written_is_our_fault(sender: str) -> None:
    problem = obstacle(letter(sender=sender), offers={"SMTPUTF8": ""})
    assert problem is not None
    assert (problem.verdict, problem.counted) == (Verdict.CONFIG, False)


@pytest.mark.parametrize("most", ["17", "0", "", "many"])
def test_a_letter_that_fits_meets_no_obstacle(most: str) -> None:
    assert obstacle(letter(), offers={"SIZE": most}) is None


def test_a_letter_that_is_too_large_is_our_fault() -> None:
    problem = obstacle(letter(), offers={"SIZE": "16"})
    assert problem is not None
    assert problem.verdict is Verdict.CONFIG
    assert problem.text == "the letter has 17 bytes, the server takes 16"


def test_xtext_leaves_plain_text_alone() -> None:
    assert xtext("abc-123.~!") == "abc-123.~!"
