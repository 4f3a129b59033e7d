"""An issue as the readers of some topics get it: fewer posts, the same words; pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from digest.editions.issue import Issue, IssuePost
from digest.posts.topics import topic_slug


def topics_of(issue: Issue) -> tuple[str, ...]:
    """Return the slugs of the topics that this issue has posts of, in its order."""
    return tuple(dict.fromkeys(topic_slug(post.topic) for post in issue.posts if post.topic))


def narrowed(issue: Issue, *, topics: Collection[str] | None) -> Issue | None:
    """Return the issue with the cards of these topics only; None when there is none.

    None for ``topics`` is all of them. A card stands under its leading post's topic; one without
    a topic was chosen by nobody. What is counted by source (``surplus``) has no topic and is left
    out. When the lead is not among them, another one opens the issue.
    """
    if topics is None:
        return issue
    posts = [post for post in issue.posts if post.topic and topic_slug(post.topic) in topics]
    if len(posts) == len(issue.posts):
        return issue
    return replace(issue, posts=_led(posts, lead=issue.lead), surplus=()) if posts else None


def _led(posts: Sequence[IssuePost], *, lead: IssuePost) -> tuple[IssuePost, ...]:
    """Put the lead first, by the rule that chose the issue's own: the longest read told of."""
    if posts[0] is lead:
        return tuple(posts)
    told = [post for post in posts if post.minutes and post.summary]
    first = max(told, key=lambda post: post.minutes or 0, default=posts[0])
    return (first, *(post for post in posts if post is not first))
