"""Turns what feeds call links into addresses that a reader can open; pure."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

LONGEST = 2_048  # characters, as the database keeps

_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")


def usable_link(link: str | None, *, base: str, page_url: str) -> str | None:
    """Return the absolute http(s) address of a link, or None when there is none.

    Relative links count from ``base``. Links to localhost are what a static export of a blog
    leaves behind: they are moved to the host of ``page_url``, unless that is a loopback host too.
    """
    if not link or len(link) > LONGEST:
        return None
    try:
        parts = urlsplit(urljoin(base, _INVISIBLE.sub("", link).strip()))
        home = urlsplit(page_url)
        if _is_loopback(parts.hostname) and home.hostname and not _is_loopback(home.hostname):
            parts = parts._replace(scheme=home.scheme, netloc=home.netloc)
        if not _is_of_the_web(parts):
            return None
        found: str = safe_url_string(urlunsplit(parts))
    except ValueError:
        return None  # brackets, ports or host names that no address has
    return found if len(found) <= LONGEST else None


def _is_of_the_web(parts: SplitResult) -> bool:
    """Whether this can be opened by anybody; names and passwords only serve to mislead."""
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and parts.username is None
        and parts.port != 0
    )


def _is_loopback(host: str | None) -> bool:
    if not host:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
