"""`digest issue include, skip, lead, move, note, diff, test`, `digest send --now`."""

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from newsroom import FRIDAY, MONDAY, SAID_YES, Ended, Newsroom
from sqlalchemy import select

from digest.tables import DeliveryRow, DraftRow, EditionRow, LogEntryRow
from storage.database import Database

Call = Callable[..., Any]
THURSDAY = "2026-06-11T12:00"


@pytest.fixture
def call(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> Call:
    """Give commands to a newsroom with a reader, four new posts and one that is too old."""

    def call(*arguments: str, code: int = 0, at: str = THURSDAY) -> Ended:
        return room.call(capsys, *arguments, "--at", at, code=code)

    attic = {"path": "/attic.xml", "day": "Tue, 07 Apr 2026"}
    call("source", "add", room.blog("Older", **attic), "--name", "attic", at=MONDAY)
    call("source", "add", room.blog(), "--name", "plain", at=MONDAY)
    call("fetch", at=MONDAY)
    call("subscriber", "add", "ada@example.org", *SAID_YES, at=MONDAY)
    room.blog("Older", "Old", **attic)
    room.blog("One", "Two", "Three", "Four")
    call("fetch")
    return call


def ids(call: Call) -> dict[str, str]:
    """Return the ids of the posts in the next issue, by title."""
    return {
        post["title"]: str(post["id"]) for post in call("issue", "show", "--json").data["order"]
    }


def shown(call: Call) -> list[str]:
    return [post["title"] for post in call("issue", "show", "--json").data["order"]]


def mails(room: Newsroom) -> list[EmailMessage]:
    return [message_from_bytes(one.message, policy=policy.default) for one in room.mail.accepted]


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def test_what_a_person_decides_is_what_is_mailed(
    call: Call, room: Newsroom, database: Database
) -> None:
    assert shown(call) == ["One", "Two", "Three", "Four"]
    posts = ids(call)
    old = call("issue", "include", "https://plain.example/Old", "--json").data
    assert (old["title"], old["changed"], old["state"]) == ("Old", True, "draft")
    call("issue", "skip", posts["Two"])
    call("issue", "lead", posts["Three"])
    call("issue", "move", posts["Four"], "--up")
    call("issue", "note", posts["Four"], "The one to argue with.")
    call("issue", "words", "--preheader", "And one from April")
    assert shown(call) == ["Three", "Four", "One", "Old"]
    call("run", at=FRIDAY)
    (mail,) = mails(room)
    assert mail["Subject"] == "Three"
    for words in (text_of(mail), text_of(mail, "html")):
        assert words.index("About Three") < words.index("About Four") < words.index("About One")
        assert "Why it is here:" in words
        assert "The one to argue with." in words
        assert "About Old" in words
        assert "About Two" not in words
    assert "And one from April" in text_of(mail, "html")
    with database.read() as session:
        log = session.execute(select(LogEntryRow.action, LogEntryRow.facts)).all()
    assert [action for action, _ in log if action.endswith(("post", "words", "on post"))] == [
        "include post",
        "skip post",
        "lead with post",
        "move post",
        "note on post",
        "write words",
    ]
    (facts,) = [facts for action, facts in log if action == "skip post"]
    assert (facts["before"], facts["after"]) == (
        {"skipped": []},
        {"skipped": [int(posts["Two"])]},
    )
    late = call("issue", "skip", posts["One"], "2026-W24", code=2, at="2026-06-12T07:10")
    assert "is in issue 1 already" in late.err
    assert "One" not in call("issue", "show", "2026-W25", at="2026-06-15T12:00").out


def test_a_skipped_post_does_not_come_back_with_the_next_issue(call: Call) -> None:
    call("issue", "skip", ids(call)["Two"])
    call("run", at=FRIDAY)
    why = call("why", "https://plain.example/Two", at="2026-06-15T12:00").out
    assert "is not in issue 2026-W25" in why


@pytest.mark.parametrize(
    "change",
    [
        ("issue", "skip", "One"),
        ("issue", "include", "Old"),
        ("issue", "lead", "Two"),
        ("issue", "move", "Four", "--up"),
        ("issue", "note", "Two", "Read it twice."),
        ("issue", "words", "--subject", "Something else"),
        ("post", "edit", "Two", "--summary", "Other words."),
        ("post", "drop", "Four"),
    ],
    ids=lambda change: " ".join(change[:2]),
)
def test_each_kind_of_change_takes_the_approval_back_and_is_told(
    call: Call, room: Newsroom, change: tuple[str, ...]
) -> None:
    assert "not approved yet" in call("issue", "diff", code=2).err
    call("issue", "approve")
    assert call("issue", "diff", "--json").data["changes"] == []
    titles = {name: f"https://plain.example/{name}" for name in (*shown(call), "Old")}
    call(*(titles.get(word, word) for word in change))
    listed = call("issue", "list", "--json").data
    assert listed[0]["state"] == "held"
    assert "changed since it was approved" in listed[0]["reason"]
    assert call("issue", "diff", "--json").data["changes"] != []
    call("run", code=3, at=FRIDAY)
    assert room.mail.accepted == []
    call("issue", "approve", "2026-W24", at=FRIDAY)
    call("run", at="2026-06-12T07:05")
    assert len(room.mail.accepted) == 1


def test_a_rehearsed_or_refused_decision_changes_nothing(call: Call, room: Newsroom) -> None:
    posts = ids(call)
    before = room.rows()
    for arguments in (
        ("include", "https://plain.example/Old"),
        ("skip", posts["One"]),
        ("lead", posts["Two"]),
        ("move", posts["Two"], "--to", "1"),
        ("note", posts["Two"], "Words."),
        ("words", "--subject", "Words"),
        ("test", "somebody@example.org"),
    ):
        call("issue", *arguments, "--dry-run")
    refused: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("no post is known as 99", ("skip", "99")),
        ("is not in issue 2026-W24", ("lead", "https://plain.example/Old")),
        ("say where it goes", ("move", posts["One"])),
        ("there is no place 9", ("move", posts["One"], "--to", "9")),
        ("600 characters", ("note", posts["One"], "x" * 601)),
        ("78 characters", ("words", "--subject", "x" * 79)),
        ("one to 5 addresses", ("test", *(f"a{n}@example.org" for n in range(6)))),
    )
    for complaint, refusal in refused:
        assert complaint in call("issue", *refusal, code=2).err
    assert room.rows() == before
    assert room.mail.accepted == []


