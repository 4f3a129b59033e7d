"""Files with people in them that only pass through this machine: none stays for long.

They are uploads between the look at them and the decision, and exports until they are sent.
"""

import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

UPLOADS, EXPORTS = "uploads", "exports"  # folders below the state
_NAME_BYTES = 16
_LIVES = timedelta(hours=1)
_ONLY_OWNER = 0o600


def new_file(folder: Path, *, now: datetime) -> Path:
    """Make an empty file for its owner alone, under a name that nobody guesses; sweep its folder.

    The name has 22 characters of base 64 as addresses can hold them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _sweep_folder(folder, now=now)
    path = folder / secrets.token_urlsafe(_NAME_BYTES)
    path.touch(mode=_ONLY_OWNER, exist_ok=False)
    return path


def sweep(state: Path, *, now: datetime) -> None:
    """Delete what nobody came back for within an hour, in all folders."""
    for name in (UPLOADS, EXPORTS):
        if (folder := state / name).is_dir():
            _sweep_folder(folder, now=now)


def _sweep_folder(folder: Path, *, now: datetime) -> None:
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another process sweeps too
            if path.stat().st_mtime < (now - _LIVES).timestamp():
                path.unlink()
