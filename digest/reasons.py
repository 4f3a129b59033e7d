"""Says what is known of one post, sentence by sentence: identity, date, words, language, place."""

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.app import App
from digest.editions.issue import Issue
from digest.posts.identity import Kind, instant
from digest.posts.language import detect
from digest.posts.origin import DateOrigin
from digest.posts.post import Decision, Post
from digest.posts.topics import display_tag, topic_of
from digest.selection import Selection, effective
from digest.sources.watch import Alarm
from digest.tables import PostKeyRow, PostRow

_SIGNALS = {Kind.GUID: "id", Kind.LINK: "link", Kind.TITLE: "title"}
_LONGEST = 160  # characters of a text before its repair


def known_of(app: App, session: Session, post: Post) -> Iterator[str]:
    """Say by what a post is recognised, what dates it, and what became of its words."""
    row = session.get_one(PostRow, post.id)
    yield _identity(app, session, post)
    yield _date(app, post, origin=row.dated_by)
    yield from _words(row)
    yield from _topic(app, post)
    if row.language:
        shown = (detect(f"{row.title}\n{row.summary or ''}") or "") == row.language.partition("-")[
            0
        ]
        source = "its text shows it" if shown else "its blog states it"
        yield f"language {row.language}: {source}"
    yield from _obstacles(post)


def place_of(issue: Issue, post_id: int) -> Iterator[str]:
    """Say on which card of an issue a post stands, and what is named beside it."""
    for card in issue.posts:
        if post_id not in {card.post_id, *(one.post_id for one in card.also)}:
            continue
        if post_id != card.post_id:
            yield f"stands under {card.title!r}: both are on one topic"
        elif card.also:
            others = ", ".join(repr(one.title) for one in card.also)
            yield f"leads a card on one topic with {others}"
        if post_id == card.post_id and card.earlier:
            yield f"goes on from {card.earlier.title!r} ({card.earlier.year}), which it links to"


def rank_of(selection: Selection, post: Post, *, per_source: int) -> Iterator[str]:
    """Say which of the new posts of its blog it is, the newest first."""
    beside = [p for p in selection.fit if p.source_id == post.source_id]
    if post not in beside:
        return
    beside.sort(key=lambda p: (-effective(p).timestamp(), p.id))
    limit = f"at most {per_source}" if per_source else "any number"
    place = beside.index(post) + 1
    yield f"number {place} of {len(beside)} fit posts of its blog, of which {limit} are taken"


def _identity(app: App, session: Session, post: Post) -> str:
    keys = session.execute(
        select(PostKeyRow.kind, PostKeyRow.digest).where(PostKeyRow.post_id == post.id).distinct()
    )
    counts = Counter(Kind(kind) for kind, _ in keys)
    signals = [
        f"{counts[kind]} {word}s" if counts[kind] > 1 else f"its {word}"
        for kind, word in _SIGNALS.items()
        if counts[kind]
    ]
    known = f"known by {', '.join(signals)}" if signals else "known by its address"
    return f"post {post.id}, {known}; first seen {app.local(post.first_seen_at)}"


def _date(app: App, post: Post, *, origin: str | None) -> str:
    """Say what dates a post; of posts from before it was noted, nobody knows where that stood."""
    by = DateOrigin(origin).words if origin else "by its blog"
    stated = instant(post.published_at, post.published_on)
    if stated is None:
        return "undated: it counts from when it was first seen"
    if stated != effective(post):
        day = f"{stated:%Y-%m-%d}"
        return f"dated {day} {by}, which cannot be: it counts from when it was first seen"
    if post.published_on and not post.published_at:
        return f"dated {post.published_on:%a %d %b %Y} {by}, without a time"
    return f"dated {app.local(stated)} {by}"


def _words(row: PostRow) -> Iterator[str]:
    """Show what was repaired, before and after."""
    if row.rules or row.raw_title is not None or row.raw_summary is not None:
        yield f"words {row.fitness}" + (f" ({', '.join(row.rules)})" if row.rules else "")
    for name, before, after in (
        ("title", row.raw_title, row.title),
        ("summary", row.raw_summary, row.summary or ""),
    ):
        if before is not None:
            yield f"  {name} before: {_short(before)}"
            yield f"  {name} now:    {_short(after)}"


def _topic(app: App, post: Post) -> Iterator[str]:
    """Say how a post is tagged, and which topic of the newsletter that makes."""
    names = [display_tag(tag, settings=app.config.topics) for tag in post.tags]
    if names:
        yield f"tagged {', '.join(dict.fromkeys(names))}"
    own, by_tags = post.topic, topic_of(post.tags, settings=app.config.topics)
    if own:
        yield f"on the topic {own}, as all posts of its blog"
    elif by_tags:
        yield f"on the topic {by_tags}, by its tags"


def _obstacles(post: Post) -> Iterator[str]:
    if post.decision:
        yield f"decided: {post.decision} by a person"
    if post.alarm and post.decision is not Decision.DROPPED:
        yield f"in quarantine with its blog: {Alarm(post.alarm).sentence}"
    elif post.held:
        yield f"held, because {post.held}; digest post take {post.id}, or edit, or drop"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"
