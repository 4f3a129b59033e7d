"""Says why an issue waits for a person, or stays empty, and what that person can do."""

from collections.abc import Sequence
from datetime import timedelta

from digest.posts.post import Post
from digest.render.lint import Finding

BY_HAND = "it waits for approval ([schedule] approval = 'manual')"
CHANGED = "it has changed since it was approved ('digest issue diff' says how); approve it again"
NO_BEST = "no issue of its four weeks has a post"
_TWO_DAYS = 48  # hours


def missed(late: timedelta) -> str:
    """Say that the slot of an issue has passed by so much."""
    return f"its slot was missed by {_in_words(late)}; approve it to send it now"


def undecided(posts: Sequence[Post]) -> str:
    """Name the posts that a person has to decide about."""
    first = f"{posts[0].title or posts[0].url!r} ({posts[0].held})"
    more = f", and {len(posts) - 1} more" if len(posts) > 1 else ""
    return (
        f"{first}{more} would be in it and is not fit to mail; see 'digest post list', then"
        " take, edit or drop it, and approve the issue"
    )


def failed(period: str, *, errors: Sequence[Finding]) -> str:
    """Name what the checks of an issue found."""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"a check of issue {period} failed: {errors[0]}{more}; see 'digest check'"


def miscounted(period: str, *, said: int, found: int) -> str:
    """Say that somebody typed another number of people than an issue would go to."""
    return (
        f"issue {period} would go to {found:,} people now, not to {said:,}; nothing was sent:"
        f" type {found} if that is what you want"
    )


def for_regrets(period: str, *, until: str) -> str:
    """Say that an approved issue gives its people time to think again."""
    return f"issue {period} is approved and leaves after {until}; 'digest issue hold' stops it"


def too_few(found: int, *, minimum: int) -> str:
    """Say why a period has no issue, though so many posts may be there."""
    if found:
        return f"{found} new posts, fewer than [selection] minimum = {minimum}; they wait"
    return "no new posts"


def _in_words(span: timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= _TWO_DAYS else f"{hours} hours"
