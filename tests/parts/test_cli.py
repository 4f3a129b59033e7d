"""Every command does what it says on both databases, and a dry run does nothing."""

import re
from collections.abc import Callable

import pytest
from mailhost import say
from newsroom import FRIDAY, MONDAY, SAID_YES, Ended, Newsroom
from sqlalchemy import text
from typer.main import get_command

from digest.cli.main import app
from storage.database import Database
from storage.settings import DatabaseSettings

W24, W25 = "2026-W24", "2026-W25"
THURSDAY = "2026-06-11T12:00"

Call = Callable[..., Ended]


@pytest.fixture
def week(room: Newsroom, call: Call) -> Newsroom:
    """Give a newsroom that has read a blog with two posts, and has three readers."""
    call("source", "add", room.blog("cold-reads", "warm-reads"), "--name", "plain", "--at", MONDAY)
    call("subscriber", "add", *readers("ada", "grace", "emmy"), *SAID_YES, "--at", MONDAY)
    call("fetch", "--at", "2026-06-11T12:00")
    return room


def readers(*names: str) -> list[str]:
    return [f"{name}@example.org" for name in names]


# --- The whole way, in words -----------------------------------------------------------------


def test_a_week_by_hand(week: Newsroom, call: Call) -> None:
    held = call("issue", "hold", "--reason", "Ada looks at it", "--at", FRIDAY).out
    assert f"issue {W24} is held: Ada looks at it" in held
    waiting = call("run", "--at", FRIDAY, code=3).out
    assert f"Next: digest preview {W24}, then digest issue approve {W24}" in waiting
    assert "approved" in call("issue", "approve", W24, "--at", FRIDAY).out
    sent = call("send", W24, "--at", FRIDAY).out
    assert "send    3 accepted" in sent
    assert call("send", W24, "--at", FRIDAY).out.startswith("nothing to do: issue 1 (2026-W24)")
    assert len(week.mail.accepted) == 3
    assert "3  accepted" in call("issue", "show", W24).out
    assert "can no longer" in call("issue", "hold", W24, "--at", FRIDAY, code=2).err
    assert "can no longer" in call("issue", "approve", W24, "--at", FRIDAY, code=2).err


def test_each_result_ends_with_a_command_that_exists(week: Newsroom, call: Call) -> None:
    known = get_command(app).commands  # type: ignore[attr-defined] # it is a group
    for arguments in (
        ("source", "add", week.blog("x", path="/x.xml")),
        ("source", "pause", "plain"),
        ("fetch", "plain", "--at", FRIDAY),
        ("subscriber", "add", "hedy@example.org", *SAID_YES),
        ("issue", "show", "--at", FRIDAY),
        ("check", "--at", FRIDAY),
        ("run", "-n", "--at", FRIDAY),
        ("issue", "hold", "--at", FRIDAY),
        ("issue", "approve", "--at", FRIDAY),
        ("send", W24, "--at", FRIDAY),
        ("issue", "list"),
        ("migrate",),
    ):
        last = call(*arguments).out.splitlines()[-1]
        command = re.fullmatch(r"Next: digest (\w+).*", last)
        assert command, (arguments, last)
        assert command[1] in known


def test_a_source_that_fails_is_in_part_and_named(week: Newsroom, call: Call) -> None:
    week.web.serve("/feed.xml", status=500)
    fetched = call("fetch", "--at", FRIDAY, code=4)
    assert "1 failed" in fetched.out
    assert "500" in call("source", "list").out


def test_letters_put_off_are_in_part(week: Newsroom, call: Call) -> None:
    week.mail.script = {"rcpt": [say("451 4.2.1 try later")]}
    done = call("run", "--at", FRIDAY, code=4)
    assert "send    1 deferred, 2 accepted" in done.out


def test_letters_that_wait_for_their_time_are_told_and_need_nobody(
    week: Newsroom, call: Call
) -> None:
    week.mail.script = {"rcpt": [say("451 4.2.1 try later")] * 2}
    call("run", "--at", FRIDAY, code=4)
    before = len(week.mail.said("RCPT"))
    early = "2026-06-12T07:01"
    assert call("run", "-q", "--at", early) == Ended(code=0, out="", err="")
    told = call("run", "--at", early).out
    assert re.search(r"issue   1 \(2026-W24\): 2 letters wait until Fri 12 Jun 2026 07:\d\d", told)
    assert len(week.mail.said("RCPT")) == before
    week.mail.script = {"rcpt": [say("451 4.2.1 try later")] * 4}  # of which three are behind us
    again = call("run", "-q", "--at", "2026-06-12T09:00", code=4).out
    assert "1 deferred, 2 accepted" in again
    assert "3 accepted" in call("run", "--at", "2026-06-12T15:00").out


