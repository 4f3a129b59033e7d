"""Five invented engineering blogs, one in each format that feeds are written in."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from digest.demo.posts import SamplePost, read_posts

Kind = Literal["atom", "hugo", "json", "rdf", "wordpress"]

_SLUGS = ("tokens-and-tradeoffs", "schaltplan", "plain-systems", "broken-on-purpose", "field-log")


@dataclass(frozen=True, kw_only=True)
class SampleBlog:
    """One blog. ``kind`` is the format of its feed; ``posts`` come newest first.

    ``chrome`` is the language of its pages, ``language`` that of most posts. Paths begin with a
    slash and belong to the sample web.
    """

    slug: str
    name: str
    slogan: str
    topic: str
    author: str
    language: str
    chrome: Literal["de", "en"]
    kind: Kind
    accent: str
    feed_path: str
    post_path: str
    posts: tuple[SamplePost, ...]

    @property
    def home_path(self) -> str:
        """Where its list of posts is."""
        return f"/{self.slug}/"

    def path_of(self, post: SamplePost) -> str:
        """Return where this post is."""
        return self.post_path.format(slug=post.slug, date=post.date)


def sample_blogs() -> tuple[SampleBlog, ...]:
    """Return the five blogs."""
    return tuple(_read(slug) for slug in _SLUGS)


def _read(slug: str) -> SampleBlog:
    text = (files("digest.demo") / "content" / f"{slug}.toml").read_text("utf-8")
    content: dict[str, Any] = tomllib.loads(text)
    return SampleBlog(
        slug=slug,
        name=content["name"],
        slogan=content["slogan"],
        topic=content["topic"],
        author=content.get("author", content["name"]),
        language=content["language"],
        chrome=content["chrome"],
        kind=content["kind"],
        accent=content["accent"],
        feed_path=f"/{slug}{content['feed']}",
        post_path=f"/{slug}{content['path']}",
        posts=read_posts(content),
    )
