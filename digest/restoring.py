"""Puts a backup in the place of the database, and keeps what stood there."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import update

from digest import backup, fence, pgtools
from digest.backup import Backup
from digest.charts.words import counted
from digest.config import Configuration
from digest.errors import BusyError, UsageError
from digest.migrations import schema
from digest.processes import Processes
from digest.tables import InstallationRow
from storage.database import Database

_PATIENCE = 1.0  # seconds: whoever holds the database longer than that is at work


def bring_config(file: Path, path: Path) -> None:
    """Where there is no configuration, take the one in the backup."""
    if not path.exists() and backup.CONFIG in backup.read(file).members:
        path.parent.mkdir(parents=True, exist_ok=True)
        backup.extract(file, backup.CONFIG, to=path)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Where that is kept which stood there: the database, if it was a file, and all files."""

    database: Path | None
    files: Sequence[Path]


def restore(config: Configuration, file: Path, *, now: datetime) -> Kept:
    """Restore a backup that was checked; return where what stood there is kept.

    Nothing is sent from it before it is adopted. Raises `BusyError` while something of ours runs.
    """
    seen, state = backup.read(file), Path(config.app.state)
    _refuse_busy(state)
    end = f".before-{now:%Y%m%dT%H%M%S}"
    database = Database(config.database)
    try:
        kept = _put_back(database, seen, end=end)
    finally:
        database.close()
    before = kept[0] if kept else None  # what belongs to it stands behind it
    if backup.SECRET in seen.members and not config.app.secret:
        kept += _bring_secret(file, state / backup.SECRET, end=end)
    if config.app.templates:
        _bring_templates(seen, Path(config.app.templates))
    return Kept(database=before, files=kept)


def _refuse_busy(state: Path) -> None:
    if running := Processes(state / "processes").living():
        raise BusyError(
            f"{counted(len(running), 'process', 'processes')} of ours at work here"
            " (digest serve, run or worker); nothing was restored: stop them and try again"
        )


def _put_back(database: Database, seen: Backup, *, end: str) -> list[Path]:
    if (seen.database == backup.SQLITE) != database.is_sqlite:
        raise UsageError(
            f"{seen.file} holds {seen.database}, and [database] url names the other kind of"
            " database; nothing was restored: restore it to its own kind, then go over with"
            " 'digest migrate --from'"
        )
    if not database.is_sqlite:
        _load(database, seen)
        return []
    database.close()
    place = Path(str(database.url.database))
    place.parent.mkdir(parents=True, exist_ok=True)
    _refuse_locked(place)
    fresh = place.with_name(f"{place.name}.restoring")
    fresh.unlink(missing_ok=True)
    backup.prove(backup.extract(seen.file, backup.SQLITE, to=fresh))
    parts = (place, place.with_name(f"{place.name}-wal"), place.with_name(f"{place.name}-shm"))
    kept = [part.rename(part.with_name(part.name + end)) for part in parts if part.exists()]
    fresh.rename(place)
    return kept


def _refuse_locked(place: Path) -> None:
    """Refuse a database that somebody writes to, and fold its log into it."""
    if not place.exists():
        return
    with closing(sqlite3.connect(place, timeout=_PATIENCE, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError as error:
            raise BusyError(
                f"somebody writes to {place}; nothing was restored: stop every process of Digest"
            ) from error
        except sqlite3.DatabaseError:
            return  # it is damaged, which may be why it is replaced


def _load(database: Database, seen: Backup) -> None:
    if schema.current(database) is not None:
        raise UsageError(
            "the configured database is not empty; nothing was restored, and it stays as it is:"
            " create an empty one and name it in [database] url"
        )
    dumped = backup.extract(
        seen.file, backup.POSTGRES, to=seen.file.with_name(f"{seen.file.name}.dump")
    )
    try:
        pgtools.load(database.url, dumped=dumped)
    finally:
        dumped.unlink()
    with database.begin() as session:
        session.execute(update(InstallationRow).values(place=fence.NOWHERE))


def _bring_secret(file: Path, place: Path, *, end: str) -> list[Path]:
    """Put the secret back: without it no link in mail that was sent works."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f"{place.name}.restoring")
    fresh.unlink(missing_ok=True)
    backup.extract(file, backup.SECRET, to=fresh)
    kept = []
    if place.exists() and place.read_bytes() != fresh.read_bytes():
        kept.append(place.rename(place.with_name(place.name + end)))
    fresh.rename(place)
    return kept


def _bring_templates(seen: Backup, folder: Path) -> None:
    """Put the operator's templates back where there are none."""
    names = [name for name in seen.members if name.startswith(f"{backup.TEMPLATES}/")]
    if folder.exists():
        return
    for name in names:
        path = folder / name.removeprefix(f"{backup.TEMPLATES}/")
        if not path.resolve().is_relative_to(folder.resolve()):
            raise UsageError(f"{seen.file} names a file outside of the templates: {name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        backup.extract(seen.file, name, to=path)
