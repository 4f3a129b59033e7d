"""Brings a folder up to date with the archive, and leaves alone what stands there besides."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from digest.archive.gallery import Gallery
from digest.archive.librarian import Librarian
from digest.archive.shelf import copy_of, records
from digest.errors import UsageError
from storage.database import Database

LEDGER = ".digest-archive.json"
"""Names the files that are ours, with the hash of what we wrote."""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What an export did: issues and files in all, and the names of those that changed."""

    issues: int
    files: int
    written: tuple[str, ...]
    removed: tuple[str, ...]


def gallery(database: Database, *, librarian: Librarian) -> Gallery:
    """Read everything that the public may see."""
    language = librarian.newsletter.language
    with database.read() as session:
        public = records(session, librarian.newsletter.slug)
        copies = {
            record.number: copy_of(session, record, language=language)
            for record in public
            if not record.withdrawal
        }
    return Gallery(librarian=librarian, records=public, copies=copies)


def export(shown: Gallery, *, folder: Path, only_say: bool = False) -> Exported:
    """Write what is new or has changed, each file at once, and remove what is no longer shown.

    Only files that an earlier export wrote, and that are as it left them, are ever removed. Raises
    `UsageError`, before anything is written, where a file of somebody else stands in the way.
    ``only_say`` changes nothing.
    """
    files, ours = shown.files(), _read_ledger(folder)
    found = {name: _hash_of(folder / name) for name in {*files, *ours}}
    wanted = {name: _hash(content) for name, content in files.items()}
    written = sorted(name for name in files if found[name] != wanted[name])
    removed = sorted(
        name for name, seal in ours.items() if name not in files and found[name] == seal
    )
    for name in written:
        if found[name] is not None and found[name] != ours.get(name):
            raise UsageError(
                f"{folder / name} was not written by an export, or was changed since; nothing was"
                " written. Move it away, or choose another folder"
            )
    if not only_say:
        for name in written:
            _write(folder / name, files[name])
        for name in removed:
            (folder / name).unlink()
        _write(folder / LEDGER, _ledger(wanted))
    return Exported(
        issues=len(shown.records),
        files=len(files),
        written=tuple(written),
        removed=tuple(removed),
    )


def _read_ledger(folder: Path) -> Mapping[str, str]:
    path = folder / LEDGER
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): str(seal) for name, seal in data["files"].items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path} cannot be read, so nobody knows which files are ours; nothing was written."
            " Remove it together with the files of the last export"
        ) from error


def _ledger(wanted: Mapping[str, str]) -> bytes:
    return (json.dumps({"files": wanted}, indent=1, sort_keys=True) + "\n").encode()


def _hash_of(path: Path) -> str | None:
    try:
        return _hash(path.read_bytes())
    except FileNotFoundError:
        return None


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()


def _write(path: Path, content: bytes) -> None:
    """Replace a file at once: whoever reads it sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)  # for a web server; mkstemp keeps it to its owner
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