def test_send_now_wants_the_right_number_and_leaves_before_the_slot(
    call: Call, room: Newsroom
) -> None:
    wrong = call("send", "2026-W24", "--now", "--people", "2", code=2)
    assert "would go to 1 people now, not to 2" in wrong.err
    assert "go together" in call("send", "2026-W24", "--now", code=2).err
    assert room.mail.accepted == []
    call("send", "2026-W24", "--now", "--people", "1")
    assert len(room.mail.accepted) == 1
    call("run", at=FRIDAY)
    assert len(room.mail.accepted) == 1


def test_there_is_time_to_think_again(call: Call, room: Newsroom, database: Database) -> None:
    room.configure("[schedule]\nundo_minutes = 10.0")
    sent = call("send", "2026-W24", "--now", "--people", "1")
    assert "is approved and leaves after Thu 11 Jun 2026 12:10" in sent.err + sent.out
    call("run", at="2026-06-11T12:05")
    assert room.mail.accepted == []
    call("issue", "hold", "2026-W24", at="2026-06-11T12:06")
    call("run", at="2026-06-11T12:15")
    assert room.mail.accepted == []
    with database.read() as session:
        assert session.scalar(select(DraftRow.at_once)) is False
    call("send", "2026-W24", "--now", "--people", "1", at="2026-06-11T12:20")
    call("run", at="2026-06-11T12:31")
    assert len(room.mail.accepted) == 1


def test_a_test_mail_is_what_would_be_sent_and_leaves_no_delivery(
    call: Call, room: Newsroom, database: Database
) -> None:
    told = call("issue", "test", "ada@example.org", "boss@example.com", "--json").data
    assert [(one["email"], one["accepted"]) for one in told] == [
        ("ada@example.org", True),
        ("boss@example.com", True),
    ]
    call("run", at=FRIDAY)
    test, other, real = mails(room)
    assert test["Subject"] == f"[Test] {real['Subject']}"
    assert (test["To"], other["To"]) == (real["To"], "boss@example.com")
    for kind in ("plain", "html"):
        assert text_of(test, kind) == text_of(real, kind)
    assert test["Message-ID"] != real["Message-ID"]
    with database.read() as session:
        assert session.scalars(select(DeliveryRow.id)).all() == [1]
        assert session.scalar(select(EditionRow.candidates)) == 1
    call("audit", at=FRIDAY)


def test_a_subject_of_late_is_refused(call: Call, room: Newsroom) -> None:
    call("run", at=FRIDAY)
    subject = mails(room)[0]["Subject"]
    again = ("issue", "words", "--subject", subject.upper())
    refused = call(*again, at="2026-06-15T12:00", code=2)
    assert "was the subject of one of the last eight issues" in refused.err


def test_what_waits_for_a_person_stops_an_approval_until_it_is_decided(
    call: Call, room: Newsroom
) -> None:
    cut = "What a Hundred Nights of Queue Lengths Taught Us About Paging Peo…"
    room.blog("One", "Two", cut)
    call("fetch")
    assert "is not fit to mail" in call("issue", "approve", code=3).err
    held = str(call("post", "list", "--json").data[0]["id"])
    assert "makes it fit to mail" in call("issue", "include", held, code=2).err
    call("issue", "skip", held)
    call("issue", "approve")
    call("run", at=FRIDAY)
    assert len(room.mail.accepted) == 1


def test_a_whole_run_can_go_to_one_mailbox(call: Call, room: Newsroom) -> None:
    call("subscriber", "add", "grace@example.org", *SAID_YES, at=MONDAY)
    room.configure('[test]\nredirect_to = "qa@example.net"')
    call("run", at=FRIDAY)
    assert {one.recipient for one in room.mail.accepted} == {"qa@example.net"}
    assert {mail["To"] for mail in mails(room)} == {"ada@example.org", "grace@example.org"}
    room.configure('[test]\nredirect_to = "nobody"')
    assert "takes an address" in call("run", code=2, at=FRIDAY).err
