"""Where a person's decisions about an open issue are kept, and the words that were approved."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from digest.editions import store as editions
from digest.editions.best import series
from digest.editions.draft import Draft
from digest.editions.issue import Issue
from digest.editions.state import OPEN, EditionState
from digest.editions.store import Edition
from digest.errors import UsageError
from digest.tables import DraftRow, EditionRow


@dataclass(frozen=True, kw_only=True)
class OwnWords:
    """What a person wrote for an issue; None leaves it to the posts."""

    subject: str | None = None
    preheader: str | None = None
    introduction: str | None = None


@dataclass(frozen=True, kw_only=True)
class Approval:
    """The words that a person agreed to, whether or not they still are those of the issue."""

    issue: Issue
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Departure:
    """When an approved issue may leave; ``at_once``: then it does not wait for its slot either."""

    leaves_at: datetime | None = None
    at_once: bool = False


@dataclass(frozen=True, kw_only=True)
class Decided:
    """All that people decided about one issue; ``revision`` counts their decisions."""

    revision: int = 0
    draft: Draft = field(default_factory=Draft)
    words: OwnWords = field(default_factory=OwnWords)
    approval: Approval | None = None
    departure: Departure = field(default_factory=Departure)


def decided(session: Session, newsletter: str, *, period: str) -> Decided:
    """Return what was decided about the issue of a period; nothing where nobody decided."""
    row = session.execute(
        select(EditionRow.subject, EditionRow.introduction, DraftRow)
        .outerjoin(DraftRow, DraftRow.edition_id == EditionRow.id)
        .where(
            EditionRow.newsletter == series(newsletter, period=period),
            EditionRow.period == period,
        )
    ).first()
    if row is None:
        return Decided()
    subject, introduction, kept = row
    words = OwnWords(subject=subject, introduction=introduction)
    return _decided(kept, words) if kept else Decided(words=words)


def is_at(session: Session, edition: Edition, *, revision: int) -> bool:
    """Whether nobody has decided anything since; nobody can until the end of the transaction."""
    _lock(session, edition)
    found = session.scalar(select(DraftRow.revision).where(DraftRow.edition_id == edition.id))
    return (found or 0) == revision


def take_up(session: Session, edition: Edition) -> Edition:
    """Have an edition to oneself until the end of the transaction.

    Returns it as it stands. Raises `UsageError` when its words are sealed.
    """
    _lock(session, edition)
    found = editions.get(session, edition.id)
    if found.state not in OPEN:
        raise UsageError(f"issue {found.period} is {found.state}: its words are sealed")
    return found


def keep(session: Session, edition: Edition, draft: Draft) -> None:
    """Keep a person's decisions about an edition that was taken up."""
    row = _row(session, edition.id)
    row.decisions = draft.to_json()
    row.revision += 1


def keep_words(session: Session, edition: Edition, words: OwnWords) -> None:
    """Keep what a person wrote for an edition that was taken up."""
    session.execute(
        update(EditionRow)
        .where(EditionRow.id == edition.id)
        .values(subject=words.subject, introduction=words.introduction)
    )
    row = _row(session, edition.id)
    row.preheader = words.preheader
    row.revision += 1


def keep_approval(
    session: Session, edition: Edition, approval: Approval, *, departure: Departure
) -> None:
    """Keep the words that were approved, by whom, and when they may leave."""
    row = _row(session, edition.id)
    row.approved = approval.issue.to_json()
    row.approved_by, row.approved_at = approval.by, approval.at
    row.leaves_at, row.at_once = departure.leaves_at, departure.at_once


def forget_departure(session: Session, edition: Edition) -> None:
    """Let an issue wait for its slot again; what was approved stays known."""
    session.execute(
        update(DraftRow)
        .where(DraftRow.edition_id == edition.id)
        .values(leaves_at=None, at_once=False)
    )


def to_leave_at_once(
    session: Session, newsletters: Sequence[str], *, now: datetime
) -> list[Edition]:
    """Return the approved editions that may leave before their slot, oldest first."""
    ids = session.scalars(
        select(EditionRow.id)
        .join(DraftRow, DraftRow.edition_id == EditionRow.id)
        .where(
            EditionRow.newsletter.in_(newsletters),
            EditionRow.state == EditionState.APPROVED,
            DraftRow.at_once,
            or_(DraftRow.leaves_at.is_(None), DraftRow.leaves_at <= now),
        )
        .order_by(EditionRow.due_at)
    )
    return [editions.get(session, id_) for id_ in ids]


def _lock(session: Session, edition: Edition) -> None:
    session.execute(select(EditionRow.id).where(EditionRow.id == edition.id).with_for_update())


def _row(session: Session, edition_id: int) -> DraftRow:
    row = session.get(DraftRow, edition_id)
    if row is None:
        row = DraftRow(edition_id=edition_id, revision=0, decisions={}, at_once=False)
        session.add(row)
    return row


def _decided(row: DraftRow, words: OwnWords) -> Decided:
    return Decided(
        revision=row.revision,
        draft=Draft.from_json(row.decisions),
        words=replace(words, preheader=row.preheader),
        approval=_approval(row.approved, by=row.approved_by, at=row.approved_at),
        departure=Departure(leaves_at=row.leaves_at, at_once=row.at_once),
    )


def _approval(
    words: dict[str, Any] | None, *, by: str | None, at: datetime | None
) -> Approval | None:
    if words is None or at is None:
        return None
    return Approval(issue=Issue.from_json(words), by=by or "", at=at)
