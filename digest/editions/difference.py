"""What is different between the words that were approved and the words now; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import date
from difflib import SequenceMatcher
from typing import Any

from digest.editions.issue import Issue, IssuePost

_WORDS = {
    "title": "its title",
    "summary": "its excerpt",
    "why": "its note",
    "also": "what stands on its card",
    "earlier": "the earlier post named beside it",
    "url": "its address",
    "minutes": "its minutes of reading",
    "day": "its date",
}
_OF_ISSUE = {
    "subject": "the subject",
    "preheader": "the preheader",
    "introduction": "the introduction",
    "day": "the date",
    "number": "the number",
    "surplus": "what is counted of further posts",
    "newsletter": "the newsletter's own words",
}
_LONGEST = 80


def difference(before: Issue, after: Issue) -> tuple[str, ...]:
    """Say in sentences what changed; nothing exactly when the seals are equal."""
    return (*_of_issue(before, after), *_of_posts(before.posts, after.posts))


def _of_issue(before: Issue, after: Issue) -> Iterator[str]:
    for field in fields(Issue):
        if field.name == "posts":
            continue
        yield from _changed(
            _OF_ISSUE.get(field.name, f"the {field.name}"),
            getattr(before, field.name),
            getattr(after, field.name),
        )


def _of_posts(before: Sequence[IssuePost], after: Sequence[IssuePost]) -> Iterator[str]:
    old, new = ({post.post_id: post for post in posts} for posts in (before, after))
    yield from (f"added: {_named(post)}" for id_, post in new.items() if id_ not in old)
    yield from (f"removed: {_named(post)}" for id_, post in old.items() if id_ not in new)
    if before[0].post_id != after[0].post_id:
        yield f"the lead is {_named(after[0])}; it was {_named(before[0])}"
    yield from _moves([id_ for id_ in old if id_ in new], [id_ for id_ in new if id_ in old], new)
    for id_ in (id_ for id_ in new if id_ in old):
        yield from _of_post(old[id_], new[id_])


def _moves(before: list[int], after: list[int], posts: dict[int, IssuePost]) -> Iterator[str]:
    """Name what moved, and none of what only made room for it."""
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    stayed = {id_ for block in blocks for id_ in after[block.b : block.b + block.size]}
    for at, id_ in enumerate(after):
        if id_ not in stayed:
            way = "up" if at < before.index(id_) else "down"
            yield f"moved {way}: {_named(posts[id_])}"


def _of_post(before: IssuePost, after: IssuePost) -> Iterator[str]:
    for field in fields(IssuePost):
        words = f"{_named(after)}: {_WORDS.get(field.name, f'its {field.name}')}"
        yield from _changed(words, getattr(before, field.name), getattr(after, field.name))


def _changed(what: str, before: Any, after: Any) -> Iterator[str]:
    if before == after:
        return
    if not isinstance(before or after, (str, int, date)):
        yield f"{what} changed"
    elif not before:
        yield f"{what} is new: {_short(after)}"
    elif not after:
        yield f"{what} is gone: {_short(before)}"
    else:
        yield f"{what} is {_short(after)}; it was {_short(before)}"


def _named(post: IssuePost) -> str:
    return f"{_short(post.title or post.url)} [{post.source}, post {post.post_id}]"


def _short(value: object) -> str:
    """Quote a value; a long one by its beginning."""
    text = " ".join(str(value).split())
    return repr(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")
