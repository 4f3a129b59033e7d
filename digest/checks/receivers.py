"""Looks up who takes the mail of domains that a send met for the first time."""

import logging
from typing import Protocol

from digest.app import App
from digest.checks.resolver import NoAnswerError, SystemResolver
from digest.delivery import domains

log = logging.getLogger(__name__)

_AT_A_TIME = 50
_SECONDS = 2.0
_SILENCES = 3  # in a row, after which DNS is left alone until the next time


class Exchanges(Protocol):
    """What is asked of DNS here."""

    def exchanges(self, name: str) -> list[str]:
        """Return the hosts that take the mail of a domain, the preferred first.

        Raises `NoAnswerError`.
        """


def look_up(app: App, *, resolver: Exchanges | None = None) -> int:
    """Look up some of the domains that wait for it; return how many. No letter waits for this.

    Domains come here only from a send in which a receiving provider was limited.
    """
    with app.database.begin() as session:
        domains.forget(session, now=app.clock.now())
        names = domains.to_look_up(session, now=app.clock.now(), most=_AT_A_TIME)
    if not names:
        return 0
    asked, silences = 0, 0
    resolver = resolver or SystemResolver(seconds=_SECONDS)
    for name in names:
        if app.stop.is_set() or silences == _SILENCES:
            break
        try:
            found: list[str] | None = resolver.exchanges(name)
            silences = 0
        except NoAnswerError as error:
            log.info("%s", error)
            found, silences = None, silences + 1
        asked += 1
        with app.database.begin() as session:
            domains.keep(session, name, exchanges=found, now=app.clock.now())
    return asked
