"""A carrier that writes each letter to a file, ``<path>/<key>.eml``."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.capabilities import EVERYTHING
from digest.providers.carrier import Connection, Dot, Fate

_ONLY_OWNER = 0o600  # letters hold addresses and personal links


@dataclass(frozen=True, kw_only=True)
class FolderSettings:
    """Where the letters go; the folder is made when the first one comes."""

    path: Path = Path("mail")


class FolderCarrier:
    """Writes letters to one folder."""

    name = "folder"
    capabilities = EVERYTHING

    def __init__(self, settings: FolderSettings) -> None:
        self._path = settings.path

    def connect(self) -> Connection:
        """Give a connection to the folder."""
        return FolderConnection(self._path)

    def check(self) -> str | None:
        """Return why the folder cannot be written to, or made; None when it can."""
        place = next(folder for folder in (self._path, *self._path.parents) if folder.exists())
        if not place.is_dir():
            return f"{place} is not a folder"
        return None if os.access(place, os.W_OK | os.X_OK) else f"{place} cannot be written to"


class FolderConnection:
    """Writes letters one by one; a file has its final name only when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def hand_over(self, letters: Iterable[Letter], *, dot: Dot) -> Iterator[Fate]:
        """Write the letters (see `Connection.hand_over`)."""
        for letter in letters:
            yield letter, self._write(letter, dot=dot)

    def _write(self, letter: Letter, *, dot: Dot) -> Outcome:
        """Write one letter; its name stands in for the final dot.

        A file that is there already is the same letter, and is left as it is. A folder that
        cannot be written is for the operator to mend.
        """
        final = self._path / f"{quote(letter.key, safe='')}.eml"
        part = final.with_suffix(".part")
        try:
            _write(part, letter.message)
        except OSError as error:
            return _cannot(error, verdict=Verdict.CONFIG, stage=Stage.TEXT)
        try:
            if not dot(letter):
                return Outcome(verdict=Verdict.WITHDRAWN, stage=Stage.TEXT, counted=False)
            return _publish(part, final=final)
        finally:
            part.unlink(missing_ok=True)

    def close(self) -> None:
        """Do nothing: every file is closed already."""


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _ONLY_OWNER)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _publish(part: Path, *, final: Path) -> Outcome:
    verdict, stage = Verdict.CONFIG, Stage.DOT
    try:
        if not final.exists():
            part.replace(final)
            verdict, stage = Verdict.UNKNOWN, Stage.REPLY  # named, but perhaps not on the disk
            _sync_names(final.parent)
    except OSError as error:
        return _cannot(error, verdict=verdict, stage=stage)
    return Outcome(verdict=Verdict.ACCEPTED, stage=Stage.DOT)


def _sync_names(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot(error: OSError, *, verdict: Verdict, stage: Stage) -> Outcome:
    text = f"cannot write to the folder: {error.strerror}"
    return Outcome(verdict=verdict, stage=stage, text=text, counted=False)