def test_letters_that_wait_for_the_hours_are_told_and_need_nobody(
    week: Newsroom, call: Call
) -> None:
    week.configure('[hours]\nopens = "09:00"\ncloses = "18:00"\n')
    assert "outside the sending hours" in call("run", "-q", "--at", FRIDAY, code=4).out
    early = "2026-06-12T07:10"
    assert call("run", "-q", "--at", early).out == ""
    assert "3 letters wait (outside the sending hours" in call("run", "--at", early).out
    assert "3 accepted" in call("run", "--at", "2026-06-12T09:00").out


def test_a_fault_of_ours_pauses_and_needs_a_person(week: Newsroom, call: Call) -> None:
    week.mail.script = {"mail": say("530 5.7.0 authentication required")}
    assert f"Next: mend it, then digest send {W24}" in call("run", "--at", FRIDAY, code=3).out
    week.mail.script = {}
    assert "3 accepted" in call("send", W24, "--at", FRIDAY).out


def test_an_issue_without_posts_is_empty_and_that_is_no_failure(room: Newsroom, call: Call) -> None:
    call("source", "add", room.blog(), "--at", MONDAY)
    assert "nothing to check" in call("check", "--at", FRIDAY).out
    assert f"{W24} is empty: no new posts" in call("run", "--at", FRIDAY).out
    assert room.mail.connections == 0


def test_quiet_prints_nothing_on_success_and_all_of_it_on_trouble(
    week: Newsroom, call: Call
) -> None:
    for arguments in (
        ("fetch", "--at", FRIDAY),
        ("source", "add", week.blog("x", path="/x.xml")),
        ("source", "list"),
        ("source", "pause", "127.0.0.1-x"),
        ("subscriber", "add", "hedy@example.org", *SAID_YES),
        ("subscriber", "list"),
        ("subscriber", "remove", "hedy@example.org", "--yes"),
        ("issue", "show", "--at", FRIDAY),
        ("check", "--at", FRIDAY),
        ("why", "ada@example.org"),
        ("run", "--at", FRIDAY),
        ("run", "--at", FRIDAY),
        ("send", W24, "--at", FRIDAY),
        ("audit",),
        ("migrate",),
    ):
        ended = call(*arguments, "-q")
        assert (ended.out, ended.err) == ("", ""), arguments
    assert len(week.mail.accepted) == 3
    week.web.serve("/feed.xml", status=500)
    assert "1 failed" in call("fetch", "plain", "-q", "--at", FRIDAY, code=4).out


@pytest.mark.usefixtures("week")
def test_a_slip_in_an_address_that_is_added_is_pointed_out(call: Call) -> None:
    ended = call("subscriber", "add", "hedy@gmial.com", "hedy@example.org", *SAID_YES)
    assert "hedy@gmial.com: gmial.com may be a slip for gmail.com" in ended.out
    assert "hedy@example.org" not in ended.out
    assert ended.code == 0


# --- Nothing is written -----------------------------------------------------------------------


def test_a_dry_run_leaves_every_row_and_calls_no_carrier(week: Newsroom, call: Call) -> None:
    call("subscriber", "add", "gone@example.org", *SAID_YES)
    call("subscriber", "remove", "gone@example.org", "--yes")
    before = week.rows()
    for arguments in (
        ("fetch",),
        ("run",),
        ("send", "--now", "--people", "3", "--list"),
        ("source", "add", week.blog("x", path="/x.xml"), week.blog("y", path="/y.xml")),
        ("source", "pause", "plain"),
        ("source", "test", week.web.url("/feed.xml")),
        ("subscriber", "add", "hedy@example.org", *SAID_YES),
        ("subscriber", "remove", "ada@example.org"),
        ("issue", "hold"),
        ("issue", "approve"),
        ("migrate",),
    ):
        ended = call(*arguments, "--dry-run", "--at", FRIDAY)
        assert ended.out, arguments
        assert week.rows() == before, arguments
    assert week.mail.connections == 0
    assert len(before["source"]) == 1
    assert len(before["subscriber"]) == 4


@pytest.mark.usefixtures("week")
def test_a_rehearsal_names_everybody_in_and_out_with_the_reason(call: Call) -> None:
    call("subscriber", "remove", "emmy@example.org", "--yes")
    now = ("--now", "--people", "2")
    told = call("send", *now, "--dry-run", "--list", "--at", FRIDAY).out
    assert "2 posts to 2 readers" in told
    assert f"Next: digest send {W24} --now --people 2" in told
    assert "ada@example.org  gets it" in told
    assert "grace@example.org  gets it" in told
    assert "emmy@example.org  unsubscribed" in told
    assert "left out: 1 unsubscribed" in told


