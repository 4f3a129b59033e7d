"""Takes the events of requests that come at the same time in one go, in one transaction."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from digest import reactions
from digest.clock import Clock
from digest.mail.event import MailEvent
from digest.reacting import ReactionSettings
from digest.web.scribe import Scribe
from storage.database import Database
from subscribers.tokens import Keyring

_MOST = 2000  # events in one transaction, unless one request brings more


class Intake:
    """Keeps events and does what follows from them; any event loop may bring some."""

    def __init__(
        self, database: Database, *, clock: Clock, settings: ReactionSettings, keyring: Keyring
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._keyring = keyring
        self._scribe = Scribe[Sequence[MailEvent], None](
            database, self._take, clock=clock, name="webhooks", most=_MOST, weight=len
        )

    async def bring(self, events: Sequence[MailEvent]) -> None:
        """Have these kept; they are committed when this returns, or it raises why they are not."""
        await self._scribe.write(events)

    def _take(self, session: Session, brought: Sequence[Sequence[MailEvent]]) -> list[None]:
        events = [event for some in brought for event in some]
        now, settings = self._clock.now(), self._settings
        reactions.take(session, events, now=now, settings=settings, keyring=self._keyring)
        return [None] * len(brought)
