"""Keeps an uploaded file between the look at it and the decision, and no longer than an hour."""

import re
import secrets
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from digest.errors import UsageError

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_TOKEN_BYTES = 16
_LIVES = timedelta(hours=1)
_ONLY_OWNER = 0o600


@dataclass(frozen=True, kw_only=True)
class Uploads:
    """Files of this machine, each under a name that only its uploader is told."""

    folder: Path

    def keep(self, content: BinaryIO, *, now: datetime) -> str:
        """Keep a file; return its name here. What is too old by now is deleted."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.iterdir():
            if path.stat().st_mtime < (now - _LIVES).timestamp():
                path.unlink(missing_ok=True)
        name = secrets.token_urlsafe(_TOKEN_BYTES)
        path = self.folder / name
        path.touch(mode=_ONLY_OWNER, exist_ok=False)
        with path.open("wb") as file:
            shutil.copyfileobj(content, file)
        return name

    def find(self, name: str) -> Path:
        """Return a kept file; raises `UsageError` when it is there no more."""
        path = self.folder / name
        if not _TOKEN.fullmatch(name) or not path.is_file():
            raise UsageError("the file is not here any more; choose it again, nothing was imported")
        return path

    def drop(self, name: str) -> None:
        """Delete a kept file."""
        self.find(name).unlink(missing_ok=True)
