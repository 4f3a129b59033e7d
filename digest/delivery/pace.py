"""How fast letters leave, for all processes on all machines together: one row, one update."""

from collections.abc import Mapping

from sqlalchemy import case, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.delivery.settings import PaceSettings
from digest.tables import PaceRow
from storage.database import Database, clock_of

_ROW = "letters"


class Pace:
    """Hands out turns: the generic cell rate algorithm on one row, in the database's own time."""

    def __init__(
        self,
        database: Database,
        *,
        settings: PaceSettings,
        by_carrier: Mapping[str, int] | None = None,
    ) -> None:
        self._database = database
        self._per_minute = {_ROW: settings.letters_per_minute}
        for name, most in (by_carrier or {}).items():
            self._per_minute[_row_of(name)] = most

    def take(self, letters: int, *, carrier: str = "") -> float:
        """Book the next turn for so many letters; return the seconds to wait for it.

        A turn is one of the rate of all and one of that of the ``carrier``, where there are such
        rates. It opens a transaction of its own, so it must not be called inside one (SQLite has
        one writer). A turn that is not used is lost; nothing is ever made up for by hurrying.
        """
        rows = {row: self._per_minute.get(row, 0) for row in (_ROW, _row_of(carrier))}
        limits = {row: most for row, most in rows.items() if most and letters}
        if not limits:
            return 0.0
        with self._database.begin() as session:
            return max(_book(session, row, letters * 60 / most) for row, most in limits.items())


def _row_of(carrier: str) -> str:
    return f"{_ROW} by {carrier or '[carrier]'}"


def _book(session: Session, row: str, seconds: float) -> float:
    """Move the end of all turns on by ``seconds``, atomically; return how far off ours begins."""
    now = clock_of(session)
    begin = case((PaceRow.next_at > now, PaceRow.next_at), else_=now)
    book = (
        update(PaceRow)
        .where(PaceRow.name == row)
        .values(next_at=begin + seconds)
        .returning(PaceRow.next_at)
        .execution_options(synchronize_session=False)
    )
    end = session.scalar(book)
    if end is None:
        _make_row(session, row, now)
        end = session.execute(book).scalar_one()
    return max(end - seconds - now, 0.0)


def _make_row(session: Session, row: str, now: float) -> None:
    """Make the row; who loses the race to do so finds it made."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    new = dialect.insert(PaceRow).values(name=row, next_at=now)
    session.execute(new.on_conflict_do_nothing())
