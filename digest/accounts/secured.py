"""Which addresses of the web nobody on the way can read or change."""

from urllib.parse import urlsplit

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_secured(url: str) -> bool:
    """Whether this is an https address, or one of this very machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and host in LOCAL_NAMES)
    )
