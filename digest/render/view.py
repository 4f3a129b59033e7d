"""What the templates see of an issue: plain frozen values, every sentence already written."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from digest import calendar
from digest.calendar import ScheduleSettings
from digest.editions.issue import Also, Earlier, Issue, IssuePost
from digest.mail.headers import clean
from digest.render.links import link
from digest.render.titles import Title, cut, display_title
from digest.render.words import Words, counted, direction, written_date

LONGEST_PREHEADER = 140
_TITLES_IN_PREHEADER = 3
_NOON, _EVENING = 12, 18
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, kw_only=True)
class BesideView:
    """A post that is linked under another one; ``label`` says why, ``note`` where it is from."""

    label: str
    title: str
    url: str | None
    note: str


@dataclass(frozen=True, kw_only=True)
class PostView:
    """A post; ``url`` is None when it cannot be linked. ``meta`` are the parts of its last line.

    ``beside`` are the posts on its topic that share its card, and an older one.
    ``language`` and ``direction`` are set only where they differ from the mail's.
    """

    title: Title
    url: str | None
    summary: str | None
    meta: tuple[str, ...]
    brief: tuple[str, ...]
    beside: tuple[BesideView, ...]
    size: int
    language: str | None
    direction: str | None


@dataclass(frozen=True, kw_only=True)
class SectionView:
    """The posts of one topic, the lead and the titles-only posts left out."""

    heading: str
    count: str
    size: int
    posts: tuple[PostView, ...]


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
    introduction: tuple[str, ...]
    stats: tuple[str, ...]
    topics: tuple[str, ...]
    kicker: tuple[str, ...]
    lead: PostView
    sections: tuple[SectionView, ...]
    brief: tuple[PostView, ...]
    surplus: tuple[str, ...]
    cadence: str
    postal_address: str
    online_url: str
    archive_url: str
    home_url: str


def see(
    issue: Issue,
    *,
    words: Words,
    language: str,
    full_posts: int,
    public_url: str,
    schedule: ScheduleSettings,
) -> IssueView:
    """Write an issue into a view; ``full_posts`` posts stand in full, the others by title."""
    home = public_url.rstrip("/")
    lead, *others = [_post(post, words=words, language=language) for post in issue.posts]
    topics = [_topic(post, words=words) for post in issue.posts]
    sizes = [post.size for post in issue.posts]
    has_topics = any(post.topic for post in issue.posts)
    stats = _stats(issue, words=words, language=language)
    return IssueView(
        language=language,
        direction=direction(language),
        name=clean(issue.newsletter.name),
        tagline=clean(issue.newsletter.tagline),
        heading=(
            words.top.format(number=issue.number),
            written_date(issue.day, pattern=words.heading_date, language=language),
        ),
        subject=lead.title.short,
        preheader=_preheader(others, words=words, otherwise=stats),
        introduction=_paragraphs(issue.introduction),
        stats=stats,
        topics=_topic_line(topics, sizes) if has_topics else (),
        kicker=(words.lead, topics[0]) if issue.lead.topic else (words.lead,),
        lead=lead,
        sections=_sections(
            others[: full_posts - 1],
            topics=topics[1:] if has_topics else [words.new_posts] * len(others),
            words=words,
            language=language,
        ),
        brief=tuple(others[full_posts - 1 :]),
        surplus=tuple(
            counted(words.surplus, item.posts, language=language, source=clean(item.source))
            for item in issue.surplus
        ),
        cadence=_cadence(issue, words=words, schedule=schedule),
        postal_address=clean(issue.newsletter.postal_address),
        online_url=f"{home}/{issue.number}",
        archive_url=f"{home}/archive",
        home_url=f"{home}/",
    )


def _post(post: IssuePost, *, words: Words, language: str) -> PostView:
    url = link(post.url)
    title = _title(post)
    source, author = clean(post.source), clean(post.author or "")
    day = minutes = ""
    if post.day:
        day = written_date(post.day, pattern=words.short_date, language=language)
    if post.minutes:
        minutes = words.minutes.format(n=post.minutes)
    meta = (source, author if author != source else "", _unbroken(day), _unbroken(minutes))
    own = post.language if _differs(post.language, language) else None
    return PostView(
        title=title,
        url=url,
        summary=clean(post.summary or "") or None,
        meta=tuple(part for part in meta if part),
        brief=tuple(part for part in (source, _unbroken(minutes)) if part),
        beside=tuple(_beside(post, words=words)),
        size=post.size,
        language=own,
        direction=direction(own) if own else None,
    )


def _title(post: IssuePost | Also | Earlier) -> Title:
    """Return the title, or what stands for it where there is none."""
    title = display_title(post.title)
    if title.whole:
        return title
    return Title(link(post.url) or clean(getattr(post, "source", "")) or "–")  # noqa: RUF001 - stands for nothing


def _beside(post: IssuePost, *, words: Words) -> Iterator[BesideView]:
    for one in post.also:
        title, source = _title(one).short, clean(one.source)
        yield BesideView(label=words.too, title=title, url=link(one.url), note=source)
    if post.earlier and (url := link(post.earlier.url)):
        title = _title(post.earlier).short
        yield BesideView(label=words.earlier, title=title, url=url, note=str(post.earlier.year))


def _differs(post: str | None, mail: str) -> bool:
    """Whether a post is in another language than the mail; "en-GB" in "en" is not."""
    if not post or not _LANGUAGE.fullmatch(post):
        return False
    return post.partition("-")[0].lower() != mail.partition("-")[0].lower()


def _unbroken(text: str) -> str:
    return text.replace(" ", "\u00a0")


def _topic(post: IssuePost, *, words: Words) -> str:
    return clean(post.topic or "") or words.other_posts


def _topic_line(topics: Sequence[str], sizes: Sequence[int]) -> tuple[str, ...]:
    counts: Counter[str] = Counter()
    for topic, size in zip(topics, sizes, strict=True):
        counts[topic] += size
    if len(counts) == 1:
        return ()
    return tuple(_unbroken(f"{topic} {count}") for topic, count in counts.most_common())


def _sections(
    posts: Sequence[PostView], *, topics: Sequence[str], words: Words, language: str
) -> tuple[SectionView, ...]:
    """Group the posts by topic, in the order in which topics come up; those without one last."""
    groups: dict[str, list[PostView]] = {}
    for post, topic in zip(posts, topics, strict=False):
        groups.setdefault(topic, []).append(post)
    if words.other_posts in groups:
        groups[words.other_posts] = groups.pop(words.other_posts)
    return tuple(
        _section(topic, group, words=words, language=language) for topic, group in groups.items()
    )


def _section(
    heading: str, posts: Sequence[PostView], *, words: Words, language: str
) -> SectionView:
    size = sum(post.size for post in posts)
    count = counted(words.posts, size, language=language)
    return SectionView(heading=heading, count=count, size=size, posts=tuple(posts))


def _stats(issue: Issue, *, words: Words, language: str) -> tuple[str, ...]:
    sources = {entry.source for entry in issue.entries}
    blogs = counted(words.blogs, len(sources), language=language)
    posts = counted(words.stats, len(issue.entries), language=language, blogs=blogs)
    known = [post.minutes for post in issue.posts if post.minutes]
    if not known:
        return (posts,)
    all_known = len(known) == len(issue.entries)
    reading = words.reading if all_known else words.reading_at_least
    return posts, counted(reading, sum(known), language=language)


def _preheader(others: Sequence[PostView], *, words: Words, otherwise: tuple[str, ...]) -> str:
    """Name the next posts, fewer when they do not fit; an issue of one post gives its length."""
    titles = [post.title.short for post in others[:_TITLES_IN_PREHEADER]]
    while titles:
        written = words.also.format(titles="; ".join(titles))
        if len(written) <= LONGEST_PREHEADER:
            return written
        titles.pop()
    return cut(" · ".join(otherwise), most=LONGEST_PREHEADER)


def _paragraphs(text: str | None) -> tuple[str, ...]:
    paragraphs = map(clean, re.split(r"\n\s*\n", text or ""))
    return tuple(paragraph for paragraph in paragraphs if paragraph)


def _cadence(issue: Issue, *, words: Words, schedule: ScheduleSettings) -> str:
    """Say when the mail comes, from the schedule itself."""
    near = datetime.combine(issue.day, time(), UTC)
    slot = calendar.next_due(schedule, near).due_at.astimezone(ZoneInfo(schedule.zone))
    part = (slot.hour >= _NOON) + (slot.hour >= _EVENING)
    sentence = {"day": words.daily, "week": words.weekly, "month": words.monthly}[schedule.cadence]
    return sentence.format(weekday=words.weekdays[slot.weekday()], daytime=words.daytimes[part])
