"""The topics that readers can choose from, and how much each of them brings."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.editions import store as editions
from digest.editions.state import SEALED
from digest.posts.topics import TopicSettings, topic_slug
from digest.tables import SourceRow

_LATEST = 4  # issues that tell how much a topic brings


@dataclass(frozen=True, kw_only=True)
class Offered:
    """One topic; ``posts`` is how many it has in an issue on average, None before the first."""

    slug: str
    name: str
    posts: int | None


def offered(session: Session, newsletter: str, *, settings: TopicSettings) -> tuple[Offered, ...]:
    """Return the configured topics in their order, then those of single sources by name.

    Two names with one slug are one topic.
    """
    own = session.scalars(
        select(SourceRow.topic).where(SourceRow.topic.is_not(None)).distinct()
    ).all()
    names: dict[str, str] = {}
    for name in (*settings.topics, *sorted(filter(None, own))):
        names.setdefault(topic_slug(name), name)
    brought = _brought(session, newsletter) if names else None
    return tuple(
        Offered(
            slug=slug, name=name, posts=None if brought is None else round(brought.get(slug, 0))
        )
        for slug, name in names.items()
    )


def _brought(session: Session, newsletter: str) -> dict[str, float] | None:
    """Count each topic's posts in an issue, averaged over the latest ones."""
    latest = editions.all_editions(session, newsletter, states=SEALED)[-_LATEST:]
    issues = [issue for one in latest if (issue := editions.issue_of(session, one.id))]
    counted: Counter[str] = Counter()
    for issue in issues:
        for post in issue.posts:
            if post.topic:
                counted[topic_slug(post.topic)] += post.size
    return {slug: n / len(issues) for slug, n in counted.items()} if issues else None
