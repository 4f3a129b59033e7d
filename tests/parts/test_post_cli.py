"""`digest post` and `digest source release`: what waits for a person, and what the person says."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from newsroom import FRIDAY, MONDAY, SAID_YES, Ended, Newsroom

from digest.posts.hygiene import CUT_TITLE
from digest.tables import PostRow, SourceRow
from storage.database import Database

Call = Callable[..., Ended]
CUT = "What a Hundred Nights of Queue Lengths Taught Us About Paging Peo…"
WHOLE = "What a Hundred Nights of Queue Lengths Taught Us"
MAY, JUNE = (datetime(2026, month, 9, 12, tzinfo=UTC) for month in (5, 6))


@pytest.fixture
def call(room: Newsroom, database: Database, capsys: pytest.CaptureFixture[str]) -> Call:
    """Give commands to a newsroom with a held post, and a source in quarantine with another."""
    with database.begin() as session:
        _publish(session, "plain", {"title": CUT, "held": CUT_TITLE, "fitness": "held"})
        _publish(session, "rebuilt", {"title": "Part 1", "alarm": "flood"}, alarm="flood")

    def call(*arguments: str, code: int = 0) -> Ended:
        return room.call(capsys, *arguments, "--at", FRIDAY, code=code)

    return call


def _publish(session: Any, name: str, post: dict[str, Any], **facts: Any) -> None:
    source = SourceRow(
        name=name,
        url=f"https://{name}.example/feed",
        added_at=MAY,
        first_read_at=MAY,
        next_check_at=datetime(2027, 1, 1, tzinfo=UTC),
        quarantined_at=JUNE if facts else None,
        alarm_reason="as a test" if facts else None,
        **facts,
    )
    session.add(source)
    session.flush()
    url = f"https://{name}.example/1"
    usual = {"source_id": source.id, "url": url, "published_at": JUNE, "first_seen_at": JUNE}
    session.add(PostRow(**usual | post))


def test_what_waits_is_listed_and_named_wherever_somebody_looks(call: Call) -> None:
    assert [(post["id"], post["held"]) for post in call("post", "list", "--json").data] == [
        (1, CUT_TITLE)
    ]
    assert "Next: digest post edit 1 --title" in call("post", "list").out
    why = call("why", "https://plain.example/1").out
    assert f"because it waits for a person ({CUT_TITLE})" in why
    assert "digest post take 1, or edit, or drop" in why
    why = call("why", "https://rebuilt.example/1").out
    assert "it came when its blog was put in quarantine (flood)" in why
    call("post", "take", "2")
    check = call("check", "--json", code=3).data
    assert check["findings"] == [f"post 1, {CUT!r}, waits for you: {CUT_TITLE}"]


def test_a_rehearsed_decision_changes_nothing(call: Call) -> None:
    for arguments in (("drop", "1"), ("take", "1"), ("edit", "1", "--title", WHOLE)):
        assert "would be" in call("post", *arguments, "--dry-run").out
    assert "would be released" in call("source", "release", "rebuilt", "--drop", "--dry-run").out
    assert len(call("post", "list", "--json").data) == 1
    assert call("source", "release", "rebuilt", "--take", "--json").data == {
        "source": "rebuilt",
        "released": True,
        "posts": ["Part 1"],
        "fate": "taken",
    }


def test_an_edited_post_is_mailed_in_the_new_words(call: Call, room: Newsroom) -> None:
    call("subscriber", "add", "ada@example.org", *SAID_YES)
    ended = call("run", code=3)
    assert "(its title is cut) would be in it" in ended.out
    assert "watch   rebuilt is in quarantine (flood), posts held: 1" in ended.out
    assert "digest source release rebuilt --take, or --drop" in ended.out
    edited = call("post", "edit", "https://plain.example/1", "--title", WHOLE, "--json").data
    assert edited == {"id": 1, "url": "https://plain.example/1", "title": WHOLE, "before": CUT}
    call("issue", "approve", "2026-W24")
    data = call("run", "--json").data
    assert [one["source"] for one in data["quarantined"]] == ["rebuilt"]
    assert WHOLE.encode() in room.mail.accepted[0].message
    assert "is in issue 1 already" in call("post", "drop", "1", code=2).err


def test_a_new_alarm_is_told_once_by_the_exit_code_and_by_every_run(
    room: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    def fetch(at: str, *, code: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = room.call(
            capsys, "fetch", "--json", "--at", at, code=code
        ).data
        return found

    old = [f"chapter-{n}" for n in range(12)]
    room.call(capsys, "source", "add", room.blog(*old), "--name", "plain", "--at", MONDAY)
    fetch("2026-06-09T12:00", code=0)
    room.blog(*(f"part-{n}" for n in range(12)), day="Tue, 02 Jun 2026")
    (raised,) = fetch("2026-06-10T12:00", code=4)
    assert raised["detail"].startswith("quarantined: Old posts come back as new ones")
    fetch("2026-06-10T13:30", code=0)
    room.call(capsys, "subscriber", "add", "ada@example.org", *SAID_YES, "--at", MONDAY)
    done = room.call(capsys, "run", "--json", "--at", FRIDAY).data
    assert [(one["alarm"], one["held"]) for one in done["quarantined"]] == [("replay", 12)]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("post", "take", "99"), "no post is known as 99"),
        (("post", "edit", "1"), "add --title or --summary"),
        (("post", "edit", "1", "--title", " "), "a post needs a title"),
        (("source", "release", "rebuilt"), "add --take or --drop"),
        (("source", "release", "nowhere", "--take"), "no source is named 'nowhere'"),
        (("source", "release", "plain", "--take"), "'plain' is not in quarantine"),
    ],
)
def test_a_mistaken_decision_is_refused_with_what_to_do(
    call: Call, arguments: tuple[str, ...], complaint: str
) -> None:
    assert complaint in call(*arguments, code=2).err
