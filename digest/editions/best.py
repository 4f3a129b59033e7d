"""Which posts make a best-of, under which key it is kept, and whose it is; pure."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, zip_longest

from digest.calendar import is_best_of
from digest.editions.issue import Issue, IssuePost


def series(newsletter: str, *, period: str) -> str:
    """Return the key under which the editions of this newsletter with such a name are kept.

    The best-of are a series of their own: they count their own numbers, and a post that stood in
    a week's issue may stand in one of them as well, once.
    """
    return best_series(newsletter) if is_best_of(period) else newsletter


def best_series(newsletter: str) -> str:
    """Return the key of all best-of of this newsletter."""
    return f"{newsletter}/monthly"


def pace_of(period: str) -> str:
    """Return the pace of the readers whom an edition with such a name is for."""
    return "monthly" if is_best_of(period) else "weekly"


def choose(issues: Sequence[Issue], *, most: int) -> tuple[IssuePost, ...]:
    """Take the posts of these issues in turn by their place: all leads, then all seconds, ...

    At most ``most``, and each alone: what shared its card stands in its own issue. The lead of the
    first issue opens the best-of. No post is in two issues, so none comes twice.
    """
    ranks = zip_longest(*(issue.posts for issue in issues))
    in_turn = (post for rank in ranks for post in rank if post)
    return tuple(replace(post, also=()) for post in islice(in_turn, most))
