"""Where each post stands in the mail, and what order gives it another place; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from digest.editions.issue import Issue, IssuePost

LEAD, BRIEF = "lead", "brief"


@dataclass(frozen=True, kw_only=True)
class Place:
    """One card in the mail: its part of the mail, its topic, and the post that leads it.

    ``part`` is "lead", "topic" or "brief" (by title only); ``topic`` is set in the second.
    """

    part: str
    topic: str | None
    post: IssuePost

    @property
    def group(self) -> tuple[str, str | None]:
        """What stands together with it under one heading."""
        return self.part, self.topic


def places(issue: Issue, *, full: int) -> tuple[Place, ...]:
    """Return the cards in the order of the mail, of which so many stand in full.

    The lead comes first, then the topics in the order in which they come up, those without one
    last, then what is named by title only.
    """
    lead, *others = issue.posts
    in_full, brief = others[: full - 1], others[full - 1 :]
    topics = list(dict.fromkeys(post.topic for post in in_full))
    topics.sort(key=lambda topic: topic is None)
    return (
        Place(part=LEAD, topic=None, post=lead),
        *(
            Place(part="topic", topic=topic, post=post)
            for topic in topics
            for post in in_full
            if post.topic == topic
        ),
        *(Place(part=BRIEF, topic=None, post=post) for post in brief),
    )


def moved(row: Sequence[Place], *, post_id: int, by: int) -> tuple[int, ...]:
    """Return the order that has a card one place up (``by`` -1) or down (1); at an end, as it was.

    Past the border of a topic goes the whole topic: the mail keeps its posts together.
    """
    at = _index(row, post_id)
    to = at + by
    ids = [place.post.post_id for place in row]
    if not 0 <= to < len(row):
        return tuple(ids)
    here, there = row[at].group, row[to].group
    if here == there or {row[at].part, row[to].part} & {LEAD, BRIEF}:
        ids[at], ids[to] = ids[to], ids[at]
        return tuple(ids)
    groups = dict.fromkeys(place.group for place in row)
    swapped = [{here: there, there: here}.get(group, group) for group in groups]
    return tuple(p.post.post_id for group in swapped for p in row if p.group == group)


def put(row: Sequence[Place], *, post_id: int, place: int) -> tuple[int, ...]:
    """Return the order that has a card at a place, counted from 1; the mail may group it off."""
    ids = [one.post.post_id for one in row if one.post.post_id != post_id]
    ids.insert(max(0, place - 1), row[_index(row, post_id)].post.post_id)
    return tuple(ids)


def _index(row: Sequence[Place], post_id: int) -> int:
    return [place.post.post_id for place in row].index(post_id)
