"""Takes an issue back from the public: its words are shown no more, and a notice says so."""

from datetime import datetime

from digest import logbook
from digest.editions import store as editions
from digest.editions.state import MAY_FOLLOW, EditionState
from digest.editions.store import Edition
from digest.errors import UsageError
from storage.database import Database


def withdraw(
    database: Database, edition: Edition, *, reason: str, actor: str, now: datetime
) -> Edition:
    """Withdraw an issue; ``reason`` stands in the notice, for readers, and ``actor`` in the log.

    What has been mailed stays in people's inboxes. Raises `UsageError` for an issue that was not
    sent, or still is on its way.
    """
    if edition.state is EditionState.WITHDRAWN:
        raise UsageError(f"issue {edition.period} was withdrawn already: {edition.reason}")
    if EditionState.WITHDRAWN not in MAY_FOLLOW[edition.state]:
        raise UsageError(
            f"issue {edition.period} is {edition.state}: only one that was sent can be withdrawn;"
            " 'digest issue cancel' ends one that is on its way, 'digest issue hold' stops one"
            " that is not"
        )
    to = EditionState.WITHDRAWN
    with database.begin() as session:
        if not editions.move(session, edition, to=to, reason=reason, now=now):
            raise UsageError(f"issue {edition.period} has just changed; look at it again")
        logbook.note(
            session,
            actor=actor,
            action="withdraw issue",
            about=f"issue {edition.period}",
            now=now,
            before=str(edition.state),
            reason=reason,
        )
        return editions.get(session, edition.id)
