"""Where editions are kept: opened once per period, moved by conditional updates, frozen at once."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.calendar import Period
from digest.editions.best import series
from digest.editions.choices import Choice
from digest.editions.issue import Issue
from digest.editions.state import MAY_FOLLOW, EditionState
from digest.posts.post import Post
from digest.posts.store import posts_where
from digest.tables import ChoiceRow, EditionRow, PlacementRow, PostRow, VariantRow


@dataclass(frozen=True, kw_only=True)
class Edition:
    """The record of one period, as a value; ``number`` is given at the freeze."""

    id: int
    newsletter: str
    period: str
    state: EditionState
    reason: str | None
    number: int | None
    opens_at: datetime
    closes_at: datetime
    due_at: datetime
    frozen_at: datetime | None
    ended_at: datetime | None
    approved_seal: str | None
    seal: str | None
    candidates: int | None


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One rendered form to be kept with the frozen edition.

    ``topics`` are the slugs that are in it, joined by commas; None is the whole issue. ``html`` is
    empty in the ``format`` "text".
    """

    language: str
    subject: str
    html: str
    text: str
    sha256: str
    topics: str | None = None
    format: str = "html"


def open_edition(session: Session, newsletter: str, *, period: Period, now: datetime) -> Edition:
    """Open the edition of a period, or return the one that is there already.

    The unique key on (newsletter, period) decides between two processes; the loser finds the
    winner's row.
    """
    values = {
        "newsletter": series(newsletter, period=period.name),
        "period": period.name,
        "state": EditionState.DRAFT,
        "opens_at": period.opens_at,
        "closes_at": period.closes_at,
        "due_at": period.due_at,
        "created_at": now,
    }
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    session.execute(dialect.insert(EditionRow).values(values).on_conflict_do_nothing())
    edition = find(session, newsletter, period=period.name)
    assert edition is not None  # noqa: S101 - the row was there or was just written
    return edition


def find(session: Session, newsletter: str, *, period: str) -> Edition | None:
    """Return the edition of a period."""
    kept = series(newsletter, period=period)
    row = session.scalar(
        select(EditionRow).where(EditionRow.newsletter == kept, EditionRow.period == period)
    )
    return _edition(row) if row else None


def get(session: Session, edition_id: int) -> Edition:
    """Return one edition."""
    return _edition(session.get_one(EditionRow, edition_id, populate_existing=True))


def all_editions(
    session: Session, newsletter: str, *, states: Iterable[EditionState] = EditionState
) -> list[Edition]:
    """Return the editions in these states, oldest first."""
    rows = session.scalars(
        select(EditionRow)
        .where(EditionRow.newsletter == newsletter, EditionRow.state.in_(list(states)))
        .order_by(EditionRow.due_at)
    )
    return [_edition(row) for row in rows]


def issue_of(session: Session, edition_id: int) -> Issue | None:
    """Return the sealed words, or None before the freeze."""
    data = session.scalar(select(EditionRow.issue).where(EditionRow.id == edition_id))
    return Issue.from_json(data) if data else None


def variants_of(session: Session, edition_id: int) -> dict[int, Variant]:
    """Return the rendered variants of a frozen edition by their id, the whole issues first."""
    rows = session.scalars(
        select(VariantRow)
        .where(VariantRow.edition_id == edition_id)
        .order_by(VariantRow.topics.is_not(None), VariantRow.format, VariantRow.id)
    )
    return {
        row.id: Variant(
            language=row.language,
            topics=row.topics,
            format=row.format,
            subject=row.subject,
            html=row.html,
            text=row.text,
            sha256=row.sha256,
        )
        for row in rows
    }


def candidates(
    session: Session,
    newsletter: str,
    *,
    since: datetime | None = None,
    also: Collection[int] = (),
) -> list[Post]:
    """Return every post that is in no issue of this newsletter yet.

    With ``since`` without those of which all was known and past before that moment, but for those
    of ``also``, by id: an archive of years is not read to find the posts of a week.
    """
    placed = select(PlacementRow.post_id).where(PlacementRow.newsletter == newsletter)
    if since is None:
        return posts_where(session, PostRow.id.not_in(placed))
    is_late = or_(
        PostRow.first_seen_at >= since,
        PostRow.freed_at >= since,
        PostRow.published_at >= since,
        PostRow.published_on >= since.date(),
        PostRow.id.in_(also),
    )
    return posts_where(session, PostRow.id.not_in(placed), is_late)


def shelf_mark(session: Session, newsletter: str) -> tuple[object, ...]:
    """Return what is another when a post came, was changed or judged, or an issue was frozen."""
    posts = session.execute(
        select(
            func.count(),
            func.max(PostRow.id),
            func.max(PostRow.changed_at),
            func.max(PostRow.freed_at),
            func.count(PostRow.held),
            func.count(PostRow.alarm),
            func.count(PostRow.decision),
        )
    ).one()
    return (*posts, last_frozen_at(session, newsletter))


def mailed(session: Session, newsletter: str, *, since: datetime, most: int) -> list[Post]:
    """Return the posts of the issues that were frozen since then, so many of the newest."""
    placed = (
        select(PlacementRow.post_id)
        .join(EditionRow, EditionRow.id == PlacementRow.edition_id)
        .where(PlacementRow.newsletter == newsletter, EditionRow.frozen_at >= since)
        .order_by(PlacementRow.id.desc())
        .limit(most)
    )
    return posts_where(session, PostRow.id.in_(placed))


