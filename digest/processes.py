"""Which processes of this machine are alive: each holds a lock that the kernel frees at its end."""

import fcntl
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Processes:
    """The lock files of one installation on this machine, in ``folder``."""

    folder: Path

    @contextmanager
    def enter(self) -> Iterator[str]:
        """Hold a new name, of host, process and a random part, as long as this block runs.

        One that still has notes at the end is not forgotten: somebody has to read them.
        """
        name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(name)
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                yield name
            finally:
                if not self.notes(name).exists():
                    self.forget(name)

    def living(self) -> list[str]:
        """Return the names of all that hold a lock here, as their files spell them."""
        files = sorted(self.folder.glob("*.lock"))
        return [file.stem for file in files if _is_held(file)]

    def is_dead(self, name: str) -> bool | None:
        """Whether the holder of this name has died: None for one that cannot be seen from here.

        A holder on another machine, or without a lock file, can only be judged by its lease.
        """
        path = self._path(name)
        if name.split(":", maxsplit=1)[0] != socket.gethostname():
            return None
        is_held = _is_held(path)
        return None if is_held is None else not is_held

    def notes(self, name: str) -> Path:
        """Return the file in which the holder of this name may leave word for after its death."""
        return self._path(name).with_suffix(".notes")

    def forget(self, name: str) -> None:
        """Remove what a dead process left."""
        self._path(name).unlink(missing_ok=True)
        self.notes(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name.replace(':', '-')}.lock"


def _is_held(path: Path) -> bool | None:
    """Whether somebody holds this lock file; None where there is none."""
    try:
        with path.open() as file:  # shared: two who ask at once must not see each other
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return True
    return False
