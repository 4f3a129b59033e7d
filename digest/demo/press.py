"""Prints the sample blogs: the feed in each one's own format, and the pages that links open."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime

from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined

from digest.demo.blogs import Kind, SampleBlog
from digest.demo.posts import SamplePost

CONTENT_TYPES: dict[Kind, str] = {
    "atom": "application/atom+xml; charset=utf-8",
    "hugo": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json",
    "rdf": "application/rdf+xml; charset=utf-8",
    "wordpress": "application/rss+xml; charset=UTF-8",
}


def feed_type(blog: SampleBlog) -> str:
    """Return what the home page says about the feed, for those who look for one."""
    return CONTENT_TYPES[blog.kind].partition(";")[0]


def instant(when: datetime | date) -> datetime:
    """Return an instant; a bare day counts as its midnight in UTC."""
    if isinstance(when, datetime):
        return when
    return datetime(when.year, when.month, when.day, tzinfo=UTC)


def demo_pages() -> Environment:
    """Return what fills the demo's own pages; values are escaped, and must be there."""
    return Environment(
        loader=PackageLoader("digest.demo", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _environment() -> Environment:
    environment = demo_pages()
    environment.filters["rfc822"] = lambda when: format_datetime(instant(when))
    environment.filters["iso"] = lambda when: when.isoformat()
    environment.filters["long_day"] = lambda when, locale: format_date(when, "long", locale)
    return environment


@dataclass(frozen=True)
class Press:
    """Turns blogs into bytes."""

    environment: Environment = field(default_factory=_environment)

    def feed(self, blog: SampleBlog, *, base_url: str) -> bytes:
        """Return the blog's feed, with links below ``base_url``."""
        if blog.kind == "json":
            return self._json_feed(blog, base_url=base_url)
        return self._fill(f"feed-{blog.kind}.xml.j2", blog=blog, base=base_url)

    def home(self, blog: SampleBlog) -> bytes:
        """Return the page that lists the blog's posts."""
        return self._fill("blog.html.j2", blog=blog, feed_type=feed_type(blog))

    def page(self, blog: SampleBlog, post: SamplePost) -> bytes:
        """Return the page of one post."""
        return self._fill("post.html.j2", blog=blog, post=post)

    def index(self, blogs: tuple[SampleBlog, ...]) -> bytes:
        """Return the page that lists the blogs."""
        return self._fill("blogs.html.j2", blogs=blogs)

    def _fill(self, name: str, **values: object) -> bytes:
        return self.environment.get_template(name).render(values).encode()

    def _json_feed(self, blog: SampleBlog, *, base_url: str) -> bytes:
        """Write JSON Feed 1.1 (jsonfeed.org)."""
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": blog.name,
            "description": blog.slogan,
            "home_page_url": base_url + blog.home_path,
            "feed_url": base_url + blog.feed_path,
            "language": blog.language,
            "authors": [{"name": blog.author}],
            "items": [self._json_item(blog, post, base_url=base_url) for post in blog.posts],
        }
        return json.dumps(feed, ensure_ascii=False, indent=1).encode()

    def _json_item(self, blog: SampleBlog, post: SamplePost, *, base_url: str) -> dict[str, object]:
        return {
            "id": f"{blog.slug}:{post.slug}",
            "url": base_url + blog.path_of(post),
            "title": post.title,
            "summary": post.summary,
            "content_html": self._fill("body.html.j2", post=post).decode(),
            "date_published": post.date.isoformat(),
            "tags": list(post.tags),
        }
