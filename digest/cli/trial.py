"""Puts in words and figures what a source would bring."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from digest.posts.topics import common_tags

if TYPE_CHECKING:
    from digest.posts.topics import TopicSettings
    from digest.sources.preview import PreviewedPost
    from digest.sources.trial import Trial

_NEVER = datetime.min.replace(tzinfo=UTC)
_MOST_TAGS = 8


def described(trial: "Trial", *, most: int, topics: "TopicSettings") -> list[str]:
    """Say in lines what would be read, how often it has new posts, its newest posts and tags."""
    if trial.found is None:
        return [f"  {trial.trouble}"]
    title = trial.found.reading.title
    count = len(trial.posts)
    lines = [
        f"  read as {trial.found.kind}: {trial.found.url}",
        f"  {f'{title}: ' if title else ''}{count} post{'s' * (count != 1)}, {trial.pace}",
        *(f"  {_line(post)}" for post in _newest(trial.posts)[:most]),
    ]
    lines += [f"  and {count - most} more"] if count > most else []
    lines += _tags(trial.posts, topics=topics)
    lines += [
        f"  not offered: {number} ({reason})"
        for reason, number in trial.found.reading.left_out.items()
    ]
    return [*lines, f"  {trial.found.note}"] if trial.found.note else lines


def as_json(trial: "Trial") -> dict[str, Any]:
    """Return a trial for JSON (its shape: `digest source test --help`)."""
    found = trial.found
    return {
        "kind": found and found.kind,
        "state": trial.state,
        "url": found.url if found else trial.url,
        "title": found and found.reading.title,
        "pace": trial.pace or None,
        "trouble": str(trial.trouble) if trial.trouble else None,
        "entries": found and found.reading.entries,
        "left_out": [
            {"reason": str(reason), "count": count}
            for reason, count in (found.reading.left_out.items() if found else ())
        ],
        "posts": [_post(post) for post in trial.posts],
    }


def _post(post: "PreviewedPost") -> dict[str, Any]:
    return {
        "title": post.title,
        "url": post.url,
        "date": post.date,
        "excerpt": post.excerpt,
        "tags": list(post.tags),
        "author": post.author,
        "reading_minutes": post.reading_minutes,
        "language": post.language,
        "hygiene": str(post.examined.fitness),
        "rules": list(post.examined.rules),
        "held": post.examined.held,
    }


def _tags(posts: "Sequence[PreviewedPost]", *, topics: "TopicSettings") -> list[str]:
    """Say which tags these have, as people write them: what [topics] may list."""
    counted = common_tags((post.tags for post in posts), settings=topics)
    shown = ", ".join(f"{name} {count}" for name, count in counted[:_MOST_TAGS])
    more = len(counted) - _MOST_TAGS
    return [f"  tags: {shown}{f', and {more} more' if more > 0 else ''}"] if shown else []


def _newest(posts: "Sequence[PreviewedPost]") -> "list[PreviewedPost]":
    """Return the posts, newest first; those without a date stay in their order, at the end."""
    return sorted(posts, key=lambda post: _moment(post.date), reverse=True)


def _moment(value: datetime | date | None) -> datetime:
    if value is None or isinstance(value, datetime):
        return value or _NEVER
    return datetime(value.year, value.month, value.day, tzinfo=UTC)


def _line(post: "PreviewedPost") -> str:
    held = f"  (held: {post.examined.held})" if post.examined.held else ""
    return f"{str(post.date or 'no date')[:10]:<10}  {post.title}{held}"
