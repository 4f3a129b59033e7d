"""Backups: the database, config.toml, the secret and the templates in one file, and its check."""

import hashlib
import json
import os
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO

from sqlalchemy import func, select

from digest import fence, pgtools
from digest.app import App
from digest.errors import DigestError, UsageError
from digest.figures import backups
from digest.migrations import schema
from digest.tables import EditionRow, SubscriberRow

MANIFEST = "manifest.json"
CONFIG = "config.toml"
SECRET = "secret"  # noqa: S105 - a name in the file
TEMPLATES = "templates"
SQLITE = "database.sqlite3"
POSTGRES = "database.dump"
_ONLY_OWNER = 0o600
_FAST = 1  # of 9: the time goes into reading the disk, not into the last percent
_CHUNK = 1 << 20  # bytes
_UNREADABLE = (tarfile.TarError, EOFError, OSError, ValueError, KeyError, TypeError, zlib.error)


class BackupError(DigestError):
    """A backup could not be made, or is not whole."""


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A backup and what it says of itself.

    ``made_at`` is UTC by ISO 8601, ``size`` is in bytes, ``members`` are the SHA-256 of what is in
    it, by name. ``schema`` is the database's revision.
    """

    file: Path
    size: int
    made_at: str
    schema: str
    subscribers: int
    issues: int
    members: Mapping[str, str]

    @property
    def database(self) -> str:
        """The name of the member that is the database."""
        return SQLITE if SQLITE in self.members else POSTGRES


def create(app: App, file: Path) -> Backup:
    """Write a backup; whoever sends or signs up in the meantime is not held up.

    Only its owner can read it. Raises `UsageError` for a file that is there already.
    """
    if file.exists():
        raise UsageError(f"{file} is there already; nothing was written: name another file")
    fence.refusal(app)  # whatever it says: a copy needs a mark to be known by
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".digest-backup-") as name:
        folder = Path(name)
        sources = {**_dumped(app, folder), **_beside(app)}
        manifest = folder / MANIFEST
        manifest.write_text(json.dumps(_facts(app, sources)), encoding="utf-8")
        _pack({MANIFEST: manifest, **sources}, into=folder / "backup")
        (folder / "backup").rename(file)
    backups.keep(app)
    return read(file)


def read(file: Path) -> Backup:
    """Return what a backup says of itself, or raise `BackupError`."""
    with opened(file) as archive:
        facts = json.load(member(archive, MANIFEST))
        return Backup(
            file=file,
            size=file.stat().st_size,
            made_at=facts["made_at"],
            schema=facts["schema"],
            subscribers=facts["subscribers"],
            issues=facts["issues"],
            members=facts["members"],
        )


def check(file: Path) -> Backup:
    """Prove that a backup is whole: every byte of it, and the database in it."""
    backup = read(file)
    with opened(file) as archive:
        for name, wanted in backup.members.items():
            if hash_of(member(archive, name)) != wanted:
                raise BackupError(f"{file} is damaged at {name}; take another backup")
    if backup.database == SQLITE:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".digest-backup-") as folder:
            prove(extract(file, SQLITE, to=Path(folder) / SQLITE))
    if backup.schema > schema.head():
        raise BackupError(
            f"{file} was made by a newer version of Digest (schema {backup.schema}); install that"
            " one to restore it"
        )
    return backup


@contextmanager
def opened(file: Path) -> Iterator[tarfile.TarFile]:
    """Open a backup for reading; whatever is wrong with it becomes one `BackupError`."""
    try:
        with tarfile.open(file, "r:gz") as archive:
            yield archive
    except FileNotFoundError as error:
        raise UsageError(f"there is no file {file}") from error
    except _UNREADABLE as error:
        if isinstance(error, DigestError):
            raise
        raise BackupError(f"{file} is no backup of ours, or not whole ({error})") from error


def member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    """Return one member of a backup for reading."""
    found = archive.extractfile(name)
    if found is None:
        raise BackupError(f"{name} in it is no file")
    return found


def extract(file: Path, name: str, *, to: Path) -> Path:
    """Write one member of a backup to a file that only its owner can read."""
    with opened(file) as archive, _private(to) as target:
        source = member(archive, name)
        while chunk := source.read(_CHUNK):
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    return to


def prove(database: Path) -> None:
    """Have SQLite look at every page of a database."""
    with closing(sqlite3.connect(database)) as connection:
        try:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            found = str(error)
    if found != "ok":
        raise BackupError(f"the database in it is damaged ({found}); take another backup")


def hash_of(file: IO[bytes]) -> str:
    """Return the SHA-256 of what a file holds."""
    found = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        found.update(chunk)
    return found.hexdigest()


def _dumped(app: App, folder: Path) -> dict[str, Path]:
    """Copy the database as it is at one moment."""
    if not app.database.is_sqlite:
        pgtools.dump(app.database.url, to=folder / POSTGRES)
        return {POSTGRES: folder / POSTGRES}
    copy = folder / SQLITE
    with _private(copy):
        pass
    with (
        closing(sqlite3.connect(str(app.database.url.database))) as live,
        closing(sqlite3.connect(copy)) as target,
    ):
        live.backup(target, pages=-1)  # in one step: all of it is of one moment
        target.execute("PRAGMA journal_mode=DELETE")
        with target:
            target.execute("UPDATE installation SET place = ?", (fence.NOWHERE,))
    prove(copy)
    return {SQLITE: copy}


def _beside(app: App) -> dict[str, Path]:
    """Name what a database is of no use without: the settings, the secret, the templates."""
    found: dict[str, Path] = {}
    if app.path and app.path.is_file():
        found[CONFIG] = app.path
    if not app.config.app.secret and (app.state / SECRET).is_file():
        found[SECRET] = app.state / SECRET
    templates = Path(app.config.app.templates) if app.config.app.templates else None
    for path in sorted(templates.rglob("*")) if templates else []:
        if path.is_file():
            found[f"{TEMPLATES}/{path.relative_to(str(templates)).as_posix()}"] = path
    return found


def _facts(app: App, sources: Mapping[str, Path]) -> dict[str, object]:
    with app.database.read() as session:
        people = session.scalar(select(func.count()).select_from(SubscriberRow))
        issues = session.scalar(
            select(func.count()).select_from(EditionRow).where(EditionRow.number.is_not(None))
        )
    hashes = {}
    for name, path in sources.items():
        with path.open("rb") as file:
            hashes[name] = hash_of(file)
    return {
        "program": version("weekly-digest"),
        "made_at": app.clock.now().isoformat(timespec="seconds"),
        "schema": schema.current(app.database),
        "subscribers": people,
        "issues": issues,
        "members": hashes,
    }


def _pack(sources: Mapping[str, Path], *, into: Path) -> None:
    """Write one file of all these, and have the disk keep it before it gets its name."""
    with _private(into) as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_FAST) as archive:
            for name, path in sources.items():
                archive.add(path, arcname=name, recursive=False, filter=_nobodys)
        file.flush()
        os.fsync(file.fileno())


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out whose file it was: it may be restored by somebody else."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = _ONLY_OWNER
    return member


def _private(path: Path) -> IO[bytes]:
    """Make a file that only its owner can read, from its first byte on."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _ONLY_OWNER), "w+b")
