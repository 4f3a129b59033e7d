"""How fast letters leave, for all processes on all machines together: one row, one update."""

from sqlalchemy import case, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.delivery.settings import PaceSettings
from digest.tables import PaceRow
from storage.database import Database, clock_of

_ROW = "letters"


class Pace:
    """Hands out turns: the generic cell rate algorithm on one row, in the database's own time."""

    def __init__(self, database: Database, *, settings: PaceSettings) -> None:
        self._database = database
        self._settings = settings

    def take(self, letters: int) -> float:
        """Book the next turn for so many letters; return the seconds to wait for it.

        It opens a transaction of its own, so it must not be called inside one (SQLite has one
        writer). A turn that is not used is lost; nothing is ever made up for by hurrying.
        """
        if not self._settings.letters_per_minute or not letters:
            return 0.0
        seconds = letters * 60 / self._settings.letters_per_minute
        with self._database.begin() as session:
            return _book(session, seconds)


def _book(session: Session, seconds: float) -> float:
    """Move the end of all turns on by ``seconds``, atomically; return how far off ours begins."""
    now = clock_of(session)
    begin = case((PaceRow.next_at > now, PaceRow.next_at), else_=now)
    book = (
        update(PaceRow)
        .where(PaceRow.name == _ROW)
        .values(next_at=begin + seconds)
        .returning(PaceRow.next_at)
        .execution_options(synchronize_session=False)
    )
    end = session.scalar(book)
    if end is None:
        _make_row(session, now)
        end = session.execute(book).scalar_one()
    return max(end - seconds - now, 0.0)


def _make_row(session: Session, now: float) -> None:
    """Make the row; who loses the race to do so finds it made."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    row = dialect.insert(PaceRow).values(name=_ROW, next_at=now)
    session.execute(row.on_conflict_do_nothing())
