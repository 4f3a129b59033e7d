"""Takes from the database what the public may see: issues whose first letter may have left."""

from dataclasses import dataclass
from datetime import datetime
from html import escape

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.archive.record import Record, Withdrawal
from digest.editions import store as editions
from digest.editions.issue import Issue
from digest.editions.state import SEALED, EditionState
from digest.editions.store import Variant
from digest.render.slots import markers, without_personal_part
from digest.tables import EditionRow

# From the first letter on somebody may follow "Read online"; before that it is nobody's business.
_PUBLIC = SEALED - {EditionState.FROZEN}


@dataclass(frozen=True, kw_only=True)
class Copy:
    """An issue as it was sent, without anything that was written for one person."""

    language: str
    subject: str
    html: str
    text: str


def records(session: Session, newsletter: str) -> tuple[Record, ...]:
    """Return every issue that was sent, the withdrawn ones too, newest first."""
    rows = session.scalars(
        select(EditionRow)
        .where(
            EditionRow.newsletter == newsletter,
            EditionRow.state.in_(list(_PUBLIC)),
            EditionRow.number.is_not(None),
        )
        .order_by(EditionRow.number.desc())
    )
    return tuple(_record(row) for row in rows)


def copy_of(session: Session, record: Record, *, language: str) -> Copy:
    """Return the whole issue in this language, or in the first one there is.

    One that could only be made as text is shown as it was sent.
    """
    made = list(editions.variants_of(session, record.edition_id).values())
    variants = [variant for variant in made if variant.html] or made
    whole = [variant for variant in variants if variant.topics is None]
    wanted = [variant for variant in whole if variant.language == language]
    alike = [variant for variant in whole if _main(variant.language) == _main(language)]
    chosen = [*wanted, *alike, *whole, *variants][0]
    seal = record.issue.seal
    return Copy(
        language=chosen.language,
        subject=chosen.subject,
        html=for_everybody(chosen.html or _page_of(chosen), seal=seal),
        text=for_everybody(chosen.text, seal=seal),
    )


def _page_of(variant: Variant) -> str:
    return (
        f'<!DOCTYPE html><html lang="{escape(variant.language)}"><head>'
        f'<meta charset="utf-8"><title>{escape(variant.subject)}</title></head>'
        f"<body><pre>{escape(variant.text)}</pre></body></html>"
    )


def for_everybody(text: str, *, seal: str) -> str:
    """Cut out the personal part; a theme that opens a slot elsewhere shows nothing there."""
    text = without_personal_part(text, seal=seal)
    for marker in markers(seal=seal).values():
        text = text.replace(marker, "")
    return text


def _main(language: str) -> str:
    """Return the language of which this tag names a form."""
    return language.partition("-")[0].lower()


def _record(row: EditionRow) -> Record:
    published_at = _whole_seconds(row.frozen_at or row.due_at)
    withdrawal = None
    if row.state == EditionState.WITHDRAWN:
        at = _whole_seconds(row.ended_at) if row.ended_at else published_at
        withdrawal = Withdrawal(at=at, reason=row.reason)
    return Record(
        edition_id=row.id,
        number=row.number or 0,
        issue=Issue.from_json(row.issue or {}),
        published_at=published_at,
        withdrawal=withdrawal,
    )


def _whole_seconds(moment: datetime) -> datetime:
    """Round down: feeds tell no more, and what they say must not change."""
    return moment.replace(microsecond=0)
