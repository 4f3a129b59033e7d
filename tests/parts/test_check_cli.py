"""`digest check` and `digest issue words`: findings with cures, and a person's own words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from newsroom import FRIDAY, MONDAY, SAID_YES, Newsroom, newsroom

from digest.checks.resolver import SystemResolver


@pytest.fixture
def room(tmp_path: Path, database_url: str) -> Iterator[Newsroom]:
    with newsroom(tmp_path, database_url=database_url) as opened:
        opened.configure()
        yield opened


def follow(room: Newsroom, capsys: pytest.CaptureFixture[str], *titles: str) -> None:
    room.call(capsys, "source", "add", room.blog(*titles), "--at", MONDAY)
    room.call(capsys, "subscriber", "add", "ada@example.org", *SAID_YES)
    room.call(capsys, "fetch", "--at", FRIDAY)


def test_check_says_what_was_measured_and_sends_nothing(
    room: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    follow(room, capsys, "Counting")
    before = room.rows()
    ended = room.call(capsys, "check", "--at", FRIDAY)
    for word in ("size:", "text part:", "contrast:", "one-click unsubscribe:", "links:"):
        assert word in ended.out
    assert "all checks passed" in ended.out
    assert room.rows() == before
    assert not room.mail.accepted


def test_check_names_dead_links_and_a_bad_subject_each_with_a_cure(
    room: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = room.web.serve("/gone", status=404)
    feed = (
        '<rss version="2.0"><channel><title>Plain</title><link>https://plain.example/</link>'
        f"<item><title>LOUDEST OF TITLES</title><link>{gone}</link><guid>1</guid>"
        "<description>About it.</description><pubDate>Tue, 09 Jun 2026 10:00:00 +0000</pubDate>"
        "</item></channel></rss>"
    )
    room.call(capsys, "source", "add", room.web.serve("/feed.xml", feed), "--at", MONDAY)
    room.call(capsys, "fetch", "--at", FRIDAY)
    data = room.call(capsys, "check", "--json", "--at", FRIDAY, code=3).data
    assert not data["passed"]
    by_level = {finding["level"]: finding for finding in data["report"] if finding["cure"]}
    assert "is gone (404)" in by_level["error"]["sentence"]
    assert "capitals" in by_level["warning"]["sentence"]
    assert set(data["findings"]) == {f["sentence"] for f in data["report"] if f["level"] != "ok"}


def test_offline_asks_neither_links_nor_dns(
    room: Newsroom, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(_: SystemResolver, name: str, kind: str) -> list[str]:
        pytest.fail(f"DNS was asked for {name} {kind}")

    monkeypatch.setattr(SystemResolver, "_ask", asked)
    room.configure('[sender]\nfrom_address = "news@good-news.org"')
    follow(room, capsys, "Counting")
    room.web.asked.clear()
    assert "links:" not in room.call(capsys, "check", "--offline", "--at", FRIDAY).out
    assert room.web.asked == []


def test_own_words_are_kept_until_the_issue_is_sealed(
    room: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    follow(room, capsys, "Counting")
    words = ("issue", "words", "--at", FRIDAY)
    room.call(capsys, *words, "--subject", "Read less", "--dry-run")
    assert room.call(capsys, *words, "--json").data["subject"] is None
    room.call(capsys, *words, "--subject", "Read less")
    data = room.call(capsys, *words, "--introduction", "One post.", "--json").data
    assert (data["subject"], data["introduction"]) == ("Read less", "One post.")
    assert "78 characters" in room.call(capsys, *words, "--subject", "x" * 79, code=2).err
    room.call(capsys, "run", "--at", FRIDAY)
    assert b"Subject: Read less" in room.mail.accepted[0].message
    late = room.call(capsys, *words, "2026-W24", "--subject", "Too late", code=2)
    assert "sealed" in late.err
