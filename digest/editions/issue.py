"""An issue: the frozen words of one edition, and the seal over them."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self
from zoneinfo import ZoneInfo

from digest.calendar import Period
from digest.errors import ConfigurationError
from digest.posts.excerpt import excerpt
from digest.posts.post import Post

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, kw_only=True)
class NewsletterSettings:
    """What the newsletter is called and says of itself.

    ``slug`` names it in headers and in the database and should never change. ``language`` is a
    BCP 47 tag. ``postal_address`` stands in every footer (the law of many countries asks for it).
    """

    slug: str = "weekly-dive"
    name: str = "The Weekly Dive"
    tagline: str = "Engineering deep dives from the blogs you follow"
    language: str = "en"
    postal_address: str = "Digest, 1 Example Street, 12345 Exampletown"

    def __post_init__(self) -> None:
        """Refuse a name that no header and no address could carry."""
        if not _SLUG.fullmatch(self.slug):
            raise ConfigurationError(
                f"[newsletter] slug = {self.slug!r} takes small letters, digits and hyphens,"
                " as 'weekly-dive'"
            )
        if not self.name.strip():
            raise ConfigurationError("[newsletter] name is empty; readers see it in their inbox")


@dataclass(frozen=True, kw_only=True)
class IssuePost:
    """A post as this issue prints it, whatever its blog does afterwards."""

    post_id: int
    url: str
    title: str
    source: str
    summary: str | None = None
    author: str | None = None
    topic: str | None = None
    day: date | None = None
    minutes: int | None = None
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class Surplus:
    """Posts of one source beyond its cap: named by number, not by title."""

    source: str
    posts: int


@dataclass(frozen=True, kw_only=True)
class Issue:
    """The words of one issue; the first post is the lead."""

    newsletter: NewsletterSettings
    period: str
    number: int
    day: date
    posts: tuple[IssuePost, ...]
    surplus: tuple[Surplus, ...] = ()
    introduction: str | None = None

    @property
    def lead(self) -> IssuePost:
        """The post that opens the issue."""
        return self.posts[0]

    @property
    def seal(self) -> str:
        """A hash over every word: what was approved is what is sent, or the seal differs."""
        canonical = json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode(errors="surrogatepass")).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; `from_json` gives back an equal issue."""

        def plain(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            return {k: v.isoformat() if isinstance(v, date) else v for k, v in pairs}

        return asdict(self, dict_factory=plain)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Rebuild an issue from `to_json`."""

        def post(item: dict[str, Any]) -> IssuePost:
            day = item["day"]
            return IssuePost(**{**item, "day": date.fromisoformat(day) if day else None})

        return cls(
            newsletter=NewsletterSettings(**data["newsletter"]),
            period=data["period"],
            number=data["number"],
            day=date.fromisoformat(data["day"]),
            posts=tuple(post(item) for item in data["posts"]),
            surplus=tuple(Surplus(**item) for item in data["surplus"]),
            introduction=data["introduction"],
        )


def write_issue(
    posts: Sequence[Post],
    *,
    surplus: Mapping[str, int],
    newsletter: NewsletterSettings,
    period: Period,
    number: int,
    zone: str,
) -> Issue:
    """Write the chosen posts, the lead first, into the words of an issue.

    ``surplus`` counts the posts beyond the cap by source. A post's day is the source's own word,
    in the newsletter's zone, and never the day on which it was first seen.
    """
    return Issue(
        newsletter=newsletter,
        period=period.name,
        number=number,
        day=period.end_day,
        posts=tuple(_post(post, ZoneInfo(zone)) for post in posts),
        surplus=tuple(Surplus(source=name, posts=count) for name, count in surplus.items()),
    )


def _post(post: Post, zone: ZoneInfo) -> IssuePost:
    day = post.published_on
    if post.published_at:
        day = post.published_at.astimezone(zone).date()
    return IssuePost(
        post_id=post.id,
        url=post.url,
        title=post.title,
        source=post.source,
        summary=excerpt(post.summary, title=post.title),
        author=post.author,
        topic=post.topic,
        day=day,
        minutes=post.minutes,
        language=post.language,
    )
