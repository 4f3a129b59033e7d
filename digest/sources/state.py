"""The named states in which the reading of a source can end."""

from enum import StrEnum


class State(StrEnum):
    """How a reading ended; every source is always in exactly one of these."""

    NEVER_READ = "never read"
    NEW_POSTS = "new posts"
    UNCHANGED = "unchanged"
    EMPTY = "empty"

    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed out"
    TOO_LARGE = "too large"
    ADDRESS_REFUSED = "address refused"
    TOO_MANY_REDIRECTS = "too many redirects"
    NOT_FOUND = "not found"
    GONE = "gone"
    RATE_LIMITED = "rate limited"
    SERVER_ERROR = "server error"
    HTTP_ERROR = "http error"
    NOT_A_FEED = "not a feed"
    NO_POSTS = "no posts found"
    MALFORMED = "malformed"
    TOO_SLOW_TO_PARSE = "too slow to parse"
    TOO_LARGE_TO_PARSE = "too large to parse"
    SUDDENLY_EMPTY = "suddenly empty"
    FAILED = "failed"

    @property
    def is_error(self) -> bool:
        """Whether this reading told us nothing about the source's posts."""
        return self not in _GOOD


_GOOD = frozenset({State.NEVER_READ, State.NEW_POSTS, State.UNCHANGED, State.EMPTY})
