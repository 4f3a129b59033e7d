"""What the public may know of an issue: its sealed words, when it came out, and whether it stands.

Pure: values in, values out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.editions.issue import Also, Issue, IssuePost
from digest.posts.topics import topic_slug


@dataclass(frozen=True, kw_only=True)
class Withdrawal:
    """That an issue was taken back; ``reason`` is the operator's, for readers."""

    at: datetime
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class Record:
    """One issue that was sent; ``published_at`` is when its words were sealed, in UTC."""

    edition_id: int
    number: int
    issue: Issue
    published_at: datetime
    withdrawal: Withdrawal | None = None

    @property
    def updated_at(self) -> datetime:
        """When what is shown of it last changed."""
        return self.withdrawal.at if self.withdrawal else self.published_at


@dataclass(frozen=True, kw_only=True)
class TopicPost:
    """A post as the page of its topic lists it."""

    record: Record
    post: IssuePost | Also


@dataclass(frozen=True, kw_only=True)
class Topic:
    """All posts on one topic, the newest issue's first; ``name`` is how that one writes it."""

    slug: str
    name: str
    posts: tuple[TopicPost, ...]


def topics_of(records: Sequence[Record]) -> dict[str, Topic]:
    """Sort the posts of issues that stand by their topic, the newest issue first, by slug."""
    found: dict[str, list[TopicPost]] = {}
    names: dict[str, str] = {}
    for record in sorted(records, key=lambda record: -record.number):
        if record.withdrawal:
            continue
        for topic, post in _with_topics(record.issue):
            slug = topic_slug(topic)
            names.setdefault(slug, topic)
            found.setdefault(slug, []).append(TopicPost(record=record, post=post))
    return {
        slug: Topic(slug=slug, name=names[slug], posts=tuple(found[slug])) for slug in sorted(found)
    }


def topics_in(issue: Issue) -> dict[str, str]:
    """Return the topics of one issue, in its order: their names by their slugs."""
    names: dict[str, str] = {}
    for topic, _ in _with_topics(issue):
        names.setdefault(topic_slug(topic), topic)
    return names


def neighbours(records: Sequence[Record], *, number: int) -> tuple[Record | None, Record | None]:
    """Return the issues that stand right before and right after this number."""
    standing = {record.number: record for record in records if not record.withdrawal}
    before = max((known for known in standing if known < number), default=number)
    after = min((known for known in standing if known > number), default=number)
    return (
        standing[before] if before < number else None,
        standing[after] if after > number else None,
    )


def _with_topics(issue: Issue) -> Iterator[tuple[str, IssuePost | Also]]:
    """Give each post that has a topic with the topic of its card."""
    for post in issue.posts:
        if not post.topic:
            continue
        yield post.topic, post
        for other in post.also:
            yield post.topic or "", other
