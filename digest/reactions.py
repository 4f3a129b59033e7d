"""What follows from what comes back: who is mailed no more, and which issue is paused."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby, takewhile

from sqlalchemy.orm import Session

from digest import events
from digest.delivery import proof
from digest.editions import store as editions
from digest.editions.state import GOING, EditionState
from digest.events import Heard
from digest.mail.event import PROOFS, Kind, MailEvent, standing
from digest.reacting import ReactionSettings
from subscribers import returned
from subscribers.returned import Addressee
from subscribers.unsubscribe import unsubscribe

_NOT_TAKEN = frozenset({Kind.SOFT_BOUNCED, Kind.DROPPED})


def take(
    session: Session,
    told: Iterable[MailEvent],
    *,
    now: datetime,
    settings: ReactionSettings,
) -> list[Heard]:
    """Keep events and do what follows, in one transaction; return what was new.

    What is told again, in another order, or about a letter that nobody knows changes nothing.
    """
    heard = events.record(session, told, now=now)
    _react(session, heard, now=now, settings=settings)
    return heard


def catch_up(session: Session, *, now: datetime, settings: ReactionSettings) -> list[Heard]:
    """Do what follows from events that came before their letters were known."""
    heard = events.match(session, now=now)
    _react(session, heard, now=now, settings=settings)
    return heard


def _react(
    session: Session, heard: list[Heard], *, now: datetime, settings: ReactionSettings
) -> None:
    proofs = {one.letter.delivery_id for one in heard if one.event.kind in PROOFS}
    if proofs:
        proof.prove(session, {id_ for id_ in proofs if id_ is not None}, now=now)
    decisions = {one.id: words for one in heard if (words := _person(session, one, now=now))}
    decisions |= _soft(session, heard, now=now, settings=settings)
    decisions |= _pause(session, heard, now=now, settings=settings)
    events.decide(session, decisions)


def _person(session: Session, heard: Heard, *, now: datetime) -> str | None:
    """Do at once what one event asks for by itself; return it in words."""
    event = heard.event
    words = " ".join(part for part in (f"by {event.source}", event.code) if part)
    if event.kind is Kind.COMPLAINED:
        return returned.complained(session, _to(heard), now=now, detail=f"complaint told {words}")
    if event.kind is Kind.HARD_BOUNCED:
        return returned.bounced(session, _to(heard), now=now, detail=f"hard bounce told {words}")
    if event.kind is Kind.UNSUBSCRIBED:
        left = unsubscribe(
            session,
            subscriber_id=heard.letter.subscriber_id,
            now=now,
            source=f"unsubscription told {words}",
            evidence={"event": heard.id},
        )
        return "unsubscribed" if left.changed else "nothing: unsubscribed before"
    return None


def _soft(
    session: Session, heard: list[Heard], *, now: datetime, settings: ReactionSettings
) -> dict[int, str]:
    """Look again at those whose mailbox took a letter, or did not."""
    decisions: dict[int, str] = {}
    took = {one.letter.subscriber_id for one in heard if one.event.kind is Kind.DELIVERED}
    for one in heard:
        if one.event.kind in _NOT_TAKEN and one.letter.edition_id is not None:
            run = _run(session, one.letter.subscriber_id, settings=settings)
            if run is not None:
                detail = f"{run} issues in a row, last told by {one.event.source}"
                decisions[one.id] = returned.bounced_softly(
                    session, _to(one), now=now, detail=detail
                )
    back = returned.any_bounced(session, took) if took else set()
    for one in heard:
        whose = one.letter.subscriber_id
        is_back = one.event.kind is Kind.DELIVERED and whose in back
        if is_back and _run(session, whose, settings=settings) is None:
            words = returned.delivered_after_all(session, whose)
            decisions |= {one.id: words} if words else {}
    return decisions


def _run(session: Session, subscriber_id: int, *, settings: ReactionSettings) -> int | None:
    """Return how many of somebody's last issues were not taken, when they are enough."""
    since = returned.reader_since(session, subscriber_id)
    if since is None:
        return None
    rows = events.issues_of(session, subscriber_id=subscriber_id, since=since)
    issues = [
        (standing(kind for _, kind, _ in some), some[0][2])
        for some in (list(group) for _, group in groupby(rows, key=lambda row: row[0]))
    ]
    run = [*takewhile(lambda issue: issue[0] in _NOT_TAKEN, reversed(issues))]
    is_enough = len(run) >= settings.soft_issues and run[0][1] - run[-1][1] >= timedelta(
        days=settings.soft_days
    )
    return len(run) if is_enough else None


def _pause(
    session: Session, heard: list[Heard], *, now: datetime, settings: ReactionSettings
) -> dict[int, str]:
    """Pause the issues of which many letters were refused for reasons of ours."""
    decisions: dict[int, str] = {}
    touched = {
        one.letter.edition_id: one
        for one in heard
        if one.event.kind is Kind.REFUSED and one.letter.edition_id is not None
    }
    for edition_id, last in touched.items():
        count = events.refused(session, edition_id)
        edition = editions.get(session, edition_id)
        if count < settings.refusals or edition.state not in GOING:
            continue
        reason = (
            f"{count} letters were refused for reasons of ours"
            f" ({last.event.code or 'no code'}, told by {last.event.source}):"
            " look at standing and content, then 'digest issue resume'"
        )
        if editions.move(session, edition, to=EditionState.PAUSED, reason=reason, now=now):
            decisions[last.id] = f"issue paused: {count} letters were refused"
    return decisions


def _to(heard: Heard) -> Addressee:
    letter = heard.letter
    return Addressee(subscriber_id=letter.subscriber_id, mailbox=letter.mailbox, email=letter.email)
