"""Takes the events of requests that come at the same time in one go, in one transaction."""

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from digest import reactions
from digest.clock import Clock
from digest.mail.event import MailEvent
from digest.reacting import ReactionSettings
from storage.database import Database

_MOST = 2000  # events in one transaction, unless one request brings more


@dataclass(kw_only=True)
class _Brought:
    """What one request has brought; ``tries`` counts its own turns."""

    events: Sequence[MailEvent]
    tries: int = 0


class Intake:
    """Keeps events and does what follows from them; many threads may bring some.

    To keep a hundred events takes hardly longer than to keep one. So whoever's turn it is takes
    what all others have brought by then; they find it done when theirs comes.
    """

    def __init__(self, database: Database, *, clock: Clock, settings: ReactionSettings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._waiting: dict[int, _Brought] = {}

    def take(self, events: Sequence[MailEvent]) -> None:
        """Keep these; they are committed when this returns."""
        number = next(self._numbers)
        mine = _Brought(events=events)
        with self._lock:
            self._waiting[number] = mine
        try:
            self._do(number)
        except Exception:
            if mine.tries > 1:
                raise
            self._do(number)  # what failed may have been another's
        finally:
            with self._lock:
                del self._waiting[number]

    def _do(self, number: int) -> None:
        self._database.together(lambda session: self._turn(session, number))

    def _turn(self, session: Session, number: int) -> None:
        """Take what is waiting and not taken in this transaction yet.

        A second turn means that the first one failed. Then it is each for itself, so that whatever
        cannot be kept does not hinder the others.
        """
        taken: set[int] = session.info.setdefault(self, set())
        with self._lock:
            mine = self._waiting[number]
            mine.tries += 1
            others = self._waiting.items() if mine.tries == 1 else ()
            events = [] if number in taken else [*mine.events]
            taken.add(number)
            for one, brought in others:
                if one not in taken and brought.tries <= 1 and len(events) < _MOST:
                    events += brought.events
                    taken.add(one)
        if events:
            reactions.take(session, events, now=self._clock.now(), settings=self._settings)
