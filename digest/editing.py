"""What an operator decides: which held posts are mailed, which sources leave quarantine, words."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest import weekly
from digest.app import App
from digest.calendar import Period
from digest.editions import store as editions
from digest.editions.store import OwnWords
from digest.errors import UsageError
from digest.mail.headers import clean
from digest.posts import decisions
from digest.posts.post import Decision, Post
from digest.render.titles import LONGEST_SHORT
from digest.sources import quarantine
from digest.tables import SourceRow


def waiting(app: App) -> list[Post]:
    """Return the posts whose words wait for a person."""
    with app.database.read() as session:
        return decisions.waiting(session)


def decide(app: App, names: Sequence[str], *, decision: Decision, write: bool = True) -> list[Post]:
    """Take or drop posts, named by id or address: all of them, or none when one is unknown."""
    with app.database.begin() as session:
        found = [_open_post(app, session, name) for name in names]
        ids = [post.id for post in found] if write else []
        if decision is Decision.TAKEN:
            decisions.take(session, ids, now=app.clock.now())
        else:
            decisions.drop(session, ids)
    return found


def edit(
    app: App, name: str, *, title: str | None, summary: str | None, write: bool = True
) -> Post:
    """Give a post other words and let it be mailed; returns it as it was."""
    if title is None and summary is None:
        raise UsageError("there is nothing to change: add --title or --summary")
    if title is not None and not title.strip():
        raise UsageError("a post needs a title; 'digest post drop' keeps it out")
    with app.database.begin() as session:
        found = _open_post(app, session, name)
        if write:
            now = app.clock.now()
            decisions.edit(session, found.id, title=title, summary=summary, now=now)
    return found


def release(app: App, name: str, *, take: bool, write: bool = True) -> list[str]:
    """Let a source out of quarantine; returns the titles of its held posts."""
    with app.database.begin() as session:
        row = session.scalar(select(SourceRow).where(SourceRow.name == name))
        if row is None:
            raise UsageError(f"no source is named {name!r}; 'digest source list' names them all")
        if row.alarm is None:
            raise UsageError(f"the source {name!r} is not in quarantine; there is nothing to do")
        titles = quarantine.held_posts(session, row)
        if write:
            quarantine.release(session, row, take=take, now=app.clock.now())
    return titles


def own_words(
    app: App, period: Period, *, subject: str | None, introduction: str | None
) -> OwnWords:
    """Return a person's words for an issue with these changes; None keeps what was there."""
    if subject and len(clean(subject)) > LONGEST_SHORT:
        raise UsageError(f"a subject takes {LONGEST_SHORT} characters, and this has {len(subject)}")
    with app.database.read() as session:
        before = editions.own_words(session, app.newsletter, period=period.name)
    return OwnWords(
        subject=before.subject if subject is None else clean(subject) or None,
        introduction=before.introduction if introduction is None else introduction.strip() or None,
    )


def keep_own_words(app: App, period: Period, words: OwnWords) -> None:
    """Keep a person's words for an issue whose own words are not sealed yet."""
    edition = weekly.open_for_person(app, period)
    with app.database.begin() as session:
        if not editions.keep_own_words(session, edition, words):
            raise UsageError(f"issue {period.name} is {edition.state}: its words are sealed")


def _open_post(app: App, session: Session, name: str) -> Post:
    """Return a post that is in no issue yet."""
    post = decisions.named(session, name)
    if post is None:
        raise UsageError(f"no post is known as {name}; 'digest post list' names those that wait")
    place = editions.place_of(session, app.newsletter, post_id=post.id)
    if place:
        raise UsageError(f"{post.title!r} is in issue {place.number} already, and stays as it is")
    return post
