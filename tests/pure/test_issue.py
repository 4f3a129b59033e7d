"""The words of an issue: written from cards, sealed, and read again by every later version."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from digest.calendar import ScheduleSettings, latest_due
from digest.editions.cards import Card
from digest.editions.issue import Also, Earlier, Issue, NewsletterSettings, write_issue
from digest.posts.post import Post
from digest.posts.topics import TopicSettings

FRIDAY = datetime(2026, 6, 12, 6, 0, tzinfo=UTC)
TOPICS = TopicSettings(topics={"Storage": ("databases",)})

# As the first version sealed it; neither the words nor the seal may ever change.
SEALED: dict[str, Any] = {
    "newsletter": {
        "slug": "weekly-dive",
        "name": "The Weekly Dive",
        "tagline": "A tagline",
        "language": "en",
        "postal_address": "1 Example Street",
    },
    "period": "2026-W24",
    "number": 1,
    "day": "2026-06-12",
    "posts": [
        {
            "post_id": 7,
            "url": "https://quay.example/7",
            "title": "Full queues",
            "source": "Quay",
            "summary": None,
            "author": None,
            "topic": None,
            "day": "2026-06-09",
            "minutes": None,
            "language": None,
        }
    ],
    "surplus": [{"source": "Quay", "posts": 4}],
    "introduction": None,
}
SEAL = "6c032153668cb14b468054649b40fd0c1202742280ecbe4b74b1fe6d3a5a7dc6"


def post(number: int, **facts: Any) -> Post:
    usual: dict[str, Any] = {
        "id": number,
        "source_id": 1,
        "source": "Quay",
        "url": f"https://quay.example/{number}",
        "title": f"Post {number}",
        "first_seen_at": FRIDAY - timedelta(days=2),
        "published_at": FRIDAY - timedelta(days=3),
    }
    return Post(**usual | facts)


def write(*cards: Card) -> Issue:
    return write_issue(
        cards,
        surplus={},
        newsletter=NewsletterSettings(),
        period=latest_due(ScheduleSettings(), FRIDAY),
        number=1,
        zone="Europe/Berlin",
        topics=TOPICS,
    )


def test_an_issue_that_was_sealed_by_the_first_version_keeps_its_seal() -> None:
    issue = Issue.from_json(SEALED)
    assert json.loads(json.dumps(issue.to_json())) == SEALED
    assert issue.seal == SEAL


def test_a_card_is_sealed_with_all_that_stands_on_it() -> None:
    old = post(3, published_at=None, published_on=date(2024, 5, 1))
    issue = write(Card(lead=post(1), also=(post(2),), earlier=old), Card(lead=post(4)))
    assert issue.posts[0].also == (
        Also(post_id=2, url="https://quay.example/2", title="Post 2", source="Quay"),
    )
    assert issue.posts[0].earlier == Earlier(
        url="https://quay.example/3", title="Post 3", year=2024
    )
    assert [entry.post_id for entry in issue.entries] == [1, 2, 4]
    assert Issue.from_json(issue.to_json()) == issue
    assert write(Card(lead=post(1), also=(post(2),)), Card(lead=post(4))).seal != issue.seal


def test_the_topic_is_the_sources_own_or_that_of_the_tags() -> None:
    issue = write(
        Card(lead=post(1, topic="Operations", tags=("Database",))),
        Card(lead=post(2, tags=("Database",))),
        Card(lead=post(3, tags=("gardening",))),
    )
    assert [entry.topic for entry in issue.posts] == ["Operations", "Storage", None]
