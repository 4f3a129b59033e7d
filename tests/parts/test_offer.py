"""The topics that readers choose from: where they come from, and how much each of them brings."""

from datetime import timedelta

from people import NOW
from press import issue
from sqlalchemy.orm import Session

from digest.editions.offer import offered
from digest.posts.topics import TopicSettings
from digest.tables import EditionRow, SourceRow
from storage.database import Database

SETTINGS = TopicSettings(topics={"Storage": ("databases",), "AI & agents": ("ai",)})


def sent(session: Session, number: int, *, posts: int, state: str = "sent") -> None:
    """Keep an issue with the first so many of the sample's posts: the first four on storage."""
    moment = NOW + timedelta(weeks=number)
    session.add(
        EditionRow(
            newsletter="n",
            period=f"2026-W{number:02}",
            number=number,
            state=state,
            opens_at=moment,
            closes_at=moment,
            due_at=moment,
            created_at=moment,
            issue=issue(issue().posts[:posts]).to_json(),
        )
    )
    session.flush()


def test_topics_are_the_configured_ones_and_those_of_single_sources(database: Database) -> None:
    with database.begin() as session:
        for name, topic in (("A", "Networking"), ("B", None), ("C", "storage"), ("D", "Green IT")):
            session.add(
                SourceRow(name=name, url=f"https://{name}.example", topic=topic, added_at=NOW)
            )
        session.flush()
        topics = offered(session, "n", settings=SETTINGS)
    assert [(one.slug, one.name, one.posts) for one in topics] == [
        ("storage", "Storage", None),
        ("ai-and-agents", "AI & agents", None),
        ("green-it", "Green IT", None),
        ("networking", "Networking", None),
    ]


def test_what_a_topic_brings_is_averaged_over_the_latest_four_issues(database: Database) -> None:
    with database.begin() as session:
        sent(session, 1, posts=1)  # too long ago
        for number, posts in ((2, 4), (3, 4), (4, 2), (5, 7)):
            sent(session, number, posts=posts)
        sent(session, 6, posts=1, state="draft")
        topics = {one.slug: one.posts for one in offered(session, "n", settings=SETTINGS)}
        strange = {one.posts for one in offered(session, "another", settings=SETTINGS)}
    assert topics == {"storage": 4, "ai-and-agents": 0}
    assert strange == {None}
