"""The size budget: how an issue that is too large says less, step by step; pure."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from digest.editions.issue import Issue
from digest.mail.quoted import encode
from digest.render.view import Detail


class Drawn(NamedTuple):
    """An issue drawn in some detail, and its size in bytes as it travels."""

    html: str
    detail: Detail
    size: int


def steps(*, cards: int, full: int) -> list[Detail]:
    """Return in which detail an issue of so many cards may be drawn, the largest first.

    Each step says less of the lowest ranked card that still has something to lose: summaries
    become one sentence, then cards become titles, then the table of numbers goes, then the last
    titles are counted only. The lead stays whole, and nothing touches the footer.
    """
    full = max(1, min(full, cards))
    shorter = [Detail(full=full, whole_summaries=kept) for kept in range(full - 1, 0, -1)]
    titles = [Detail(full=kept, whole_summaries=1) for kept in range(full - 1, 0, -1)]
    bare = Detail(full=1, whole_summaries=1, numbers=False)
    counted = [
        Detail(full=1, whole_summaries=1, numbers=False, named=kept)
        for kept in range(cards - 1, 0, -1)
    ]
    return [Detail(full=full), *shorter, *titles, bare, *counted]


def fit(draw: Callable[[Detail], str], details: Sequence[Detail], *, budget: int) -> Drawn:
    """Draw in the first of these details that fits the budget, or else in the last.

    What is said only becomes less, so halving finds it: ten drawings among a thousand steps.
    """
    found = _drawn(draw, details[0])
    low, high = 1, len(details) - 1
    if found.size <= budget or high < low:
        return found
    found = _drawn(draw, details[high])
    while low < high:
        middle = (low + high) // 2
        tried = _drawn(draw, details[middle])
        if tried.size <= budget:
            found, high = tried, middle
        else:
            low = middle + 1
    return found


def folded(issue: Issue, detail: Detail) -> int:
    """Return how many posts of an issue are counted only in this detail."""
    return 0 if detail.named is None else sum(post.size for post in issue.posts[detail.named :])


def _drawn(draw: Callable[[Detail], str], detail: Detail) -> Drawn:
    html = draw(detail)
    return Drawn(html, detail, len(encode(html)))
