"""Takes in an uploaded file, and keeps it between the look at it and the decision."""

import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from digest import passing
from digest.errors import UsageError
from digest.web.console.gate import gate_of

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_FIELDS = 100_000  # bytes of a form beside its file


@dataclass(frozen=True, kw_only=True)
class UploadLimit:
    """Refuses a form with more than ``most`` bytes in its file, before it is kept anywhere.

    The limits of FastAPI answer with two words, and cut off a browser that is still sending: it
    shows no answer before it has sent all. So what is too long is read and thrown away.
    """

    most: int
    role: str

    async def __call__(self, request: Request) -> None:
        """Raise `UsageError` for what is too long; who may not send it is refused elsewhere."""
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) <= self.most + _FIELDS:
            return
        person = await run_in_threadpool(gate_of(request).person, request)
        if person is None or not person.may(self.role):
            return
        if announced.isdecimal():
            async for _ in request.stream():
                pass
        raise UsageError(
            f"the file is longer than {self.most:,} bytes, which [console] upload_bytes allows:"
            " nothing was imported; 'digest subscriber import' takes any length"
        )


@dataclass(frozen=True, kw_only=True)
class Uploads:
    """Files of this machine, each under a name that only its uploader is told."""

    folder: Path

    def keep(self, content: BinaryIO, *, now: datetime) -> str:
        """Keep a file; return its name here."""
        path = passing.new_file(self.folder, now=now)
        with path.open("wb") as file:
            shutil.copyfileobj(content, file)
        return path.name

    def find(self, name: str) -> Path:
        """Return a kept file; raises `UsageError` when it is there no more."""
        path = self.folder / name
        if not _TOKEN.fullmatch(name) or not path.is_file():
            raise UsageError("the file is not here any more; choose it again, nothing was imported")
        return path

    def drop(self, name: str) -> None:
        """Delete a kept file."""
        self.find(name).unlink(missing_ok=True)
