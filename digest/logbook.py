"""Who did what, and when: noted in the very transaction that did it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.tables import LogEntryRow

PAUSE, RESUME = "pause issue", "resume issue"
"""What the log calls it, whoever paused an issue or let it go on."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that somebody did, as `note` was told it."""

    id: int
    at: datetime
    actor: str
    action: str
    about: str
    facts: Mapping[str, Any]


def note(
    session: Session, *, actor: str, action: str, about: str, now: datetime, **facts: Any
) -> None:
    """Note what ``actor`` did to ``about``; ``facts`` are what was before and after.

    ``action`` is a verb and its object, as "approve issue"; ``about`` is "issue 2026-W24" or
    "source Teardowns". A reader is named by number: what is noted stays after an erasure.
    """
    session.add(LogEntryRow(at=now, actor=actor, action=action, about=about, facts=facts))


def entries(
    session: Session,
    *,
    most: int,
    about: str | None = None,
    actor: str | None = None,
    before: int | None = None,
) -> list[Entry]:
    """Return so many entries, the newest first; ``before`` goes on below an entry's id."""
    query = select(LogEntryRow).order_by(LogEntryRow.id.desc()).limit(most)
    if about is not None:
        query = query.where(LogEntryRow.about == about)
    if actor is not None:
        query = query.where(LogEntryRow.actor == actor)
    if before is not None:
        query = query.where(LogEntryRow.id < before)
    return [
        Entry(
            id=row.id,
            at=row.at,
            actor=row.actor,
            action=row.action,
            about=row.about,
            facts=row.facts,
        )
        for row in session.scalars(query)
    ]


def told(facts: Mapping[str, Any]) -> str:
    """Write the facts of an entry in one line: "before: editor, after: publisher"."""
    return ", ".join(f"{name}: {_word(value)}" for name, value in facts.items())


def _word(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return f"({told(value)})"
    return " ".join(map(_word, value)) if isinstance(value, list) else str(value)