@pytest.mark.usefixtures("week")
@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ((), 2, "no issue has been opened yet"),
        ((W24,), 2, "has not been opened yet"),
        (("--now", "--people", "99"), 2, "would go to 3 people now, not to 99"),
    ],
)
def test_a_rehearsal_refuses_what_a_send_refuses(
    call: Call, arguments: tuple[str, ...], code: int, complaint: str
) -> None:
    for option in ("--dry-run", "--verbose"):
        refused = call("send", *arguments, option, "--at", THURSDAY, code=code)
        assert (refused.out, complaint in refused.err) == ("", True)


def test_a_rehearsal_of_a_send_asks_whether_it_is_approved(week: Newsroom, call: Call) -> None:
    call("issue", "words", "--introduction", "Good morning.", "--at", THURSDAY)
    for option in ("--dry-run", "--verbose"):
        assert "is a draft" in call("send", option, "--at", FRIDAY, code=3).err
    week.configure("[schedule]\nundo_minutes = 10.0\n")
    call("send", "--now", "--people", "3", "--at", THURSDAY)
    waits = call("send", "--dry-run", "--at", THURSDAY).out
    assert f"would not send issue {W24}" in waits
    assert "is approved and leaves after Thu 11 Jun 2026 12:10" in waits
    assert f"would send issue {W24}" in call("send", "-n", "--at", FRIDAY).out
    call("issue", "hold", "--at", THURSDAY)
    assert "why: it is held: held by the operator" in call("send", "-n", "--at", FRIDAY).out


def test_a_rehearsal_of_a_run_says_what_would_not_be_sent(week: Newsroom, call: Call) -> None:
    early = call("run", "-n", "--at", THURSDAY).out
    assert f"nothing is due now; at its time it would send issue {W24}" in early
    assert "digest run" not in early
    assert f"\nwould send issue {W24}" in call("run", "-n", "--at", FRIDAY).out
    week.configure('[schedule]\napproval = "manual"\n')
    by_hand = call("run", "-n", "--at", FRIDAY).out
    assert f"\nwould hold issue {W24}" in by_hand
    assert "why: it waits for approval" in by_hand
    week.configure("[selection]\nminimum = 3\n")
    few = call("run", "-n", "--at", FRIDAY).out
    assert "why: 2 new posts, fewer than [selection] minimum = 3" in few


def test_a_pretended_time_never_reaches_a_carrier_that_leaves_the_machine(
    week: Newsroom, call: Call
) -> None:
    week.configure()
    path = week.folder / "config.toml"
    path.write_text(path.read_text().replace('host = "127.0.0.1"', 'host = "mail.example"'))
    before = week.rows()
    for command in (("run",), ("send",), ("serve",)):
        assert "add --dry-run" in call(*command, "--at", FRIDAY, code=2).err
    assert "would send issue 2026-W24" in call("run", "-n", "--at", FRIDAY).out
    assert week.rows() == before


MISTAKES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("fetch", "nobody"), "no source is named 'nobody'"),
    (("source", "pause", "nobody"), "no source is named 'nobody'"),
    (("source", "pause", "nobody", "-n"), "no source is named 'nobody'"),
    (("source", "add", "https://a.example/feed", "ftp://b.example"), "is no web address"),
    (("source", "add", "http://[::1/feed"), "is no web address"),
    (("source", "add", "https://a.example", "--name", " "), "take 1 to 100 characters"),
    (("source", "add", "https://a.example", "https://b.example", "--name", "a"), "one address"),
    (("issue", "show", "2026-W99"), "there is no issue '2026-W99'"),
    (("issue", "hold", "week 24"), "there is no issue 'week 24'"),
    (("send", "2026-W99"), "there is no issue '2026-W99'"),
    (("send", "2026-W25"), "has not been opened yet"),
    (("send",), "no issue has been opened yet"),
    (("send", "--list"), "--list goes with --dry-run"),
    (("preview", "--language", "fr", "--no-open"), "there is no variant in 'fr'"),
    (("subscriber", "show", "nobody@example.org"), "nobody is known under n"),
    (("subscriber", "remove", "nobody@example.org", "--yes"), "nobody is known under n"),
    (("subscriber", "show", "nonsense"), "@"),
    (("subscriber", "remove", "ada@example.org"), "--yes"),
    (("subscriber", "add", *SAID_YES), "name at least one address"),
    (("subscriber", "add", "hedy@example.org"), "--consent is missing"),
    (("subscriber", "add", "hedy@example.org", "--consent", "  "), "--consent is missing"),
    (("subscriber", "add", "--file", "gone.txt", *SAID_YES), "gone.txt cannot be read"),
    (("subscriber", "import", "gone.csv"), "gone.csv cannot be read: there is no such file"),
    (("subscriber", "import", "."), ". cannot be read: it is a folder; nothing was done"),
    (("backup", "check", "."), ". cannot be read: it is a folder"),
    (("source", "import", "."), ". cannot be read: it is a folder"),
    (("subscriber", "add", "--file", "latin.txt", *SAID_YES), "not UTF-8"),
    (("subscriber", "list", "--limit", "0"), "greater than or equal to 1"),
    (("run", "--at", "Friday"), "--at 'Friday' is no time"),
    (("run", "--at", "9999-12-31"), "too far away"),
    (("run", "--at"), "--at needs a value"),
    (("init",), "config.toml is there already"),
)


