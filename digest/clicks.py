"""Counts how often the links of an issue are followed, where the operator wants that: no persons.

At the freeze the address of every post is written down under a name of its own, the same for all
readers. What is sealed keeps the posts' own addresses; the names are put in their place when
letters are written. Only what was written down is ever led to.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import SQLColumnExpression, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.clicking import ClickSettings
from digest.editions.issue import Also, Issue, IssuePost
from digest.editions.state import SEALED
from digest.render.links import link
from digest.tables import ClickRow, EditionRow, LinkRow

_KEY_BYTES = 6  # 48 bit: told apart among all issues, and nothing to be guessed


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a link leads; ``id`` is under what it is counted."""

    id: int
    edition_id: int
    url: str


@dataclass(frozen=True, kw_only=True)
class Clicked:
    """How often the links of one source, topic or post were followed."""

    name: str
    clicks: int


def keep_links(session: Session, edition_id: int, issue: Issue, *, settings: ClickSettings) -> None:
    """Write down where the posts of an issue lead, if clicks are counted at all.

    Belongs into the transaction of the freeze.
    """
    if not settings.count:
        return
    rows: dict[str, LinkRow] = {}
    for post in issue.posts:
        shown: tuple[IssuePost | Also, ...] = (post, *post.also)
        for one in shown:
            url = link(one.url)
            if url and url not in rows:
                rows[url] = LinkRow(
                    key=secrets.token_urlsafe(_KEY_BYTES),
                    edition_id=edition_id,
                    url=url,
                    title=one.title,
                    source=one.source,
                    topic=post.topic,
                )
    session.add_all(rows.values())


def links_of(session: Session, edition_id: int, *, public_url: str) -> dict[str, str]:
    """Return the address by which each post's is replaced in letters; nothing where none is."""
    rows = session.execute(select(LinkRow.url, LinkRow.key).where(LinkRow.edition_id == edition_id))
    return {url: f"{public_url.rstrip('/')}/r/{key}" for url, key in rows}


def find(session: Session, key: str) -> Target | None:
    """Return where a link leads, or None when there is no such link."""
    row = session.execute(
        select(LinkRow.id, LinkRow.edition_id, LinkRow.url).where(LinkRow.key == key)
    ).first()
    return None if row is None else Target(id=row.id, edition_id=row.edition_id, url=row.url)


def count(session: Session, link_id: int, *, now: datetime) -> None:
    """Add one click; two at once are two."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    click = dialect.insert(ClickRow).values(
        link_id=link_id, day=now.astimezone(UTC).date(), clicks=1
    )
    session.execute(
        click.on_conflict_do_update(
            index_elements=[ClickRow.link_id, ClickRow.day],
            set_={"clicks": ClickRow.clicks + 1},
        )
    )


def take_back(session: Session, link_id: int, *, at: datetime) -> None:
    """Take back a click that was counted then, when it turns out to be a machine's."""
    session.execute(
        update(ClickRow)
        .where(
            ClickRow.link_id == link_id,
            ClickRow.day == at.astimezone(UTC).date(),
            ClickRow.clicks > 0,
        )
        .values(clicks=ClickRow.clicks - 1)
    )


def by_source(session: Session, newsletter: str, *, issues: int) -> list[Clicked]:
    """Count the clicks of the latest issues by source, the most first."""
    return _counted(session, newsletter, LinkRow.source, issues=issues)


def by_topic(session: Session, newsletter: str, *, issues: int) -> list[Clicked]:
    """Count the clicks of the latest issues by topic, the most first."""
    topic = func.coalesce(LinkRow.topic, "Further posts")
    return _counted(session, newsletter, topic, issues=issues)


def of_issue(session: Session, edition_id: int) -> list[Clicked]:
    """Count the clicks of one issue by post, the most first."""
    rows = session.execute(
        select(LinkRow.title, func.coalesce(func.sum(ClickRow.clicks), 0).label("clicks"))
        .outerjoin(ClickRow, ClickRow.link_id == LinkRow.id)
        .where(LinkRow.edition_id == edition_id)
        .group_by(LinkRow.id, LinkRow.title)
        .order_by(func.coalesce(func.sum(ClickRow.clicks), 0).desc(), LinkRow.id)
    )
    return [Clicked(name=name, clicks=clicks) for name, clicks in rows]


def _counted(
    session: Session, newsletter: str, by: SQLColumnExpression[str], *, issues: int
) -> list[Clicked]:
    latest = (
        select(EditionRow.id)
        .where(EditionRow.newsletter == newsletter, EditionRow.state.in_(SEALED))
        .order_by(EditionRow.due_at.desc())
        .limit(issues)
    )
    rows = session.execute(
        select(by, func.coalesce(func.sum(ClickRow.clicks), 0))
        .select_from(LinkRow)
        .outerjoin(ClickRow, ClickRow.link_id == LinkRow.id)
        .where(LinkRow.edition_id.in_(latest))
        .group_by(by)
    )
    found = [Clicked(name=name, clicks=clicks) for name, clicks in rows]
    return sorted(found, key=lambda one: (-one.clicks, one.name))
