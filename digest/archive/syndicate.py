"""Fills feeds: the issues with all their words, the posts of a topic."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from uuid import NAMESPACE_URL, uuid5

from digest.archive.addresses import Kind
from digest.archive.atom import atom
from digest.archive.feed import MOST_ISSUES, MOST_POSTS, Feed, Item
from digest.archive.jsonfeed import json_feed
from digest.archive.librarian import Librarian
from digest.archive.record import Record, Topic, TopicPost, topics_in
from digest.archive.rss import rss
from digest.editions.issue import IssuePost
from digest.mail.headers import clean
from digest.render.links import link
from digest.render.words import Words

WRITERS: Mapping[Kind, Callable[[Feed], bytes]] = MappingProxyType(
    {Kind.ATOM: atom, Kind.RSS: rss, Kind.JSON: json_feed}
)


def issues_feed(
    librarian: Librarian, records: Sequence[Record], *, kind: Kind, words: Words
) -> Feed:
    """Return the newest issues, each with all its words, or with the notice that it is gone."""
    newsletter = librarian.newsletter
    return Feed(
        id=_id(newsletter.slug),
        url=librarian.everywhere.feed(kind),
        home=librarian.everywhere.archive,
        title=clean(newsletter.name),
        subtitle=clean(newsletter.tagline),
        author=clean(newsletter.name),
        language=words.language,
        items=tuple(_issue(librarian, record, words=words) for record in records[:MOST_ISSUES]),
    )


def topic_feed(librarian: Librarian, topic: Topic, *, kind: Kind, words: Words) -> Feed:
    """Return the newest posts on a topic, each from the moment at which its issue came out."""
    newsletter = librarian.newsletter
    name = clean(topic.name)
    found = (_post(newsletter.slug, entry, words=words) for entry in topic.posts[:MOST_POSTS])
    return Feed(
        id=_id(f"{newsletter.slug}/topics/{topic.slug}"),
        url=librarian.everywhere.feed(kind, topic.slug),
        home=librarian.everywhere.topic(topic.slug),
        title=f"{clean(newsletter.name)}: {name}",
        subtitle=words.sentences.gettext("All posts on %(topic)s") % {"topic": name},
        author=clean(newsletter.name),
        language=words.language,
        items=tuple(item for item in found if item),
    )


def _issue(librarian: Librarian, record: Record, *, words: Words) -> Item:
    item = Item(
        id=_id(f"{librarian.newsletter.slug}/{record.number}"),
        url=librarian.everywhere.issue(record.number),
        title=librarian.title(record, words=words),
        published_at=record.published_at,
        updated_at=record.updated_at,
        author=clean(librarian.newsletter.name),
        language=words.language,
    )
    if record.withdrawal:
        return replace(item, summary=librarian.excuse(record, words=words))
    return replace(
        item,
        summary=librarian.summary(record) or None,
        content=librarian.content(record, words=words),
        tags=tuple(clean(name) for name in topics_in(record.issue).values()),
    )


def _post(newsletter: str, entry: TopicPost, *, words: Words) -> Item | None:
    """Return a post as an item; None when it cannot be linked."""
    post, record = entry.post, entry.record
    url = link(post.url)
    if url is None:
        return None
    whole = post if isinstance(post, IssuePost) else None
    return Item(
        id=_id(f"{newsletter}/{record.number}/{post.url}"),
        url=url,
        title=clean(post.title),
        published_at=record.published_at,
        updated_at=record.published_at,
        author=clean((whole and whole.author) or post.source),
        language=(whole and whole.language) or words.language,
        summary=clean((whole and whole.summary) or "") or None,
    )


def _id(name: str) -> str:
    """Return an id that stays when the site moves: of the slug, which never changes."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'digest:{name}')}"