def last_frozen_at(session: Session, newsletter: str) -> datetime | None:
    """Return when an issue was last frozen: what was seen by then had its chance."""
    return session.scalar(
        select(func.max(EditionRow.frozen_at)).where(EditionRow.newsletter == newsletter)
    )


def first_unsent(session: Session, newsletter: str, *, before: datetime) -> Edition | None:
    """Return the oldest edition, due before this moment, that came after the last frozen one."""
    last = (
        select(func.max(EditionRow.due_at))
        .where(EditionRow.newsletter == newsletter, EditionRow.frozen_at.is_not(None))
        .scalar_subquery()
    )
    row = session.scalar(
        select(EditionRow)
        .where(
            EditionRow.newsletter == newsletter,
            EditionRow.due_at < before,
            or_(last.is_(None), EditionRow.due_at > last),
        )
        .order_by(EditionRow.due_at)
        .limit(1)
    )
    return _edition(row) if row else None


def next_number(session: Session, newsletter: str) -> int:
    """Return the number of the next issue; empty weeks take none."""
    last = session.scalar(
        select(func.max(EditionRow.number)).where(EditionRow.newsletter == newsletter)
    )
    return (last or 0) + 1


def move(
    session: Session,
    edition: Edition,
    *,
    to: EditionState,
    now: datetime,
    reason: str | None = None,
    approved_seal: str | None = None,
) -> bool:
    """Move the edition on; False when another process has moved it since it was read.

    A step that no edition may ever take raises ValueError.
    """
    if to not in MAY_FOLLOW[edition.state]:
        raise ValueError(f"an edition does not go from {edition.state} to {to}")
    ended = to in {
        EditionState.SENT,
        EditionState.EMPTY,
        EditionState.FAILED,
        EditionState.WITHDRAWN,
    }
    changed = session.execute(
        update(EditionRow)
        .where(EditionRow.id == edition.id, EditionRow.state == edition.state)
        .values(
            state=to,
            reason=reason,
            approved_seal=approved_seal,
            ended_at=now if ended else EditionRow.ended_at,
        )
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined] # an UPDATE counts its rows


def freeze(
    session: Session,
    edition: Edition,
    *,
    issue: Issue,
    variants: Iterable[Variant],
    now: datetime,
) -> Mapping[str, int] | None:
    """Seal the edition: its words, its rendered variants and its posts' places.

    Returns the variants' ids by their hash, or None when another process froze it first. The
    caller writes the choices and the deliveries in the same transaction.
    """
    if not move(session, edition, to=EditionState.FROZEN, now=now):
        return None
    session.execute(
        update(EditionRow)
        .where(EditionRow.id == edition.id)
        .values(number=issue.number, frozen_at=now, seal=issue.seal, issue=issue.to_json())
    )
    session.execute(
        insert(PlacementRow),
        [
            {
                "newsletter": edition.newsletter,
                "post_id": post.post_id,
                "edition_id": edition.id,
                "position": position,
            }
            for position, post in enumerate(issue.entries, start=1)
        ],
    )
    rows = [VariantRow(edition_id=edition.id, **vars(variant)) for variant in variants]
    session.add_all(rows)
    session.flush()
    return {row.sha256: row.id for row in rows}


def keep_choices(
    session: Session, edition_id: int, served: Iterable[tuple[Choice, int, int | None]]
) -> None:
    """Keep which variant readers of each choice get: (choice, how many readers, variant or None).

    Belongs into the transaction of the freeze.
    """
    rows = [
        {
            "edition_id": edition_id,
            "language": choice.language,
            "topics": choice.topics,
            "format": choice.format,
            "readers": readers,
            "variant_id": variant_id,
        }
        for choice, readers, variant_id in served
    ]
    if rows:
        session.execute(insert(ChoiceRow), rows)
        if session.get_bind().dialect.name == "postgresql":
            # It would take thousands of choices for a few, and read all of them for each reader.
            session.execute(text("ANALYZE choice"))


def subjects(session: Session, newsletter: str, *, editions: int) -> frozenset[str]:
    """Return every subject of so many of the last frozen editions."""
    last = (
        select(EditionRow.id)
        .where(EditionRow.newsletter == newsletter, EditionRow.frozen_at.is_not(None))
        .order_by(EditionRow.frozen_at.desc())
        .limit(editions)
    )
    rows = session.scalars(
        select(VariantRow.subject).where(VariantRow.edition_id.in_(last)).distinct()
    )
    return frozenset(rows)


def place_of(session: Session, newsletter: str, *, post_id: int) -> Edition | None:
    """Return the edition that carries this post."""
    row = session.scalar(
        select(EditionRow)
        .join(PlacementRow, PlacementRow.edition_id == EditionRow.id)
        .where(PlacementRow.newsletter == newsletter, PlacementRow.post_id == post_id)
    )
    return _edition(row) if row else None


def _edition(row: EditionRow) -> Edition:
    return Edition(
        id=row.id,
        newsletter=row.newsletter,
        period=row.period,
        state=EditionState(row.state),
        reason=row.reason,
        number=row.number,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        due_at=row.due_at,
        frozen_at=row.frozen_at,
        ended_at=row.ended_at,
        approved_seal=row.approved_seal,
        seal=row.seal,
        candidates=row.candidates,
    )
