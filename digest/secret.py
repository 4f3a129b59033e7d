"""The secret of an installation: from the configuration, or made once and kept in a file."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from digest.errors import ConfigurationError
from subscribers.tokens import Keyring

_BYTES = 32
_SHORTEST = 24  # characters


def load_keyring(secret: str, *, old: Sequence[str], path: Path) -> Keyring:
    """Return the keys that sign links and hash addresses; the first one signs.

    Without a ``secret`` the one at ``path`` is taken, or made. Raises `ConfigurationError` for one
    that is too short.
    """
    first = secret or _from_file(path)
    if len(first) < _SHORTEST:
        raise ConfigurationError(
            f"[app] secret is shorter than {_SHORTEST} characters; leave it empty to have one made"
        )
    return Keyring(tuple(one.encode() for one in (first, *old)))


def _from_file(path: Path) -> str:
    """Read the secret of this installation, or make one that only its owner can read.

    Two processes that start at once agree: only one of them can create the file.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_BYTES))
    return path.read_text(encoding="ascii").strip()
