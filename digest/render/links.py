"""Addresses as a mail may link them: http or https, ASCII, nothing else."""

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit

from digest.errors import UnfitError
from digest.mail.headers import ascii_domain

_UNRESERVED = "!#$%&'()*+,/:;=?@[]~"  # what an address may hold as it is (RFC 3986)
_USABLE = re.compile(r"https?://[!-~]+", re.IGNORECASE)


@lru_cache(maxsize=2_000)  # a post stands in every variant
def link(url: str) -> str | None:
    """Return the address in ASCII, or None when it is none that a mail may link.

    Blanks and letters outside ASCII are percent-encoded, the host becomes an A-label.
    """
    try:
        host = urlsplit(url).hostname or ""
        domain = host if ":" in host else ascii_domain(host)
        written = quote(url.strip().replace(host, domain, 1), safe=_UNRESERVED)
    except (UnfitError, UnicodeError, ValueError):
        return None
    return written if _USABLE.fullmatch(written) else None
