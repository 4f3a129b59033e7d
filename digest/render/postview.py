"""What the templates see of one post: its title, lines and links, each in its direction."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from digest.editions.issue import Also, Earlier, IssuePost
from digest.mail.headers import clean
from digest.posts import sentences as punctuation
from digest.posts.language import direction
from digest.render import sentences
from digest.render.links import link
from digest.render.titles import Title, display_title, name_of
from digest.render.words import Words

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of a line; ``direction`` is set only where it runs against the line.

    ``url`` is set where the piece is a link.
    """

    text: str
    direction: str | None = None
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class RelatedView:
    """A post that is linked under another one; ``label`` says why, ``after`` where it is from."""

    label: str
    title: str
    url: str | None
    after: str


@dataclass(frozen=True, kw_only=True)
class PostView:
    """A post; ``url`` is None when it cannot be linked. ``meta`` are the parts of its last line.

    ``related`` are the posts on its topic that share its card, and an older one. ``why`` is a
    person's word. ``language`` and ``direction`` are set only where they differ from the mail's.
    """

    title: Title
    url: str | None
    summary: str | None
    why: str | None
    meta: tuple[Part, ...]
    brief: tuple[Part, ...]
    related: tuple[RelatedView, ...]
    size: int
    minutes: int | None
    language: str | None
    direction: str | None
    why_direction: str | None


def see_post(post: IssuePost, *, words: Words, is_short: bool) -> PostView:
    """Write one post; ``is_short`` leaves one sentence of its summary."""
    source, author = name_of(post.source), name_of(post.author)
    day = words.day(post.day, pattern="short") if post.day else ""
    minutes = sentences.minutes(words, post.minutes) if post.minutes else ""
    own = post.language if _differs(post.language, words.language) else None
    line = direction(own) if own else words.direction
    meta = (source, author if author != source else "", sentences.unbroken(day), minutes)
    return PostView(
        title=_title(post),
        url=link(post.url),
        summary=_summary(post.summary, is_short=is_short),
        why=clean(post.why or "") or None,
        meta=parts(meta, line=line),
        brief=parts((source, minutes), line=line),
        related=(*_also(post, words=words), *_earlier(post, words=words)),
        size=post.size,
        minutes=post.minutes,
        language=own,
        direction=line if own else None,
        why_direction=against(post.why or "", line=words.direction),
    )


def _title(post: IssuePost | Also | Earlier) -> Title:
    """Return the title, or what stands for it where there is none."""
    title = display_title(post.title)
    if title.whole:
        return title
    return Title(link(post.url) or name_of(getattr(post, "source", "")) or "–")  # noqa: RUF001 - stands for nothing


def _summary(summary: str | None, *, is_short: bool) -> str | None:
    text = clean(summary or "")
    first = next(iter(punctuation.ends(text)), len(text)) if is_short else len(text)
    return text[:first] or None


def parts(texts: Sequence[str], *, line: str) -> tuple[Part, ...]:
    """Mark what runs against its line: a Latin name between Arabic dates."""
    return tuple(Part(text=text, direction=against(text, line=line)) for text in texts if text)


def against(text: str, *, line: str) -> str | None:
    """Return the direction of a text that runs against its line, else None."""
    found = own_direction(text)
    return found if found and found != line else None


def own_direction(text: str) -> str | None:
    """Return the direction of the first letter that has one (UAX 9, rules P2 and P3)."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in {"L", "R", "AL"}:
            return "ltr" if kind == "L" else "rtl"
    return None


def _also(post: IssuePost, *, words: Words) -> tuple[RelatedView, ...]:
    label = words.sentences.gettext("Also on this:")
    return tuple(
        RelatedView(
            label="" if place else label,
            title=_title(one).short,
            url=link(one.url),
            after=f" ({name_of(one.source)})",
        )
        for place, one in enumerate(post.also)
    )


def _earlier(post: IssuePost, *, words: Words) -> tuple[RelatedView, ...]:
    if not post.earlier or not (url := link(post.earlier.url)):
        return ()
    label = words.sentences.gettext("Earlier:")
    title = _title(post.earlier).short
    return (RelatedView(label=label, title=title, url=url, after=f", {post.earlier.year}"),)


def _differs(post: str | None, mail: str) -> bool:
    """Whether a post is in another language than the mail; "en-GB" in "en" is not."""
    if not post or not _LANGUAGE.fullmatch(post):
        return False
    return post.partition("-")[0].lower() != mail.partition("-")[0].lower()
