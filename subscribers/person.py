"""A member as the sender needs them."""

from datetime import datetime
from typing import NamedTuple


class Person(NamedTuple):
    """Whom a letter is for; ``confirmed_at`` is an aware instant."""

    subscriber_id: int
    email: str
    name: str | None
    language: str
    confirmed_at: datetime
