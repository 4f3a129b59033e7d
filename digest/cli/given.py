"""The files that a command is given: read, or refused in plain words before anything is done."""

import os
import sys
from pathlib import Path

from digest.errors import UsageError


def to_read(file: Path) -> Path:
    """Return a file that can be read, or "-"; raises `UsageError` that says why it cannot."""
    if str(file) == "-":
        return file
    if file.is_dir():
        why = "it is a folder"
    elif not file.exists():
        why = "there is no such file"
    elif not os.access(file, os.R_OK):
        why = "you have no right to read it"
    else:
        return file
    raise UsageError(f"{file} cannot be read: {why}; nothing was done")


def content_of(file: Path) -> bytes:
    """Return what a file or standard input ("-") holds; raises `UsageError`."""
    given = to_read(file)
    return sys.stdin.buffer.read() if str(given) == "-" else given.read_bytes()
