"""One line of a report on what a send depends on, with its cure; pure."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the report; ``cure`` is the exact thing to do."""

    level: Literal["ok", "warning", "error"]
    sentence: str
    cure: str = ""


def is_placeholder(host: str) -> bool:
    """Whether nobody can own this name (RFC 2606), so that nobody need be asked about it."""
    return f".{host.casefold()}".endswith((".example", ".invalid", ".test"))
