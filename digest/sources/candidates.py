"""Where the posts of a page may be had as a feed: what the page names, and what blogs are used to.

Pure, and without a parser: `signposts.py` reads the page, in a process of its own.
"""

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

_COMMENTS = re.compile(
    r"\bcomments?\b|\bcommentaires?\b|\bkommentare?\b|\bkommentar-|\bcomentarios?\b|\bcoment[áa]rios?\b"
    r"|\bcommenti\b|\breacties\b|\bkommentarer\b|\bkomentar|\byorumlar\b|коммент|комент|评论|評論|留言"
    r"|コメント|댓글|تعليقات|نظرات",
    re.IGNORECASE,
)
# Below these stand the posts of one tag, one author and so on, not those of the blog.
_TAXONOMIES = frozenset(
    re.split(
        r"\s+",
        "tag tags category categories topic topics author authors label labels taxonomy users"
        " kategorie kategorien schlagwort thema themen autor categoria categorie etiqueta",
    )
)
_TAXONOMY_QUERY = re.compile(r"(?:^|&)(?:tag|cat|category|author|p|page_id)=", re.IGNORECASE)
_PAGE_NUMBER = re.compile(r"(?:page|seite|pagina|p)/?\d+/?$|index\.\w+$", re.IGNORECASE)
# In the order in which real blogs have them.
_PROBES = ("feed/", "rss/", "index.xml", "feed.xml", "atom.xml", "rss.xml", "feed.json", "rss")
_HABITS = {"ghost": "rss/", "wordpress": "feed/", "hugo": "index.xml", "jekyll": "feed.xml"}


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A feed that a page names; ``in_head`` is False for a mere link in its text."""

    url: str
    title: str = ""
    in_head: bool = True


@dataclass(frozen=True, kw_only=True)
class Signposts:
    """What a page names: feeds in its order, the program that made it, WordPress's interface."""

    feeds: tuple[Feed, ...] = ()
    generator: str = ""
    wordpress: str | None = None


def candidates(signposts: Signposts, *, page_url: str) -> list[str]:
    """Return the feeds that may hold the posts of this page, the likeliest first.

    A feed of the page's own section comes before that of the whole site. Feeds of comments, and
    of other tags, authors or categories than the page's own, are left out.
    """
    section = section_of(page_url)
    host = host_of(page_url)
    fit = [
        feed
        for feed in signposts.feeds
        if not _is_of_comments(feed) and not _is_of_something_else(feed.url, section=section)
    ]
    ranked = sorted(
        fit,
        key=lambda feed: (
            -_steps_together(feed.url, section) if host_of(feed.url) == host else 0,
            not feed.in_head,
            host_of(feed.url) != host,
        ),
    )
    return [feed.url for feed in ranked]


def probes(signposts: Signposts, *, page_url: str) -> list[str]:
    """Return the addresses at which blogs keep a feed that they do not name.

    Those of the page's section come first, and what the program that made the page is used to.
    """
    habit = [path for name, path in _HABITS.items() if name in signposts.generator]
    paths = list(dict.fromkeys([*habit, *_PROBES]))
    section = section_of(page_url)
    folders = dict.fromkeys([section, urljoin(section, "/")])
    return [urljoin(folder, path) for folder in folders for path in paths]


def section_of(page_url: str) -> str:
    """Return the folder whose posts a page lists, whatever page of the list it is."""
    parts = urlsplit(page_url)
    path = _PAGE_NUMBER.sub("", parts.path)
    return parts._replace(path=path.rstrip("/") + "/", query="", fragment="").geturl()


def is_of_section(feed_url: str, *, page_url: str) -> bool:
    """Whether a feed stands in the section of a page, so that it is for these posts."""
    folder = urlsplit(section_of(page_url)).path
    return host_of(feed_url) == host_of(page_url) and urlsplit(feed_url).path.startswith(folder)


def is_taxonomy(page_url: str) -> bool:
    """Whether a page lists the posts of one tag, author or the like."""
    return not _TAXONOMIES.isdisjoint(_segments(section_of(page_url))[:-1])


def _is_of_comments(feed: Feed) -> bool:
    return bool(_COMMENTS.search(feed.title) or _COMMENTS.search(urlsplit(feed.url).path))


def _is_of_something_else(url: str, *, section: str) -> bool:
    parts = urlsplit(url)
    below = parts.path.removeprefix(urlsplit(section).path.rstrip("/"))
    return not _TAXONOMIES.isdisjoint(below.lower().split("/")) or bool(
        _TAXONOMY_QUERY.search(parts.query)
    )


def _steps_together(url: str, section: str) -> int:
    """Count the folders that a feed and a section have in common."""
    count = 0
    for ours, theirs in zip(_segments(section), _segments(url)[:-1], strict=False):
        if ours != theirs:
            break
        count += 1
    return count


def _segments(url: str) -> list[str]:
    return [part for part in urlsplit(url).path.lower().split("/") if part] + [""] * url.endswith(
        "/"
    )


def host_of(url: str) -> str:
    """Return the host of an address, without www."""
    return (urlsplit(url).hostname or "").removeprefix("www.")