def test_a_mistake_is_one_sentence_and_exit_2_and_nothing_is_written(
    week: Newsroom, call: Call
) -> None:
    (week.folder / "latin.txt").write_bytes(b"j\xfcrgen@example.org\n")
    before = week.rows()
    for arguments, sentence in MISTAKES:
        at = [] if "--at" in arguments else ["--at", FRIDAY]
        ended = call(*arguments, *at, code=2)
        assert sentence in ended.err
        assert ended.out == ""
        assert not re.search(r"Traceback|unexpected|nobody@example\.org", ended.err)
        assert week.rows() == before, arguments


def test_one_of_something_is_said_as_one(week: Newsroom, call: Call) -> None:
    assert "wrote 1 source to" in call("source", "export", "one.opml").out
    assert week.mail.accepted == []


def test_without_a_name_it_is_the_issue_that_comes_next(week: Newsroom, call: Call) -> None:
    assert "issue 2026-W24  draft" in call("issue", "show", "--at", FRIDAY).out
    call("run", "--at", FRIDAY)
    coming = call("issue", "show", "--at", FRIDAY).out
    assert "issue 2026-W25  draft" in coming
    assert "due Fri 19 Jun 2026 07:00" in coming
    assert "0 posts in it (too few: it would be empty)" in coming
    call("issue", "hold", W25, "--at", FRIDAY)
    after = call("issue", "show", "--at", "2026-06-26T08:00").out
    assert "issue 2026-W26  draft" in after
    assert "issue 1 (2026-W24)  sent" in call("issue", "show", W24, "--at", "2029-01-01").out
    assert len(week.mail.accepted) == 3


def test_a_draft_is_not_sent_without_approval(week: Newsroom, call: Call) -> None:
    week.configure("[schedule]\napproval = 'manual'\n")
    call("run", "--at", FRIDAY, code=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digest.weekly.settle", lambda _app, edition, **_: edition)
        call("run", "--at", "2026-06-19T07:00")
    before = week.rows()
    assert "issue approve 2026-W25" in call("send", "2026-W25", "--at", FRIDAY, code=3).err
    assert week.rows() == before


def test_addresses_that_cannot_be_taken_stop_nobody_else(week: Newsroom, call: Call) -> None:
    (week.folder / "new.txt").write_text("hedy@example.org\r\n\r\nnonsense\nalan@example.org\n")
    ended = call("subscriber", "add", "--file", "new.txt", *SAID_YES, code=4)
    assert "2 added or known" in ended.out
    assert "nonsense: refused" in ended.out
    assert "refused" in call("subscriber", "add", "nonsense", *SAID_YES, code=1).out
    shown = call("subscriber", "list", "--limit", "4").out
    assert re.search(r"Next: digest subscriber list --after \d+", shown)


def test_removed_is_removed_for_the_issue_that_comes(week: Newsroom, call: Call) -> None:
    call("subscriber", "remove", "ada@example.org", "--yes")
    assert "2 accepted" in call("run", "--at", FRIDAY).out
    assert week.mail.copies("ada@example.org") == 0
    call("subscriber", "add", "ada@example.org", *SAID_YES, code=1)
    call("subscriber", "add", "ada@example.org", "--again", *SAID_YES)


def test_books_that_do_not_add_up_fail_the_audit(week: Newsroom, call: Call) -> None:
    call("run", "--at", FRIDAY)
    assert "add up" in call("audit").out
    database = Database(DatabaseSettings(url=week.database_url))
    with database.begin() as session:
        session.execute(text("UPDATE edition SET candidates = 4"))
    database.close()
    ended = call("audit", "--json", code=1)
    assert ended.data[0].keys() == {"edition", "sentence"}
    assert {found["edition"] for found in ended.data} == {W24}
