"""The fence around a database: one that was copied or restored sends nothing until it is adopted.

The database says where it lives and how often letters were begun; the state folder of each machine
remembers how often it has seen that. A copy lives elsewhere, a restored one has forgotten.
"""

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.app import App
from digest.errors import PersonNeededError
from digest.tables import InstallationRow
from storage.database import Database

FIRST_USE = "the first run"
NOWHERE = ""
"""The place of a database that is a backup, or was restored from one: it lives nowhere yet."""

_FILE = "installation"
_ONLY_ROW = 1
_KEY_BYTES = 12
_LEAP = 1_000_000
_ONLY_OWNER = 0o600
_MACHINE = Path("/etc/machine-id")
_IN_CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))
_OLDER = "this database is older than what this machine has sent: it was restored"
_PROMISE = "nothing is sent, so that nobody gets an issue twice; 'digest adopt' says what to do"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What tells an installation from its copies.

    ``key`` is the same in all of them, ``place`` is where this one lives, and ``generation``
    counts how often letters were begun and ended.
    """

    key: str
    place: str
    generation: int


def require(app: App) -> None:
    """Raise `PersonNeededError` where nothing may be sent before somebody adopts the database."""
    if trouble := refusal(app):
        raise PersonNeededError(f"{trouble}: {_PROMISE}")


def refusal(app: App) -> str | None:
    """Say why nothing may be sent from this database; None where all is as it was."""
    own = seen_by(app.state)  # first: it never runs ahead of a database that is looked at later
    with app.database.read() as session:
        there = mark_of(session)
        place = place_of(app.database, session)
    if there is None:
        return _OLDER if own and own.generation else _settle_down(app)
    if own is None and seen_by(app.state):  # another process has just begun to send
        return refusal(app)
    if trouble := doubt(there, own=own, place=place, is_alone=app.database.is_sqlite):
        return trouble
    if own is None or own.generation < there.generation:
        remember(app.state, there)
    return None


def doubt(there: Mark, *, own: Mark | None, place: str, is_alone: bool) -> str | None:
    """Say what does not fit together: what the database says, what we have seen, where it is.

    ``is_alone``: no other machine can work on this database, so its state folder must know it.
    A machine that joins a fleet has seen nothing yet.
    """
    if there.place == NOWHERE:
        return "this database comes from a backup"
    if there.place != place:
        return "this database was copied or moved: it has last sent from another place"
    if own is None and is_alone and there.generation:
        return "this database has sent before, and the state folder does not know it"
    if own is not None and own.key != there.key:
        return "the state folder belongs to another database"
    if own is not None and own.generation > there.generation:
        return _OLDER
    return None


@contextmanager
def counted(app: App) -> Iterator[None]:
    """Count that letters are begun, and that they have come to an end.

    Twice, so that a copy made while they leave is told from what the database is afterwards.
    """
    _count(app)
    yield
    _count(app)


def mark_of(session: Session) -> Mark | None:
    """Return what the database says of itself; None where nothing was ever sent from it."""
    row = session.get(InstallationRow, _ONLY_ROW)
    return Mark(key=row.key, place=row.place, generation=row.generation) if row else None


def place_of(database: Database, session: Session) -> str:
    """Return where a database lives: the same after every restart, another for every copy.

    SQLite: the machine and the file's own number on its disk, which moving it keeps. PostgreSQL:
    the cluster and the numbers of database and table, which a restored dump does not keep.
    """
    if database.is_sqlite:
        parts = [_machine(), str(Path(str(database.url.database)).stat().st_ino)]
    else:
        parts = _numbers(session)
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def seen_by(state: Path) -> Mark | None:
    """Return what a state folder remembers; None where that is nothing, or cannot be read."""
    try:
        return Mark(**json.loads((state / _FILE).read_text(encoding="ascii")))
    except (OSError, ValueError, TypeError):
        return None


def remember(state: Path, mark: Mark) -> None:
    """Have a state folder remember a mark; an older one of the same database changes nothing."""
    handle = os.open(state / _FILE, os.O_RDWR | os.O_CREAT, _ONLY_OWNER)
    with os.fdopen(handle, "r+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        own = seen_by(state)
        if own and own.key == mark.key and own.generation > mark.generation:
            return
        written = json.dumps(asdict(mark))
        file.write(written)
        file.truncate(len(written))


def adopt(app: App, session: Session, *, now: datetime) -> Mark:
    """Have the database live here from now on; return its new mark, to be remembered later.

    Its generation leaps ahead of whatever the other machines of a fleet may have seen.
    """
    there, own = mark_of(session), seen_by(app.state)
    mark = Mark(
        key=there.key if there else _key(),
        place=place_of(app.database, session),
        generation=max(one.generation if one else 0 for one in (there, own)) + _LEAP,
    )
    session.merge(
        InstallationRow(id=_ONLY_ROW, **asdict(mark), adopted_at=now, adopted_by=app.actor)
    )
    return mark


def ran(app: App) -> None:
    """Note that a run has come to its end."""
    with app.database.begin() as session:
        session.execute(update(InstallationRow).values(ran_at=app.clock.now()))


def last_run(session: Session) -> datetime | None:
    """Return when a run has last come to its end."""
    return session.scalar(select(InstallationRow.ran_at))


def _settle_down(app: App) -> str | None:
    """Make the mark of a database from which nothing was ever sent."""
    with app.database.begin() as session:
        row: dict[str, Any] = {"id": _ONLY_ROW, "key": _key(), "generation": 0}
        row |= {"place": place_of(app.database, session), "adopted_at": app.clock.now()}
        dialect = sqlite if app.database.is_sqlite else postgresql
        statement = dialect.insert(InstallationRow).values(adopted_by=FIRST_USE, **row)
        session.execute(statement.on_conflict_do_nothing())  # two may come at the same moment
        mark = mark_of(session)
    assert mark is not None  # noqa: S101 - it was just made
    remember(app.state, mark)
    return None


def _count(app: App) -> None:
    """Raise the generation, and remember it once that is sure: never more than the database."""
    with app.database.begin() as session:
        session.execute(update(InstallationRow).values(generation=InstallationRow.generation + 1))
        mark = mark_of(session)
    if mark:
        remember(app.state, mark)


def _key() -> str:
    return secrets.token_hex(_KEY_BYTES)


def _machine() -> str:
    """Return the machine's own id; nothing in a container, where each start may have another."""
    if any(mark.exists() for mark in _IN_CONTAINER):
        return ""
    try:
        return _MACHINE.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _numbers(session: Session) -> list[str]:
    """Return the numbers of a PostgreSQL database; the cluster's only where we may ask for it."""
    numbers = session.execute(
        text(
            "SELECT d.oid, 'installation'::regclass::oid,"
            " has_function_privilege('pg_control_system()', 'execute')"
            " FROM pg_database d WHERE d.datname = current_database()"
        )
    ).one()
    parts = [str(numbers[0]), str(numbers[1])]
    if numbers[2]:
        cluster = session.scalar(text("SELECT system_identifier FROM pg_control_system()"))
        parts.append(str(cluster))
    return parts
