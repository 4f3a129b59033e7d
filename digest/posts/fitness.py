"""Makes a fetched post fit to keep: its words repaired, its language and its length found; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from digest.posts import excerpt, hygiene
from digest.posts.language import language_of
from digest.posts.post import Examined, FetchedPost, Fitness, LookedUp


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A post's words as they may be mailed, and the words that its source said.

    ``said_title`` and ``said_summary`` are None where nothing was changed. ``rules`` names what
    was repaired; ``held`` says why a person has to look before it is mailed.
    """

    title: str
    summary: str | None
    fitness: Fitness
    rules: tuple[str, ...]
    held: str | None
    said_title: str | None
    said_summary: str | None
    language: str | None
    minutes: int | None


def fit(
    post: FetchedPost,
    *,
    looked_up: LookedUp | None = None,
    language: str | None = None,
    believes: bool = False,
) -> Fit:
    """Examine a post, with what its own page has whole when that was looked up.

    ``language`` is what its source states of itself; ``believes`` says whether the reading times
    that the source states are real ones.
    """
    said = looked_up.listed if looked_up else post
    examined = _examined(said, post)
    if looked_up:
        examined = hygiene.complete(examined, page=looked_up.page)
    spoken = language_of(
        title=examined.title, summary=examined.summary, stated=[post.language, language]
    )
    own_length = excerpt.minutes(post.words, language=spoken)
    return Fit(
        title=examined.title,
        summary=examined.summary,
        fitness=examined.fitness,
        rules=examined.rules,
        held=examined.held,
        said_title=said.title if said.title != examined.title else None,
        said_summary=(said.summary or "") if said.summary != examined.summary else None,
        language=spoken,
        minutes=own_length or (post.minutes if believes else None),
    )


def _examined(said: FetchedPost, post: FetchedPost) -> Examined:
    """Examine what a source said, and where it said nothing, what is known now."""
    if said.title and (said.summary or not post.summary):
        return hygiene.examined(said)
    return hygiene.examine(title=said.title or post.title, summary=said.summary or post.summary)


def believes(posts: Sequence[FetchedPost]) -> bool:
    """Whether the reading times that these posts of one source state are real ones."""
    return hygiene.believed_minutes([post.minutes for post in posts])
