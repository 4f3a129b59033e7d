"""Which post is this? Pure: compares one reading of a source with the posts already known.

No single signal is enough. Ids are missing, rebuilt (a site move renamed all 132 of one feed) or
positional (an aggregator numbers its entries per day, so that a known id carries a new post every
hour); links repeat (a podcast links every episode to one page); titles are edited, or are "No
title" for a day. So a post is recognised by what agrees, and a doubt never mails a post twice.
"""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from digest.posts.post import FetchedPost

TRACKING = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id",
            "fbclid", "gclid", "mc_cid", "mc_eid", "ref_src", "source_ref", "igshid", "msclkid",
            "yclid", "mkt_tok", "_hsenc", "_hsmi", "amp")  # fmt: skip
# What Medium adds to tell where a reader came from: "source=rss----3f2a---4", in several forms.
_CAME_FROM = re.compile(r"(?:(?<=\?)|&)source=[\w-]*---[\w-]*&?")
_AMP = re.compile(r"^([^/]+/[^?]*[^/?])/amp/?(?=$|\?)")
NOT_A_TITLE = frozenset({"no title", "untitled", "title"})
SAME_TITLE_DAYS = 2
SIMILAR = 60.0  # below this, two titles under one id are two articles if the date moved on too


class Kind(StrEnum):
    """The three signals."""

    GUID = "guid"
    LINK = "link"
    TITLE = "title"


@dataclass(frozen=True)
class Key:
    """One signal of one post, kept as a hash of fixed length."""

    kind: Kind
    digest: str


@dataclass(frozen=True, kw_only=True)
class Known:
    """What identity needs to know of a stored post; ``titles`` are keys of all it ever had."""

    post_id: int
    title: str
    keys: frozenset[Key]
    dated: datetime | None = None
    here: bool = True  # belongs to the source that is being read


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """A fetched post with its keys, and the stored post it is (``None``: a new one)."""

    post: FetchedPost
    keys: frozenset[Key]
    known: int | None


@dataclass
class _Index:
    """Known posts by key; the newest holder of a key comes last."""

    by_key: dict[Key, list[Known]] = field(default_factory=lambda: defaultdict(list))

    def add(self, known: Known) -> None:
        for key in known.keys:
            self.by_key[key].append(known)

    def holder(self, key: Key | None) -> Known | None:
        holders = self.by_key.get(key, []) if key else []
        return holders[-1] if holders else None


@lru_cache(maxsize=2_000)  # each reading asks for its links several times
def canonical_link(url: str) -> str:
    """Return the form in which two spellings of one address are equal.

    Scheme, ``www.``, fragment, tracking parameters, the marks of AMP, default index pages and a
    trailing slash go; the rest of the query stays, because ``?p=12`` may be the whole address.
    """
    from w3lib.url import canonicalize_url, url_query_cleaner  # noqa: PLC0415 - senders need none

    cleaned = url_query_cleaner(url, TRACKING, remove=True, unique=False)
    address = canonicalize_url(cleaned, keep_fragments=False)
    address = re.sub(r"^https?://(www\.|amp\.)?", "", address)
    address = _CAME_FROM.sub("", address).rstrip("?&")
    address = _AMP.sub(r"\1", address)
    address = re.sub(r"^([^/]+):(80|443)(?=/|$)", r"\1", address)
    return re.sub(r"/(index\.html?)?$", "", address)


