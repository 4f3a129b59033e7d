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
from digest.editions.cards import Card
from digest.errors import ConfigurationError
from digest.posts.dating import effective_instant
from digest.posts.excerpt import excerpt
from digest.posts.post import Post
from digest.posts.topics import TopicSettings, topic_of

_LATER = {
    "also",
    "earlier",
    "why",
    "subject",
    "preheader",
    "is_best_of",
}  # what the first issues did not have
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
class Also:
    """A new post that stands on another one's card, because both are on one topic."""

    post_id: int
    url: str
    title: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """An older post that readers may remember; ``year`` is the one it is dated in."""

    url: str
    title: str
    year: int


@dataclass(frozen=True, kw_only=True)
class IssuePost:
    """A post as this issue prints it, whatever its blog does afterwards.

    ``why`` is the editor's word on why it is in it.
    """

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
    why: str | None = None
    also: tuple[Also, ...] = ()
    earlier: Earlier | None = None

    @property
    def size(self) -> int:
        """How many new posts stand on its card."""
        return 1 + len(self.also)


@dataclass(frozen=True, kw_only=True)
class Surplus:
    """Posts of one source beyond its cap: named by number, not by title."""

    source: str
    posts: int


@dataclass(frozen=True, kw_only=True)
class Issue:
    """The words of one issue; the first post is the lead.

    ``subject``, ``preheader`` and ``introduction`` are a person's; without them the posts give a
    subject and a preheader, and nothing stands before the lead.
    ``is_best_of``: its posts stood in the issues of four weeks, and are new to its readers only.
    """

    newsletter: NewsletterSettings
    period: str
    number: int
    day: date
    posts: tuple[IssuePost, ...]
    surplus: tuple[Surplus, ...] = ()
    introduction: str | None = None
    subject: str | None = None
    preheader: str | None = None
    is_best_of: bool = False

    @property
    def lead(self) -> IssuePost:
        """The post that opens the issue."""
        return self.posts[0]

    @property
    def entries(self) -> tuple[IssuePost | Also, ...]:
        """All its new posts, in the order of the issue."""
        found: list[IssuePost | Also] = []
        for post in self.posts:
            found += (post, *post.also)
        return tuple(found)

    @property
    def seal(self) -> str:
        """A hash over every word: what was approved is what is sent, or the seal differs."""
        canonical = json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode(errors="surrogatepass")).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; `from_json` gives back an equal issue.

        What a post does not have is left out if issues were sealed before there was such a thing:
        their seals must stay whole.
        """

        def plain(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            return {
                k: v.isoformat() if isinstance(v, date) else v
                for k, v in pairs
                if v or k not in _LATER
            }

        return asdict(self, dict_factory=plain)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Rebuild an issue from `to_json`."""
        return cls(
            newsletter=NewsletterSettings(**data["newsletter"]),
            period=data["period"],
            number=data["number"],
            day=date.fromisoformat(data["day"]),
            posts=tuple(_read(item) for item in data["posts"]),
            surplus=tuple(Surplus(**item) for item in data["surplus"]),
            introduction=data["introduction"],
            subject=data.get("subject"),
            preheader=data.get("preheader"),
            is_best_of=data.get("is_best_of", False),
        )


def _read(item: Mapping[str, Any]) -> IssuePost:
    day, also, earlier = item["day"], item.get("also", ()), item.get("earlier")
    known = {
        "day": date.fromisoformat(day) if day else None,
        "also": tuple(Also(**one) for one in also),
        "earlier": Earlier(**earlier) if earlier else None,
    }
    return IssuePost(**{**item, **known})


def write_issue(
    cards: Sequence[Card],
    *,
    surplus: Mapping[str, int],
    newsletter: NewsletterSettings,
    period: Period,
    number: int,
    zone: str,
    topics: TopicSettings,
) -> Issue:
    """Write the chosen posts, the lead first, into the words of an issue.

    ``surplus`` counts the posts beyond the cap by source. A post's day is the source's own word,
    in the newsletter's zone, and never the day on which it was first seen. Its topic is that of
    its source, or else the one that its tags speak for.
    """
    return Issue(
        newsletter=newsletter,
        period=period.name,
        number=number,
        day=period.end_day,
        posts=tuple(_post(card, zone=ZoneInfo(zone), topics=topics) for card in cards),
        surplus=tuple(Surplus(source=name, posts=count) for name, count in surplus.items()),
    )


def _post(card: Card, *, zone: ZoneInfo, topics: TopicSettings) -> IssuePost:
    post = card.lead
    return IssuePost(
        post_id=post.id,
        url=post.url,
        title=post.title,
        source=post.source,
        summary=excerpt(post.summary, title=post.title),
        author=post.author,
        topic=post.topic or topic_of(post.tags, settings=topics),
        day=_day(post, zone=zone),
        minutes=post.minutes,
        language=post.language,
        also=tuple(
            Also(post_id=one.id, url=one.url, title=one.title, source=one.source)
            for one in card.also
        ),
        earlier=_earlier(card.earlier, zone=zone) if card.earlier else None,
    )


def _earlier(post: Post, *, zone: ZoneInfo) -> Earlier:
    moment = effective_instant(
        published_at=post.published_at,
        published_on=post.published_on,
        first_seen_at=post.first_seen_at,
    )
    return Earlier(url=post.url, title=post.title, year=moment.astimezone(zone).year)


def _day(post: Post, *, zone: ZoneInfo) -> date | None:
    if post.published_at:
        return post.published_at.astimezone(zone).date()
    return post.published_on
