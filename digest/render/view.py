"""What the templates see of an issue: plain frozen values, every sentence already written."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from digest.calendar import ScheduleSettings
from digest.editions.issue import Issue, IssuePost
from digest.errors import UnfitError
from digest.mail.headers import clean
from digest.posts.topics import topic_slug
from digest.render import sentences
from digest.render.postview import Part, PostView, against, parts, see_post
from digest.render.titles import name_of
from digest.render.words import Words

_ROWS = 8  # of the table of numbers
_LEAST_BAR = 4  # percent; a bar that cannot be seen says nothing
_ANSWERS = ("yes", "partly", "no")


@dataclass(frozen=True, kw_only=True)
class Detail:
    """How much of an issue is told; ``full`` cards stand with their summaries, the lead first.

    Beyond ``whole_summaries`` cards a summary is one sentence, beyond ``named`` cards the posts
    are counted only and stand in the online edition. None: no limit.
    """

    full: int = 12
    whole_summaries: int | None = None
    named: int | None = None
    numbers: bool = True


@dataclass(frozen=True, kw_only=True)
class SectionView:
    """The posts of one topic, the lead and the titles-only posts left out."""

    heading: Part
    count: str
    size: int
    posts: tuple[PostView, ...]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the table of numbers; ``width`` is its bar's, in percent of the longest."""

    name: str
    count: str
    width: int
    direction: str | None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One answer that a reader can give by following a link."""

    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class IssueView:
    """The whole issue in the words of one language."""

    language: str
    direction: str
    name: str
    tagline: str
    heading: tuple[str, str]
    subject: str
    preheader: str
    introduction: tuple[Part, ...]
    stats: tuple[str, ...]
    topics: tuple[Part, ...]
    kicker: tuple[Part, ...]
    lead: PostView
    sections: tuple[SectionView, ...]
    brief_heading: str
    brief: tuple[PostView, ...]
    surplus: tuple[str, ...]
    folded: str
    numbers_heading: str
    numbers: tuple[Row, ...]
    feedback: tuple[Choice, ...]
    cadence: str
    postal_address: str
    online_url: str
    archive_url: str
    home_url: str


def see(
    issue: Issue,
    *,
    words: Words,
    detail: Detail,
    public_url: str,
    schedule: ScheduleSettings,
    feedback_url: str = "",
    toc: str = "text",
) -> IssueView:
    """Write an issue into a view, in as much detail as asked for.

    ``feedback_url`` is where answers are counted (``/yes``, ``/partly`` and ``/no`` are appended);
    without one nobody is asked. ``toc`` is that of `EmailSettings`. Raises `UnfitError` for an
    issue without posts.
    """
    if not issue.posts:
        raise UnfitError("an issue without posts is no issue: nothing is written in such a week")
    home = public_url.rstrip("/")
    online_url = _online_url(issue, home=home)
    gettext = words.sentences.gettext
    laid = _lay_out(issue, words=words, detail=detail)
    stats = sentences.stats(words, issue)
    is_weekly = schedule.cadence == "week" and not issue.is_best_of
    others = [post.title.short for post in (*laid.in_full, *laid.brief)]
    return IssueView(
        language=words.language,
        direction=words.direction,
        name=clean(issue.newsletter.name),
        tagline=clean(issue.newsletter.tagline),
        heading=_heading(issue, words=words),
        subject=laid.lead.title.short,
        preheader=sentences.preheader(words, others, otherwise=stats),
        introduction=parts(_paragraphs(issue.introduction), line=words.direction),
        stats=stats,
        topics=_contents(laid, words=words, page=online_url if toc == "web" else ""),
        kicker=laid.kicker,
        lead=laid.lead,
        sections=laid.sections,
        brief_heading=gettext("Also new this week") if is_weekly else gettext("Also new"),
        brief=laid.brief,
        surplus=tuple(sentences.surplus(words, issue)),
        folded=laid.folded,
        numbers_heading=gettext("The week in numbers") if is_weekly else gettext("In numbers"),
        numbers=_numbers(issue, words=words) if detail.numbers else (),
        feedback=_feedback(feedback_url, words=words),
        cadence=sentences.cadence(words, issue, schedule=schedule),
        postal_address=clean(issue.newsletter.postal_address),
        online_url=online_url,
        archive_url=f"{home}/archive",
        home_url=f"{home}/",
    )


def _heading(issue: Issue, *, words: Words) -> tuple[str, str]:
    """Return which issue this is, and its day."""
    number = words.sentences.gettext("Issue %(number)s") % {"number": issue.number}
    kind = sentences.best_of(words) if issue.is_best_of else number
    return kind, words.day(issue.day, pattern="full")


def _online_url(issue: Issue, *, home: str) -> str:
    """Return the issue's page; all that stands in a best-of is in the weeks' issues."""
    return f"{home}/archive" if issue.is_best_of else f"{home}/{issue.number}"


class _Layout(NamedTuple):
    """Which post stands where."""

    lead: PostView
    in_full: tuple[PostView, ...]
    sections: tuple[SectionView, ...]
    brief: tuple[PostView, ...]
    folded: str
    topics: dict[str, str]
    kicker: tuple[Part, ...]


def _lay_out(issue: Issue, *, words: Words, detail: Detail) -> _Layout:
    """Give each post its place, by rank and topic."""
    sizes = [post.size for post in issue.posts]
    named = issue.posts[: max(1, len(sizes) if detail.named is None else detail.named)]
    lead, *others = [
        see_post(post, words=words, is_short=_beyond(detail.whole_summaries, place))
        for place, post in enumerate(named)
    ]
    has_topics = any(post.topic for post in issue.posts)
    topics = [_topic(post, words=words) for post in issue.posts]
    headings = topics if has_topics else [words.sentences.gettext("New posts")] * len(topics)
    in_full = tuple(others[: detail.full - 1])
    kicker = (words.sentences.gettext("The lead"), topics[0] if issue.lead.topic else "")
    return _Layout(
        lead=lead,
        in_full=in_full,
        sections=_sections(in_full, headings=headings[1:], words=words),
        brief=tuple(others[detail.full - 1 :]),
        folded=sentences.folded(words, sum(sizes[len(named) :])),
        topics=sentences.topic_line(words, topics, sizes) if has_topics else {},
        kicker=parts(kicker, line=words.direction),
    )


def _contents(laid: _Layout, *, words: Words, page: str) -> tuple[Part, ...]:
    """Write the line of topics; ``page`` has a place for each topic that has a section there."""
    places = {section.heading.text: topic_slug(section.heading.text) for section in laid.sections}
    places.pop(words.sentences.gettext("More posts"), None)  # no topic, and no place
    return tuple(
        Part(
            text=counted,
            direction=against(counted, line=words.direction),
            url=f"{page}#{quote(places[topic])}" if page and places.get(topic) else None,
        )
        for topic, counted in laid.topics.items()
    )


def _beyond(limit: int | None, place: int) -> bool:
    return limit is not None and place >= limit


def _topic(post: IssuePost, *, words: Words) -> str:
    return name_of(post.topic) or words.sentences.gettext("More posts")


def _sections(
    posts: Sequence[PostView], *, headings: Sequence[str], words: Words
) -> tuple[SectionView, ...]:
    """Group the posts by topic, in the order in which topics come up; those without one last."""
    groups: dict[str, list[PostView]] = {}
    for post, heading in zip(posts, headings, strict=False):
        groups.setdefault(heading, []).append(post)
    others = words.sentences.gettext("More posts")
    if others in groups:
        groups[others] = groups.pop(others)
    return tuple(_section(heading, group, words=words) for heading, group in groups.items())


def _section(heading: str, posts: Sequence[PostView], *, words: Words) -> SectionView:
    size = sum(post.size for post in posts)
    count = [sentences.posts(words, size)]
    known = [post.minutes for post in posts if post.minutes and post.size == 1]
    if len(known) == len(posts) > 1:
        count.append(sentences.minutes(words, sum(known)))
    return SectionView(
        heading=Part(text=heading, direction=against(heading, line=words.direction)),
        count=" · ".join(count),
        size=size,
        posts=tuple(posts),
    )


def _numbers(issue: Issue, *, words: Words) -> tuple[Row, ...]:
    """Count the new posts of each blog; bars of one length would say nothing and are left out."""
    counts = Counter(name_of(entry.source) for entry in issue.entries)
    rows = counts.most_common(_ROWS)
    if len({count for _, count in rows}) < 2:  # noqa: PLR2004 - two lengths to compare
        return ()
    return tuple(
        Row(
            name=name,
            count=words.number(count),
            width=max(_LEAST_BAR, round(100 * count / rows[0][1])),
            direction=against(name, line=words.direction),
        )
        for name, count in rows
    )


def _feedback(url: str, *, words: Words) -> tuple[Choice, ...]:
    if not url:
        return ()
    gettext = words.sentences.gettext
    labels = (gettext("Yes"), gettext("Partly"), gettext("No"))
    return tuple(
        Choice(label=label, url=f"{url}/{answer}")
        for label, answer in zip(labels, _ANSWERS, strict=True)
    )


def _paragraphs(text: str | None) -> tuple[str, ...]:
    paragraphs = map(clean, re.split(r"\n\s*\n", text or ""))
    return tuple(paragraph for paragraph in paragraphs if paragraph)
