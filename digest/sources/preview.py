"""What a source would bring, as its posts would be kept: shown before anything is saved; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest.posts import hygiene
from digest.posts.excerpt import minutes
from digest.posts.identity import instant
from digest.posts.language import language_of
from digest.posts.post import Examined, FetchedPost
from digest.sources.adapter import Reading
from digest.sources.watch import cadence

_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_MONTH = timedelta(days=30)
_YEAR = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class PreviewedPost:
    """A post as it would be kept; ``examined`` says what was repaired, and whether it is held."""

    title: str
    url: str
    date: datetime | date | None
    excerpt: str | None
    tags: tuple[str, ...]
    author: str | None
    reading_minutes: int | None
    language: str | None
    examined: Examined


def preview(reading: Reading) -> list[PreviewedPost]:
    """Return the posts of a reading as they would be kept.

    A reading time that the source states is shown only where it may be believed.
    """
    is_believed = hygiene.believed_minutes([post.minutes for post in reading.posts])
    return [_previewed(post, reading, is_believed=is_believed) for post in reading.posts]


def pace(posts: Sequence[PreviewedPost], *, now: datetime) -> str:
    """Say how often a blog has new posts, and since when it is silent if it is."""
    dates = sorted(found for post in posts if (found := _instant(post)) and found <= now + _DAY)
    usual = cadence(dates[::-1][:50])
    if usual is None:
        return "too few dates to tell how often it has new posts"
    since = now - dates[-1]
    silence = f", but none since {dates[-1]:%d %b %Y}" if since > max(6 * usual, _MONTH) else ""
    return f"{_rate(dates)}{silence}"


def _previewed(post: FetchedPost, reading: Reading, *, is_believed: bool) -> PreviewedPost:
    examined = hygiene.examined(post)
    stated = post.minutes if is_believed else None
    return PreviewedPost(
        title=examined.title,
        url=post.url,
        date=post.published_at or post.published_on,
        excerpt=examined.summary,
        tags=post.tags,
        author=post.author,
        reading_minutes=minutes(post.words) or stated,
        language=language_of(
            title=examined.title,
            summary=examined.summary,
            stated=(post.language, reading.language),
        ),
        examined=examined,
    )


def _instant(post: PreviewedPost) -> datetime | None:
    if isinstance(post.date, datetime):
        return post.date
    return instant(None, post.date)


def _rate(dates: Sequence[datetime]) -> str:
    """Say how many posts there are in a week, a month or a year, over all of the dates."""
    each = (dates[-1] - dates[0]) / max(len(dates) - 1, 1) or _DAY
    for span, name in ((_WEEK, "week"), (_MONTH, "month"), (_YEAR, "year")):
        count = span / each
        if count >= 1 or span is _YEAR:
            number = max(round(count), 1)
            return f"about {number} post{'s' * (number > 1)} a {name}"
    return ""
