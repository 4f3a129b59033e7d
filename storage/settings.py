"""Where the data live: what the operator may choose."""

import re
from dataclasses import dataclass, field
from typing import Annotated

from storage.limits import Limits

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
    busy_timeout: Annotated[float, Limits(0, 86_400)] = 30.0

    def __post_init__(self) -> None:
        """Refuse what no database answers to; the error does not show a password."""
        if not _URL.fullmatch(self.url):
            raise ValueError(
                "[database] url is no address we can use; write it as"
                " sqlite:///var/digest.sqlite3 or postgresql+psycopg://user:password@host/name"
            )
