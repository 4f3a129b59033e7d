"""Where the data live: what the operator may choose."""

import re
from dataclasses import dataclass, field

_LONGEST_WAIT = 86_400  # seconds
# SQLAlchemy's own grammar, for the two databases that we know. It is written out, because loading
# SQLAlchemy takes a second of a busy machine, and reading the settings needs nothing else of it.
_URL = re.compile(
    r"""(?:sqlite|postgresql\+psycopg)://
    (?:[^:/]*(?::[^@]*)?@)?           # user and password
    (?:\[[^/?]+\]|[^/:?]*)(?::\d*)?   # host and port
    (?:/[^?]*)?(?:\?.*)?              # path and query
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """Where the data lives.

    ``url`` is a SQLAlchemy address: ``sqlite:///var/digest.sqlite3`` or
    ``postgresql+psycopg://user:password@host/name``. ``busy_timeout`` is how long, in seconds, a
    writer waits for another one (SQLite only).
    """

    url: str = field(default="sqlite:///var/digest.sqlite3", repr=False)
    busy_timeout: float = 30.0

    def __post_init__(self) -> None:
        """Refuse what no database answers to; the error does not show a password."""
        if not _URL.fullmatch(self.url):
            raise ValueError(
                "[database] url is no address we can use; write it as"
                " sqlite:///var/digest.sqlite3 or postgresql+psycopg://user:password@host/name"
            )
        if not 0 <= self.busy_timeout <= _LONGEST_WAIT:
            raise ValueError(f"[database] busy_timeout takes 0 to {_LONGEST_WAIT} seconds")
