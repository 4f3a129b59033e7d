"""Keeps the muted words of a newsletter: those for all of its sources, and those for one."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.errors import UsageError
from digest.posts.identity import title_key
from digest.posts.muting import LONGEST_WORD, Muted, is_word
from digest.tables import MuteRow, SourceRow


@dataclass(frozen=True, kw_only=True)
class MutedWord:
    """One muted word; without a ``source`` it counts for all of them."""

    word: str
    source: str | None = None


def muted(session: Session, newsletter: str) -> Muted:
    """Return the words by which the posts of an issue are left out."""
    everywhere: list[str] = []
    by_source: dict[int, tuple[str, ...]] = {}
    rows = select(MuteRow).where(MuteRow.newsletter == newsletter).order_by(MuteRow.id)
    for row in session.scalars(rows):
        if row.source_id is None:
            everywhere.append(row.word)
        else:
            by_source[row.source_id] = (*by_source.get(row.source_id, ()), row.word)
    return Muted(everywhere=tuple(everywhere), by_source=by_source)


def words(session: Session, newsletter: str) -> list[MutedWord]:
    """List all muted words: those for all sources first, then by source."""
    rows = session.execute(
        select(MuteRow.word, SourceRow.name)
        .outerjoin(SourceRow, SourceRow.id == MuteRow.source_id)
        .where(MuteRow.newsletter == newsletter)
        .order_by(MuteRow.id)
    )
    found = [MutedWord(word=word, source=name) for word, name in rows]
    return sorted(found, key=lambda one: one.source or "")


def mute(session: Session, newsletter: str, word: str, *, source_id: int | None) -> bool:
    """Mute a word; False when it was muted already. Raises `UsageError` for what is no word."""
    if not is_word(word):
        raise UsageError(
            f"{word!r} cannot be muted: a word holds a letter or a digit, and has at most"
            f" {LONGEST_WORD} characters"
        )
    if _row(session, newsletter, word, source_id=source_id):
        return False
    session.add(MuteRow(newsletter=newsletter, source_id=source_id, word=word, key=title_key(word)))
    session.flush()
    return True


def unmute(session: Session, newsletter: str, word: str, *, source_id: int | None) -> bool:
    """Let a word be heard again; False when it was not muted."""
    row = _row(session, newsletter, word, source_id=source_id)
    if row:
        session.delete(row)
        session.flush()
    return row is not None


def _row(session: Session, newsletter: str, word: str, *, source_id: int | None) -> MuteRow | None:
    return session.scalar(
        select(MuteRow).where(
            MuteRow.newsletter == newsletter,
            MuteRow.source_id.is_not_distinct_from(source_id),
            MuteRow.key == title_key(word),
        )
    )
