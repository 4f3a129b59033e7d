"""`digest why` names the rule for every post and the reason for every person."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from newsroom import FRIDAY, MONDAY, SAID_YES, Newsroom
from sqlalchemy import select, update

from digest.posts.origin import DateOrigin
from digest.selection import Reason
from digest.tables import PostRow, SourceRow, SubscriberRow
from storage.database import Database
from subscribers import suppression
from subscribers.tables import Status

Why = Callable[..., str]

RULES = """
[selection]
per_source = 2
per_issue = 3
include_tags = ["engineering"]
exclude_tags = ["sponsored"]
exclude_authors = ["Pat Seller"]
exclude_words = ["webinar"]
"""


def june(day: int, hour: int = 12, *, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


# One post for each reason; the two without one are the newest of the blog "plain".
POSTS: dict[str, dict[str, Any]] = {
    "first": {"published_at": june(11, 9)},
    "second": {"published_at": june(11, 8)},
    Reason.SOURCE_CAP: {"published_at": june(11, 7)},
    Reason.HELD: {"held": "its title is cut"},
    Reason.QUARANTINED: {"alarm": "flood"},
    Reason.DROPPED: {"decision": "dropped"},
    Reason.BASELINE: {"first_seen_at": june(1), "published_at": None},
    Reason.BEFORE: {"first_seen_at": june(3), "published_at": june(3)},
    Reason.TOO_OLD: {"published_at": june(1, month=4)},
    Reason.AFTER: {"published_at": june(12, 3), "first_seen_at": june(12, 4)},
    Reason.TAG: {"tags": ["engineering", "Sponsored"]},
    Reason.NO_TAG: {"tags": ["gossip"]},
    Reason.AUTHOR: {"author": "Pat Seller"},
    Reason.WORD: {"title": "Our next webinar"},
    Reason.MUTED: {"title": "Hiring: five of us"},
    Reason.SKIPPED: {"tags": ["gossip"]},
}


@pytest.fixture
def why(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> Why:
    def why(what: str, *, at: str = FRIDAY) -> str:
        return room.call(capsys, "why", what, "--at", at).out

    return why


def url(name: str) -> str:
    return f"https://plain.example/{abs(hash(name))}"


def publish(database: Database, name: str, posts: dict[str, dict[str, Any]]) -> None:
    """Put a source and its posts into the database, as a fetch on 9 June would have."""
    with database.begin() as session:
        source = SourceRow(
            name=name,
            url=f"https://{name}.example/feed",
            added_at=june(1),
            first_read_at=june(1),
            next_check_at=june(30),
        )
        session.add(source)
        session.flush()
        for post, facts in posts.items():
            usual = {
                "source_id": source.id,
                "url": url(post),
                "title": str(post),
                "tags": ["engineering"],
                "published_at": june(9),
                "first_seen_at": june(9, 13),
            }
            session.add(PostRow(**usual | facts))


def test_every_post_has_its_rule(
    database: Database, room: Newsroom, why: Why, capsys: pytest.CaptureFixture[str]
) -> None:
    room.configure(RULES)
    publish(database, "plain", POSTS)
    publish(database, "other", {"third": {}, Reason.ISSUE_CAP: {"published_at": june(8)}})
    room.call(capsys, "issue", "skip", url(Reason.SKIPPED), "--at", FRIDAY)
    room.call(capsys, "source", "mute", "hiring")
    for name in ("first", "second", "third"):
        assert "will be in issue 2026-W24, due Fri 12 Jun 2026 07:00" in why(url(name))
    for reason in Reason:
        assert f"is not in issue 2026-W24, because it {reason}" in why(url(reason)), reason
    assert "(sponsored)" in why(url(Reason.TAG))
    assert "no source has shown a post" in why("https://plain.example/never")


def test_all_that_is_known_of_a_post_is_told(database: Database, room: Newsroom, why: Why) -> None:
    room.configure(
        "[selection]\nper_source = 3\n"
        '[topics]\ntopics = { Messaging = ["queues"] }\nnames = { sre = "Reliability" }\n'
    )
    queues = "Backpressure in message queues: bounded brokers under load"
    brokers = "Why our message broker needed backpressure on bounded message queues"
    words = "The bounded broker sheds load with backpressure before a message queue fills its disk."
    publish(
        database,
        "plain",
        {
            "newest": {"title": queues, "summary": words, "published_at": june(11)},
            "second": {
                "title": brokers,
                "summary": words,
                "raw_summary": f"Here it is: {words}",
                "rules": ["preamble"],
                "fitness": "repaired",
                "language": "en",
                "minutes": 9,
                "tags": ["message-queues", "SRE", "golang"],
            },
            "undated": {"title": "Sourdough at altitude", "published_at": None},
            "old": {"title": queues, "summary": words, "published_at": june(2, month=2)},
        },
    )
    told = why(url("second"))
    for sentence in (
        "post 2, known by its address; first seen Tue 09 Jun 2026 15:00",
        "dated Tue 09 Jun 2026 14:00 by its blog",
        "words repaired (preamble)\n    summary before: Here it is: The bounded",
        "summary now:    The bounded broker",
        "language en: its text shows it",
        "tagged Message queues, Reliability, Go",
        "on the topic Messaging, by its tags",
        f"leads a card on one topic with {queues!r}",
        f"goes on from {queues!r} (2026), which it links to",
        "number 3 of 3 fit posts of its blog, of which at most 3 are taken",
    ):
        assert sentence in told, told
    assert f"stands under {brokers!r}: both are on one topic" in why(url("newest"))
    assert "undated: it counts from when it was first seen" in why(url("undated"))


def test_the_place_of_the_date_is_told(database: Database, room: Newsroom, why: Why) -> None:
    room.configure()
    publish(
        database,
        "plain",
        {
            "fed": {"dated_by": DateOrigin.FEED},
            "addressed": {
                "published_at": None,
                "published_on": june(9).date(),
                "dated_by": DateOrigin.ADDRESS,
            },
            "impossible": {"published_at": june(9, month=9), "dated_by": DateOrigin.PAGE_META},
        },
    )
    assert "dated Tue 09 Jun 2026 14:00 by the feed\n" in why(url("fed"))
    assert "dated Tue 09 Jun 2026 by its address, without a time" in why(url("addressed"))
    assert "dated 2026-09-09 by the meta elements of its own page, which cannot be" in why(
        url("impossible")
    )
    assert all(origin.words for origin in DateOrigin)


def test_a_post_that_went_out_names_its_issue(
    database: Database, room: Newsroom, why: Why, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(database, "plain", {"first": {}})
    room.call(capsys, "subscriber", "add", "ada@example.org", *SAID_YES, "--at", MONDAY)
    room.call(capsys, "run", "--at", FRIDAY)
    assert "is in issue 1 (2026-W24, sent)" in why(url("first"))
    assert "issue 2026-W24: accepted" in why("ada@example.org")


def test_too_few_posts_wait(database: Database, room: Newsroom, why: Why) -> None:
    room.configure("[selection]\nminimum = 2\n")
    publish(database, "plain", {"first": {}})
    assert "waits: issue 2026-W24 has fewer posts" in why(url("first"))


def test_a_week_that_was_not_sent_is_taken_over(
    database: Database, room: Newsroom, why: Why, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(database, "plain", {"first": {}})
    room.call(capsys, "issue", "hold", "2026-W24", "--at", FRIDAY)
    next_week = "2026-06-19T07:30"
    assert "will be in issue 2026-W25" in why(url("first"), at=next_week)
    shown = room.call(capsys, "issue", "show", "2026-W25", "--at", next_week).out
    assert "first  [plain]" in shown


def test_every_person_has_a_sentence(
    database: Database, room: Newsroom, why: Why, capsys: pytest.CaptureFixture[str]
) -> None:
    addresses = {status: f"{status}@example.org" for status in (*Status, "paused", "suppressed")}
    room.call(capsys, "subscriber", "add", *addresses.values(), *SAID_YES)
    with database.begin() as session:
        for status in Status:
            _change(session, addresses[status], status=status)
        _change(session, addresses["paused"], paused_until=june(30))
        key = session.scalar(
            select(SubscriberRow.mailbox_key).where(SubscriberRow.email == addresses["suppressed"])
        )
        assert key
        suppression.suppress(
            session, mailbox_key=key, reason=suppression.Reason.BOUNCE, now=june(1)
        )
    assert why(addresses.pop(Status.CONFIRMED)).strip().endswith("gets the next issue")
    for status, address in addresses.items():
        assert f"gets no issue: {status}" in why(address), status
    assert "until 2026-06-30" in why("paused@example.org")
    assert "nobody is known under" in why("stranger@example.org")


def _change(session: Any, email: str, **values: Any) -> None:
    session.execute(update(SubscriberRow).where(SubscriberRow.email == email).values(**values))