def title_key(title: str) -> str:
    """Return the letters and digits of a title, folded: typography and case do not matter."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    return " ".join(re.findall(r"\w+", folded))


def key(kind: Kind, value: str) -> Key:
    """Return the key for a value."""
    return Key(kind, hashlib.sha256(value.encode("utf-8", "replace")).hexdigest())


def instant(published_at: datetime | None, published_on: date | None) -> datetime | None:
    """Return a date as an instant (a bare day counts as its midnight in UTC)."""
    if published_at or published_on is None:
        return published_at
    return datetime(published_on.year, published_on.month, published_on.day, tzinfo=UTC)


def recognise(posts: Sequence[FetchedPost], known: Iterable[Known]) -> list[Recognised]:
    """Say of each fetched post which known one it is; the same post twice is listed once."""
    index = _Index()
    for stored in sorted(known, key=lambda stored: stored.post_id):
        index.add(stored)
    keyed = _keyed(posts)
    present = {item.title for item in keyed if item.title}
    found: list[Recognised] = []
    seen: set[tuple[frozenset[Key], int | None]] = set()
    for item in keyed:
        match = _match(item, index, present)
        identity = (item.keys, match.post_id if match else None)
        if identity in seen or (match is not None and match.post_id < 0):
            continue
        seen.add(identity)
        found.append(Recognised(post=item.post, keys=item.keys, known=identity[1]))
        if match is None:  # the rest of this reading must see it too
            index.add(Known(post_id=-1, title=item.post.title, keys=item.keys, dated=item.dated))
    return found


def signals(posts: Sequence[FetchedPost]) -> frozenset[Key]:
    """Return every key of a reading: what to look up before `recognise`."""
    return frozenset().union(*(item.keys for item in _keyed(posts)))


def _keyed(posts: Sequence[FetchedPost]) -> "list[_Keyed]":
    """Take the keys of each post; what several of one reading share tells nothing."""
    links = [key(Kind.LINK, canonical_link(post.url)) for post in posts]
    words = [title_key(post.title) for post in posts]
    titles = [key(Kind.TITLE, said) for said in words]
    shared = _shared(links, titles)
    return [
        _Keyed(
            post=post,
            guid=(guid := key(Kind.GUID, post.guid) if post.guid else None),
            link=None if link in shared and guid else link,
            title=None if title in shared or not said or said in NOT_A_TITLE else title,
            dated=instant(post.published_at, post.published_on),
        )
        for post, link, said, title in zip(posts, links, words, titles, strict=True)
    ]


@dataclass(frozen=True, kw_only=True)
class _Keyed:
    post: FetchedPost
    guid: Key | None
    link: Key | None
    title: Key | None
    dated: datetime | None

    @property
    def keys(self) -> frozenset[Key]:
        return frozenset(key for key in (self.guid, self.link, self.title) if key)


def _shared(links: Sequence[Key], titles: Sequence[Key]) -> frozenset[Key]:
    """Return links that carry several titles here, and titles that stand under several links."""
    beside: dict[Key, set[Key]] = defaultdict(set)
    for link, title in zip(links, titles, strict=True):
        beside[link].add(title)
        beside[title].add(link)
    return frozenset(one for one, others in beside.items() if len(others) > 1)


def _match(item: _Keyed, index: _Index, present: set[Key]) -> Known | None:
    by_guid, by_link = index.holder(item.guid), index.holder(item.link)
    by_title = index.holder(item.title)
    holder = by_guid or by_link
    if holder and (item.title is None or item.title in holder.keys):
        return holder
    if by_title and _same_story(item, by_title, moved=holder is not None):
        return by_title
    if holder and not _is_reused(item, holder, present):
        return holder
    return None


def _same_story(item: _Keyed, other: Known, *, moved: bool) -> bool:
    """Whether an equal title means an equal post.

    A repeated headline ("Community update") is a new post when both dates are known and lie
    apart. When the id now belongs to another story, ids are positional and the title decides.
    """
    if moved or item.dated is None or other.dated is None:
        return True
    return abs(item.dated - other.dated) <= timedelta(days=SAME_TITLE_DAYS)


def _is_reused(item: _Keyed, holder: Known, present: set[Key]) -> bool:
    """Whether this id or link now carries another article than the one we know under it.

    Surely so when the known article is still listed, elsewhere in the same reading; likely so
    when both its title and its date moved on. An edited title keeps the date or the words.
    """
    if not holder.here:
        return False
    if any(key in present for key in holder.keys if key.kind is Kind.TITLE):
        return True
    if item.dated is None or holder.dated is None or item.dated <= holder.dated:
        return False
    from rapidfuzz import fuzz  # noqa: PLC0415 - senders need none

    return fuzz.token_set_ratio(title_key(item.post.title), title_key(holder.title)) < SIMILAR
