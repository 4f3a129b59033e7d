"""Mails to the operator, as a real server takes them: each thing once while it lasts."""

import email
import email.policy
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from console import app_of
from mailhost import say
from newsroom import FRIDAY, SAID_YES, Ended, Newsroom, newsroom
from visitor import Wristwatch

from digest import alerts, questions, steering

MONDAY = "2026-06-08T12:00"
THURSDAY = "2026-06-11T12:00"
EVENING = "2026-06-11T18:30"
Call = Callable[..., Ended]


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom(tmp_path, database_url=database_url) as room:
        room.configure('[alerts]\nto = ["ops@example.org"]')
        yield room


@pytest.fixture
def call(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*arguments: str, code: int | None = 0, at: str = FRIDAY) -> Ended:
        return room.call(capsys, *arguments, "--at", at, code=code)

    call("source", "add", room.blog("cold-reads"), "--name", "Plain", at=MONDAY)
    call("fetch", at=THURSDAY)
    call("subscriber", "add", "ada@example.org", *SAID_YES, at=MONDAY)
    return call


def tell(room: Newsroom, at: str) -> list[str]:
    """Send what is to be told at this time; return the subjects that arrived."""
    before = len(room.mail.accepted)
    app = app_of(room, clock=Wristwatch.starting_at(moment(at)))
    alerts.tell(app)
    app.close()
    return [_subject(mail.message) for mail in room.mail.accepted[before:]]


def moment(at: str) -> datetime:
    return datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Europe/Berlin"))


def _subject(data: bytes) -> str:
    return str(email.message_from_bytes(data, policy=email.policy.default)["Subject"])


def test_the_coming_issue_is_told_the_evening_before_once(room: Newsroom, call: Call) -> None:
    del call
    assert tell(room, "2026-06-11T17:00") == []
    (subject,) = tell(room, EVENING)
    assert subject.endswith("Issue 1: 1 posts, nothing needs you, sends Fri 12 Jun 2026 07:00")
    assert tell(room, "2026-06-11T19:00") == []


def test_the_mail_is_plain_text_with_a_link_and_nothing_to_press(
    room: Newsroom, call: Call
) -> None:
    call("issue", "hold", "--reason", "the editor is <ill>", at=THURSDAY)
    assert len(tell(room, THURSDAY)) == 1
    mail = email.message_from_bytes(room.mail.accepted[-1].message, policy=email.policy.default)
    assert mail.get_content_type() == "text/plain"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    assert "Issue 2026-W24 is held: the editor is <ill>." in text
    assert "http://127.0.0.1:8025/console/issues/2026-W24" in text
    assert "digest issue approve 2026-W24" in text


def test_what_is_over_and_comes_back_is_told_again(room: Newsroom, call: Call) -> None:
    for _ in range(2):
        call("issue", "hold", at=THURSDAY)
        assert len(tell(room, THURSDAY)) == 1
        assert tell(room, THURSDAY) == []
        call("issue", "approve", at=THURSDAY)
        assert tell(room, THURSDAY) == []


def test_an_issue_that_was_sent_is_told_with_its_figures(room: Newsroom, call: Call) -> None:
    call("run")
    letter, told = room.mail.accepted
    assert _subject(told.message).endswith(
        "Issue 1 is sent: 1 of 1 accepted · 0 to go · 0 deferred · 0 refused · 0 unknown"
    )
    assert "Issue 1 is sent" not in _subject(letter.message)
    assert tell(room, "2026-06-12T08:00") == []


def test_a_run_that_did_not_come_is_told(room: Newsroom, call: Call) -> None:
    del call
    (subject,) = tell(room, "2026-06-12T08:00")
    assert "Issue 2026-W24 was due" in subject


def test_a_person_who_paused_an_issue_is_not_told_of_it(room: Newsroom, call: Call) -> None:
    room.mail.script = {"rcpt": [say("450 4.2.1 busy")] * 9}
    call("run", code=4)
    app = app_of(room)
    steering.pause(app, questions.edition_named(app, None), reason="lunch")
    app.close()
    assert tell(room, "2026-06-12T08:00") == []


def test_a_mail_that_no_server_took_is_tried_again_later(room: Newsroom, call: Call) -> None:
    call("issue", "hold", at=THURSDAY)
    room.mail.script = {"rcpt": say("450 4.2.1 busy")}
    assert tell(room, THURSDAY) == []
    room.mail.script = {}
    assert tell(room, "2026-06-11T12:05") == []  # too early
    assert len(tell(room, "2026-06-11T12:16")) == 1


def test_a_failing_mail_stops_nothing(
    room: Newsroom, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    (room.folder / "templates" / "alerts").mkdir(parents=True)
    broken = room.folder / "templates" / "alerts" / "alert.txt.j2"
    broken.write_text("{{ nothing.like.this }}", encoding="utf-8")
    room.configure('[alerts]\nto = ["ops@example.org"]\n[app]\ntemplates = "templates"')
    call("run")
    assert tell(room, "2026-06-12T07:30") == []
    assert "mails to the operator failed" in caplog.text


def test_who_asks_for_no_mails_gets_none(room: Newsroom, call: Call) -> None:
    room.configure()
    call("issue", "hold", at=THURSDAY)
    assert tell(room, THURSDAY) == []
    assert room.rows()["alert"] == []


@pytest.mark.parametrize("to", ["nobody", "a@b@c"])
def test_what_is_no_address_is_refused_by_the_configuration(room: Newsroom, to: str) -> None:
    room.configure(f'[alerts]\nto = ["{to}"]')
    with pytest.raises(Exception, match=r"\[alerts\] to"):
        app_of(room)
