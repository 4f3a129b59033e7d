"""A person's hand on an issue that is on its way: pause, resume, close, resolve, resend, withdraw.

Each decision is one transaction, and the log says in it who decided.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import update
from sqlalchemy.orm import Session

from digest import logbook
from digest.app import App
from digest.archive import withdraw as archive
from digest.delivery import gauge, ledger
from digest.delivery.gauge import Gauge
from digest.delivery.state import DeliveryState
from digest.editions import store as editions
from digest.editions.state import GOING, EditionState
from digest.editions.store import Edition
from digest.errors import UsageError
from digest.tables import NOT_REACHED, DeliveryRow

Decision = Literal["sent", "resend"]

_CLOSABLE = GOING | {EditionState.PAUSED}


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which letters of an issue are meant: by address, by number of the delivery, or all (None)."""

    emails: Collection[str] | None = None
    deliveries: Collection[int] | None = None


ALL = Chosen()
_NAMED = 100  # deliveries in one entry of the log


def figures(app: App, edition: Edition) -> Gauge:
    """Return how far an issue is; cheap for any number of readers."""
    with app.database.read() as session:
        return gauge.read(session, edition.id, candidates=edition.candidates or 0)


def pause(app: App, edition: Edition, *, reason: str) -> tuple[Edition, Gauge]:
    """Permit no further letter; those that were permitted, half a second's worth, still leave."""
    if edition.state not in GOING:
        raise UsageError(f"issue {edition.period} is {edition.state}: nothing of it is on its way")
    with app.database.begin() as session:
        _move(app, session, edition, to=EditionState.PAUSED, reason=reason)
        _note(app, session, edition, action=logbook.PAUSE, reason=reason, by_hand=True)
        return _as_it_stands(session, edition)


def resume(app: App, edition: Edition) -> tuple[Edition, Gauge]:
    """Let a paused issue go on: to the people still to be served, and to nobody else.

    The letters leave with the next `digest run` or `digest send`, or by `digest serve`.
    """
    if edition.state is not EditionState.PAUSED:
        raise UsageError(f"issue {edition.period} is {edition.state}, and not paused")
    with app.database.begin() as session:
        _move(app, session, edition, to=EditionState.SENDING)
        after, left = _as_it_stands(session, edition)
        _note(
            app,
            session,
            edition,
            action=logbook.RESUME,
            paused_because=edition.reason,
            to_go=left.to_go,
        )
        return after, left


def close(app: App, edition: Edition, *, people: int | None, reason: str) -> tuple[Edition, int]:
    """Give up on who was not served yet; return the edition and how many letters were dropped.

    ``people`` is what the person believes that number to be: a wrong one stops it. Everybody
    stays named, with this reason.
    """
    if edition.state not in _CLOSABLE:
        raise UsageError(
            f"issue {edition.period} is {edition.state}: there is no rest of it to cancel"
        )
    now = app.clock.now()
    with app.database.begin() as session:
        _, left = _as_it_stands(session, edition)
        if people != left.stoppable:
            raise UsageError(_miscounted(edition, typed=people, counted=left.stoppable))
        _move(app, session, edition, to=EditionState.FAILED, reason=reason)
        dropped = ledger.close(session, edition.id, reason=reason, now=now)
        if people != dropped:  # one was begun in this very moment: the transaction ends here
            raise UsageError(_miscounted(edition, typed=people, counted=dropped))
        _note(app, session, edition, action="cancel issue", reason=reason, people=dropped)
        return editions.get(session, edition.id), dropped


