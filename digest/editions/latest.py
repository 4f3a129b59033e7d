"""The latest issue that readers got: what a letter to a new one may say of it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.editions.issue import Issue, IssuePost
from digest.editions.state import SEALED, EditionState
from digest.tables import EditionRow, VariantRow

# From the first letter on; what nobody has got yet, and what was withdrawn, is nothing to show.
_SHOWN = SEALED - {EditionState.FROZEN, EditionState.WITHDRAWN}


@dataclass(frozen=True, kw_only=True)
class Latest:
    """An issue by its number, its subject in one language, and the posts that open it."""

    number: int
    subject: str
    posts: tuple[IssuePost, ...]


def latest(session: Session, newsletter: str, *, language: str, most: int) -> Latest | None:
    """Return the newest issue with at most so many posts; None before the first one.

    The subject is that of the readers of this language, or else of the first language there is.
    """
    row = session.execute(
        select(EditionRow.id, EditionRow.number, EditionRow.issue)
        .where(
            EditionRow.newsletter == newsletter,
            EditionRow.state.in_(list(_SHOWN)),
            EditionRow.number.is_not(None),
        )
        .order_by(EditionRow.number.desc())
        .limit(1)
    ).first()
    if row is None or row.issue is None:
        return None
    subjects = session.execute(
        select(VariantRow.language, VariantRow.subject)
        .where(VariantRow.edition_id == row.id, VariantRow.topics.is_(None))
        .order_by(VariantRow.id)
    ).all()
    by_language = {one.language: one.subject for one in reversed(subjects)}
    first = subjects[0].subject if subjects else ""
    issue = Issue.from_json(row.issue)
    return Latest(
        number=row.number,
        subject=by_language.get(language, first) or issue.lead.title,
        posts=issue.posts[:most],
    )
