"""Copies an SQLite database into an empty PostgreSQL, whole or not at all, and seals the source."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Integer, Table, column, func, insert, inspect, select, text, update
from sqlalchemy import table as light_table
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from digest import fence
from digest.delivery.state import DeliveryState
from digest.errors import BusyError, ConfigurationError, UsageError
from digest.migrations import schema
from digest.tables import Base, DeliveryRow, InstallationRow, WorkerRow
from storage.database import Database, clock_of
from storage.settings import DatabaseSettings

_CHUNK = 1000  # rows


def copy(source: Database, target: Database, *, lease: float, now: datetime) -> dict[str, int]:
    """Copy every table; return how many rows each has.

    All in one transaction of the target, which must be empty, while nobody can write to the
    source. The source is sealed before the copy counts: it can be read, never written to again,
    so that no letter leaves from two places. ``lease`` is how many seconds a silent worker lives.
    """
    if target.is_sqlite:
        raise ConfigurationError(
            "--from copies into PostgreSQL, and [database] url is SQLite; set it to"
            " postgresql+psycopg://user:password@host/name first"
        )
    schema.check_revision(source)
    schema.migrate(target)
    with _or_as_before(source), source.begin() as reading, target.begin() as writing:
        _refuse_busy(reading, lease=lease)
        _refuse_full(writing)
        counts = {
            table.name: _copy_table(reading, writing, table)
            for table in Base.metadata.sorted_tables
        }
        place = fence.place_of(target, writing)  # the source is sealed, so this is no second one
        writing.execute(update(InstallationRow).values(place=place))
        _seal(reading, target.url.render_as_string(hide_password=True), now=now)
        reading.commit()  # before the target's: two databases must never both be alive
    return counts


def open_source(place: str) -> Database:
    """Open the database at a path or a ``sqlite:///`` address; it must be there already."""
    name = place.removeprefix("sqlite:///")
    path = Path(name)
    if "://" in name:
        raise UsageError(f"--from takes an SQLite file, as sqlite:///var/digest.sqlite3: {place}")
    if not path.is_file():
        raise UsageError(f"--from {place}: there is no such file; nothing was copied")
    return Database(DatabaseSettings(url=f"sqlite:///{path}"))


@contextmanager
def _or_as_before(source: Database) -> Iterator[None]:
    """Open the source again when nothing arrived, unless it was sealed by an earlier copy."""
    sealed = schema.moved_to(source) is not None
    try:
        yield
    except BaseException:
        if not sealed:
            with source.begin() as session:
                _unseal(session)
        raise


def _refuse_busy(session: Session, *, lease: float) -> None:
    """Refuse a source from which letters may still be leaving."""
    young = WorkerRow.heartbeat > clock_of(session) - lease
    if session.scalar(select(func.count()).select_from(WorkerRow).where(young)):
        raise BusyError(
            "a sender is at work on the source; stop 'digest serve', cron and every 'digest run',"
            f" wait {lease:.0f} seconds, and copy again"
        )
    held = DeliveryRow.state.in_((DeliveryState.CLAIMED, DeliveryState.COMMITTING))
    if count := session.scalar(select(func.count()).select_from(DeliveryRow).where(held)):
        raise BusyError(
            f"a sender that died has letters in hand ({count}); let 'digest run' take them"
            " over on the source, then copy again"
        )


def _refuse_full(session: Session) -> None:
    for table in Base.metadata.sorted_tables:
        if session.execute(select(table.c[0]).limit(1)).first() is not None:
            raise UsageError(
                f"the configured database is not empty (table {table.name}); nothing was copied:"
                " name an empty one in [database] url"
            )


def _copy_table(reading: Session, writing: Session, table: Table) -> int:
    """Copy one table in chunks, set its sequence, and count both sides."""
    rows = reading.connection().execution_options(yield_per=_CHUNK).execute(select(table))
    into = insert(_plain(table))
    for chunk in rows.mappings().partitions():
        try:
            writing.execute(into, [dict(row) for row in chunk])
        except DataError as error:
            raise UsageError(
                f"table {table.name} holds a value that PostgreSQL does not take"
                f" ({_first_line(error)}); nothing was copied: mend it in the source"
            ) from error
    _set_sequence(writing, table)
    copied, there = (_count(session, table) for session in (writing, reading))
    if copied != there:
        raise RuntimeError(f"{copied} of {there} rows of {table.name} arrived; nothing was copied")
    return copied


def _plain(table: Table) -> Any:
    """Return the table without defaults, and with SQL's NULL where JSON has none."""
    return light_table(
        table.name,
        *(
            column(c.name, JSON(none_as_null=True) if isinstance(c.type, JSON) else c.type)
            for c in table.columns
        ),
    )


def _count(session: Session, table: Table) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def _set_sequence(session: Session, table: Table) -> None:
    """Let the next row take the number after the highest one, where the rows are numbered."""
    key, *others = table.primary_key.columns
    if not others and isinstance(key.type, Integer):
        sequence = func.pg_get_serial_sequence(table.name, key.name)
        highest = select(func.max(key)).scalar_subquery()
        session.execute(
            select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None)))
        )


def _seal(session: Session, place: str, *, now: datetime) -> None:
    """Leave word where the data went, and refuse every write: processes may still be running."""
    _unseal(session)
    session.execute(text(f"CREATE TABLE {schema.MOVED} (place TEXT NOT NULL, at TEXT NOT NULL)"))
    session.execute(
        text(f"INSERT INTO {schema.MOVED} VALUES (:place, :at)"),  # noqa: S608 - our own name
        {"place": place, "at": now.isoformat()},
    )
    for name, what in _locks(session):
        session.execute(
            text(
                f"CREATE TRIGGER {name} BEFORE {what} BEGIN"
                " SELECT RAISE(ABORT, 'this database has moved; nothing was written'); END"
            )
        )


def _unseal(session: Session) -> None:
    for name, _ in _locks(session):
        session.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
    session.execute(text(f"DROP TABLE IF EXISTS {schema.MOVED}"))


def _locks(session: Session) -> Iterator[tuple[str, str]]:
    for name in sorted(inspect(session.connection()).get_table_names()):
        for verb in ("INSERT", "UPDATE", "DELETE"):
            if name != schema.MOVED:
                yield f"moved_{name}_{verb.lower()}", f"{verb} ON {name}"


def _first_line(error: DataError) -> str:
    return str(error.orig).splitlines()[0]
