"""Judges whether a feed or a sitemap holds the posts of the page that was asked about; pure."""

from collections.abc import Iterable

from digest.posts.identity import canonical_link, title_key
from digest.posts.post import FetchedPost
from digest.sources.adapter import Reading
from digest.sources.candidates import is_of_section, is_taxonomy

_A_LIST = 3  # posts; fewer are no list by which a feed could be judged
_MOST = 0.8  # of the posts


def is_for(feed_url: str, feed: Reading, *, page_url: str, listing: Reading | None) -> bool:
    """Whether a feed is for a page: its section's, or one with the posts that the page lists.

    A feed of the whole site is not for a page of one tag, author or category.
    """
    if not feed.posts:
        return False
    if is_of_section(feed_url, page_url=page_url) or listing is None:
        return True
    if is_taxonomy(page_url):
        return False
    shown = listing.posts
    is_undated = not any(post.published_at or post.published_on for post in shown)
    return len(shown) < _A_LIST or is_undated or _share_in(shown, feed.posts) > 0


def is_sitemap_of(reading: Reading, *, listing: Reading | None) -> bool:
    """Whether a sitemap has the posts that the page lists, and little else.

    Where the page shows no such list, a sitemap of posts is all there is.
    """
    posts = reading.posts
    if listing is None or len(listing.posts) < _A_LIST:
        return bool(posts)
    shown = listing.posts
    folders = {_folder(post.url) for post in shown}
    among = sum(_folder(post.url) in folders for post in posts)
    return among >= _MOST * len(posts) and _share_in(shown, posts) >= _MOST


def _share_in(shown: Iterable[FetchedPost], posts: Iterable[FetchedPost]) -> float:
    """Return the share of the posts shown that are among others, by link or title."""
    links, titles = set(), set()
    for post in posts:
        links.add(canonical_link(post.url))
        titles.add(title_key(post.title) or None)
    found = [canonical_link(p.url) in links or title_key(p.title) in titles for p in shown]
    return sum(found) / len(found) if found else 0.0


def _folder(url: str) -> str:
    return canonical_link(url).rpartition("/")[0]
