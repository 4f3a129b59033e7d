"""What the sign-up page shows of the newsletter: topics and latest issue, looked up seldom."""

import threading
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from digest.clock import Clock
from digest.editions import store as editions
from digest.editions.offer import Offered, offered
from digest.editions.state import SEALED, EditionState
from digest.posts.topics import TopicSettings
from storage.database import Database

_SHOWN = SEALED - {EditionState.FROZEN, EditionState.WITHDRAWN}
_FRESH_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The topics to choose from (none when there is one), and the latest issue."""

    topics: tuple[Offered, ...] = ()
    number: int | None = None
    title: str = ""


class Display:
    """Looks at most twice a minute: a flood of sign-ups must not read issues all the time."""

    def __init__(
        self, database: Database, *, slug: str, topics: TopicSettings, clock: Clock
    ) -> None:
        self._database = database
        self._slug = slug
        self._topics = topics
        self._clock = clock
        self._lock = threading.Lock()
        self._shown = Shown()
        self._until = 0.0

    def look(self) -> Shown:
        """Return what is shown now."""
        with self._lock:
            if not self._is_fresh():
                self._shown = self._read()
                self._until = self._clock.monotonic() + _FRESH_SECONDS
            return self._shown

    async def look_soon(self) -> Shown:
        """Return what is shown now, and let other requests go on where it has to be read first."""
        return self._shown if self._is_fresh() else await run_in_threadpool(self.look)

    def _is_fresh(self) -> bool:
        return self._clock.monotonic() < self._until

    def _read(self) -> Shown:
        with self._database.read() as session:
            topics = offered(session, self._slug, settings=self._topics)
            shown = editions.all_editions(session, self._slug, states=_SHOWN)
            issue = editions.issue_of(session, shown[-1].id) if shown else None
        return Shown(
            topics=topics if len(topics) > 1 else (),
            number=issue.number if issue else None,
            title=issue.lead.title if issue else "",
        )
