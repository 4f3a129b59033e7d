"""What people decide about posts: which are mailed, which not, and in which words."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest import approval, logbook, planning
from digest.app import App
from digest.errors import UsageError
from digest.posts import decisions
from digest.posts.decisions import Examination
from digest.posts.post import Decision, Post
from digest.sources import quarantine
from digest.tables import SourceRow

_ACTIONS = {Decision.TAKEN: "take post", Decision.DROPPED: "drop post"}


def waiting(app: App) -> list[Post]:
    """Return the posts whose words wait for a person."""
    with app.database.read() as session:
        return decisions.waiting(session)


def examined(app: App, post_ids: Sequence[int]) -> dict[int, Examination]:
    """Return, by post, what its source said and what hygiene made of it."""
    with app.database.read() as session:
        return decisions.examined(session, post_ids)


def decide(app: App, names: Sequence[str], *, decision: Decision, write: bool = True) -> list[Post]:
    """Take or drop posts, named by id or address: all of them, or none when one is unknown."""
    with app.database.begin() as session:
        found = [planning.open_post(session, app.newsletter, name) for name in names]
        ids = [post.id for post in found] if write else []
        if decision is Decision.TAKEN:
            decisions.take(session, ids, now=app.clock.now())
        else:
            decisions.drop(session, ids)
        for post in found if write else ():
            facts = {"title": post.title, "before": post.held, "after": str(decision)}
            _note(app, session, action=_ACTIONS[decision], about=f"post {post.id}", **facts)
    if write:
        approval.reconsider_all(app)
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
        found = planning.open_post(session, app.newsletter, name)
        if write:
            now = app.clock.now()
            decisions.edit(session, found.id, title=title, summary=summary, now=now)
            _note(
                app,
                session,
                action="edit post",
                about=f"post {found.id}",
                before={"title": found.title, "summary": found.summary},
                after={"title": title, "summary": summary},
            )
    if write:
        approval.reconsider_all(app)
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
            alarm = row.alarm
            quarantine.release(session, row, take=take, now=app.clock.now())
            after = "taken" if take else "dropped"
            facts = {"before": alarm, "after": after, "posts": len(titles)}
            _note(app, session, action="release source", about=f"source {name}", **facts)
    if write:
        approval.reconsider_all(app)
    return titles


def _note(app: App, session: Session, *, action: str, about: str, **facts: Any) -> None:
    now = app.clock.now()
    logbook.note(session, actor=app.actor, action=action, about=about, now=now, **facts)