def resolve(app: App, edition: Edition, *, decision: Decision, chosen: Chosen = ALL) -> int:
    """Decide about letters nobody can know about; return how many.

    "sent" takes the letter for accepted, "resend" hands it over once more, and the issue goes on.
    Who decided, and when, stands in the letter's row too.
    """
    now = app.clock.now()
    with app.database.begin() as session:
        unknown = ledger.unknown(session, edition.id, emails=chosen.emails)
        if chosen.deliveries is not None:
            unknown = [number for number in unknown if number in chosen.deliveries]
        if not unknown:
            raise UsageError(
                f"no letter of issue {edition.period} is unknown"
                + ("" if chosen == ALL else " for these readers")
                + f"; 'digest issue result {edition.period}' names everybody not served"
            )
        note = f"{decision}, decided by {app.actor} on {app.local(now)}"
        ledger.decide(session, unknown, is_sent=decision == "sent", note=note, now=now)
        if decision == "resend":
            _go_on(app, session, edition)
        _note(
            app,
            session,
            edition,
            action="resolve unknown",
            decision=decision,
            letters=len(unknown),
            deliveries=unknown[:_NAMED],
        )
    return len(unknown)


def resend(app: App, edition: Edition, *, people: int | None) -> int:
    """Try once more those whose servers put us off until the deadline; return how many.

    ``people`` is what the person believes that number to be: a wrong one stops it. The unknown
    are not among them (`resolve` decides about those), nor who was refused for good, nor a letter
    that broke its sender three times.
    """
    if edition.state not in {EditionState.SENT, EditionState.SENDING, EditionState.PAUSED}:
        raise UsageError(f"issue {edition.period} is {edition.state}: nothing of it is sent again")
    with app.database.begin() as session:
        again = _due_once_more(session, edition)
        if not again:
            raise UsageError(
                f"nobody is to be tried again: no letter of issue {edition.period} was put off"
                " until its deadline; 'digest resolve' decides about the unknown"
            )
        if people != again:
            raise UsageError(
                f"{again:,} people were put off until the deadline; to try each of them once more:"
                f" digest issue resend {edition.period} --people {again}"
            )
        _go_on(app, session, edition)
        _note(app, session, edition, action="resend issue", people=again)
    return again


def withdraw(app: App, edition: Edition, *, reason: str) -> Edition:
    """Take a sent issue out of the archive and the feeds; ``reason`` is for readers.

    What has been mailed stays in people's inboxes.
    """
    return archive.withdraw(
        app.database, edition, reason=reason, actor=app.actor, now=app.clock.now()
    )


def _due_once_more(session: Session, edition: Edition) -> int:
    """Have the letters wait whose time was up; return how many."""
    changed = session.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.edition_id == edition.id,
            NOT_REACHED,
            DeliveryRow.state == DeliveryState.FAILED,
            DeliveryRow.crashes < ledger.MAX_CRASHES,
        )
        .values(
            state=DeliveryState.PENDING,
            ended_at=None,
            next_at=None,
            worker_id=None,
            epoch=DeliveryRow.epoch + 1,
        )
        .execution_options(synchronize_session=False)
    )
    return int(changed.rowcount)  # type: ignore[attr-defined] # an UPDATE counts its rows


def _go_on(app: App, session: Session, edition: Edition) -> None:
    """Open an issue again that was done."""
    if edition.state is EditionState.SENT:
        _move(app, session, edition, to=EditionState.SENDING)


def _move(
    app: App, session: Session, edition: Edition, *, to: EditionState, reason: str | None = None
) -> None:
    if not editions.move(session, edition, to=to, reason=reason, now=app.clock.now()):
        raise UsageError(f"issue {edition.period} has just changed; look at it again")


def _as_it_stands(session: Session, edition: Edition) -> tuple[Edition, Gauge]:
    after = editions.get(session, edition.id)
    return after, gauge.read(session, edition.id, candidates=after.candidates or 0)


def _miscounted(edition: Edition, *, typed: int | None, counted: int) -> str:
    sentence = f"{counted:,} people of issue {edition.period} have not been served"
    if typed is not None:
        sentence += f", and not {typed:,}: nothing was cancelled"
    if edition.state in GOING:
        sentence += "; the number falls while it is sent, so pause it first"
    return (
        f"{sentence}. To give up on them: digest issue cancel {edition.period} --people {counted}"
    )


def _note(app: App, session: Session, edition: Edition, *, action: str, **facts: object) -> None:
    logbook.note(
        session,
        actor=app.actor,
        action=action,
        about=f"issue {edition.period}",
        now=app.clock.now(),
        before=str(edition.state),
        **facts,
    )
