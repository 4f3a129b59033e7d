"""A person's hand on an issue that is on its way: pause, close, and decide about the unknown."""

from collections.abc import Collection
from typing import Literal

from digest.app import App
from digest.delivery import ledger
from digest.delivery.state import DeliveryState
from digest.editions import store as editions
from digest.editions.state import GOING, EditionState
from digest.editions.store import Edition
from digest.errors import UsageError

Decision = Literal["sent", "resend"]


def counts(app: App, edition: Edition) -> dict[DeliveryState, int]:
    """Count the letters of an issue by state."""
    with app.database.read() as session:
        return ledger.counts(session, edition.id)


def pause(app: App, edition: Edition, *, reason: str) -> Edition:
    """Permit no further letter; those that were permitted, half a second's worth, still leave."""
    if edition.state not in GOING:
        raise UsageError(f"issue {edition.period} is {edition.state}: nothing of it is on its way")
    with app.database.begin() as session:
        editions.move(session, edition, to=EditionState.PAUSED, reason=reason, now=app.clock.now())
        return editions.get(session, edition.id)


def close(app: App, edition: Edition, *, reason: str) -> tuple[Edition, int]:
    """Give up on who was not served yet; return the edition and how many letters were dropped.

    Everybody stays named, with this reason.
    """
    if edition.state not in GOING | {EditionState.PAUSED}:
        raise UsageError(
            f"issue {edition.period} is {edition.state}: there is no rest of it to cancel"
        )
    now = app.clock.now()
    with app.database.begin() as session:
        editions.move(session, edition, to=EditionState.FAILED, reason=reason, now=now)
        dropped = ledger.close(session, edition.id, reason=reason, now=now)
        return editions.get(session, edition.id), dropped


def resolve(
    app: App, edition: Edition, *, decision: Decision, by: str, emails: Collection[str] | None
) -> int:
    """Decide about letters nobody can know about; return how many.

    ``emails`` names the readers (None: all). "sent" takes the letter for accepted, "resend" hands
    it over once more, and the issue goes on. Who decided, and when, stands in the letter's row.
    """
    now = app.clock.now()
    with app.database.begin() as session:
        unknown = ledger.unknown(session, edition.id, emails=emails)
        if not unknown:
            raise UsageError(
                f"no letter of issue {edition.period} is unknown"
                + (" for these readers" if emails else "")
                + f"; 'digest issue show {edition.period}' names everybody not served"
            )
        note = f"{decision}, decided by {by} on {app.local(now)}"
        ledger.decide(session, unknown, is_sent=decision == "sent", note=note, now=now)
        if decision == "resend" and edition.state is EditionState.SENT:
            editions.move(session, edition, to=EditionState.SENDING, now=now)
    return len(unknown)
