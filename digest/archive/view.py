"""What the archive's templates see: plain frozen values, every sentence already written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import unescape

from digest.archive.addresses import MEDIA_TYPES, NAMES, Addresses, Kind
from digest.archive.record import Record, Topic, TopicPost
from digest.editions.issue import Also, Issue, IssuePost
from digest.mail.headers import clean
from digest.render.links import link
from digest.render.words import Words

_ADDRESS = re.compile(r"https?://[^\s\"<>]+", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One way to look at the archive: where its addresses lead, and in which words.

    ``others`` are further languages, as tags and what they call themselves. ``home`` is where
    readers subscribe. ``is_filed``: in files, which have no headers for a policy.
    """

    at: Addresses
    words: Words
    home: str
    others: tuple[tuple[str, str], ...] = ()
    is_filed: bool = False


@dataclass(frozen=True, kw_only=True)
class About:
    """What other sites show of a page (OpenGraph); ``url`` is its one address (canonical)."""

    url: str
    title: str
    description: str
    kind: str = "website"
    published: str | None = None


@dataclass(frozen=True, kw_only=True)
class FeedLink:
    """A feed that goes with a page (``rel=alternate``)."""

    url: str
    title: str
    form: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One entry of a list; ``url`` is None when it cannot be linked.

    ``about`` are the parts of its last line, ``home`` where it stands in the archive. ``language``
    is set where it differs from the page's.
    """

    title: str
    url: str | None
    about: tuple[str, ...] = ()
    summary: str | None = None
    language: str | None = None
    home: tuple[str, str] | None = None
    also: tuple["Line", ...] = ()


@dataclass(frozen=True, kw_only=True)
class Section:
    """The posts of one topic; the lead stands first, in a section without a heading."""

    heading: str | None
    posts: tuple[Line, ...]


def issue_line(record: Record, *, title: str, visit: Visit) -> Line:
    """Return an issue as the list of issues shows it."""
    words = visit.words
    day = words.day(record.issue.day, pattern="long")
    if record.withdrawal:
        return Line(title=title, url=None, about=(day,))
    count = len(record.issue.entries)
    posts = words.sentences.ngettext("%(n)s post", "%(n)s posts", count)
    about = (_number(record, words), day, posts % {"n": words.number(count)})
    return Line(title=title, url=visit.at.issue(record.number), about=about)


def topic_line(entry: TopicPost, *, visit: Visit) -> Line:
    """Return a post as the list of its topic shows it."""
    number = _number(entry.record, visit.words)
    home = (visit.at.issue(entry.record.number), number)
    return replace(post_line(entry.post, words=visit.words), home=home)


def sections(issue: Issue, *, words: Words) -> tuple[Section, ...]:
    """Return all posts of an issue: the lead, then by topic, in the order of the issue."""
    found: dict[str | None, list[Line]] = {
        None: [post_line(post, words=words) for post in issue.posts[:1]]
    }
    for post in issue.posts[1:]:
        heading = clean(post.topic or "") or words.sentences.gettext("More posts")
        found.setdefault(heading, []).append(post_line(post, words=words))
    return tuple(Section(heading=heading, posts=tuple(lines)) for heading, lines in found.items())


def post_line(post: IssuePost | Also, *, words: Words) -> Line:
    """Return a post with what is known of it."""
    about = [clean(post.source)]
    if not isinstance(post, IssuePost):
        return Line(title=clean(post.title), url=link(post.url), about=tuple(about))
    about += [clean(post.author)] if post.author else []
    about += [words.day(post.day, pattern="long")] if post.day else []
    return Line(
        title=clean(post.title),
        url=link(post.url),
        about=tuple(about),
        summary=clean(post.summary or "") or None,
        language=post.language if post.language != words.language else None,
        also=tuple(post_line(one, words=words) for one in post.also),
    )


def left_out(issue: Issue, *, sent: str, words: Words) -> tuple[Line, ...]:
    """Return the posts that a mail only counted, because it would have become too large."""
    shown = set(map(unescape, _ADDRESS.findall(sent)))
    lines = (post_line(post, words=words) for post in issue.entries)
    return tuple(line for line in lines if line.url and line.url not in shown)


def feed_links(newsletter: str, *, at: Addresses, topic: Topic | None = None) -> list[FeedLink]:
    """Return the feeds of a page, its topic's first."""
    feeds: Sequence[tuple[str, str]] = [(newsletter, "")]
    if topic:
        feeds = [(f"{newsletter}: {clean(topic.name)}", topic.slug), *feeds]
    return [
        FeedLink(url=at.feed(kind, slug), title=title, form=NAMES[kind], type=MEDIA_TYPES[kind])
        for title, slug in feeds
        for kind in Kind
    ]


def _number(record: Record, words: Words) -> str:
    return words.sentences.gettext("Issue %(number)s") % {"number": record.number}
