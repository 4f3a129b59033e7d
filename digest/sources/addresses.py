"""Where a post lies that a page knows by its slug only; pure."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

_SECTIONS = re.compile(
    r"^(?:blog|posts?|articles?|news|stories|engineering|writing|notes|insights|journal)$",
    re.IGNORECASE,
)
_BELOW_LIST = re.compile(r"/(?:page/\d+|(?:tags?|categor(?:y|ies)|topics?)/[^/]+)(?:/page/\d+)?/?$")


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """The links of a page by their last step, and the folder its posts lie in."""

    links: dict[str, str]
    folder: str

    def of(self, slug: str) -> str | None:
        """Return the address of a slug: that of a link to it, or a place in the folder."""
        slug = slug.strip("/")
        return self.links.get(slug.rpartition("/")[2]) or f"{self.folder}/{slug}"


def addresses_of(hrefs: Iterable[str], *, base: str) -> Addresses:
    """Learn from the links of a page where its posts lie."""
    links: dict[str, str] = {}
    folders: Counter[str] = Counter()
    for href in hrefs:
        try:
            url = urljoin(base, href.strip())
            path = urlsplit(url).path.rstrip("/")
        except ValueError:
            continue
        last = path.rpartition("/")[2]
        if last:
            links.setdefault(last, url)
        if _SECTIONS.match(last) and urlsplit(url).netloc == urlsplit(base).netloc:
            folders[url.partition("?")[0].partition("#")[0].rstrip("/")] += 1
    return Addresses(links=links, folder=_folder(base, folders))


def _folder(base: str, folders: Counter[str]) -> str:
    """Return the folder of the list itself; of a home page the blog that it links to."""
    parts = urlsplit(base)
    path = _BELOW_LIST.sub("", parts.path).rstrip("/")
    if not path and folders:
        return folders.most_common(1)[0][0]
    return f"{parts.scheme}://{parts.netloc}{path}"
