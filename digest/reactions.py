"""What follows from what comes back: who is mailed no more, and which issue is paused."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby, takewhile

from sqlalchemy.orm import Session

from digest import events, logbook
from digest.addressed import Letter
from digest.delivery import ledger, proof
from digest.delivery.ring import FEWEST_BOUNCES, FEWEST_COMPLAINTS, is_too_much, share
from digest.editions import store as editions
from digest.editions.state import GOING, EditionState
from digest.events import Heard
from digest.mail.event import PROOFS, Kind, MailEvent, standing
from digest.reacting import ReactionSettings
from subscribers import returned
from subscribers.returned import Addressee
from subscribers.tokens import Keyring
from subscribers.unsubscribe import unsubscribe

ACTOR = "what came back"
"""Who pauses an issue whose letters come back, for the log."""

GRAVE = frozenset({Kind.REFUSED, Kind.HARD_BOUNCED, Kind.COMPLAINED})
"""What may stop an issue that is being sent."""

_NOT_TAKEN = frozenset({Kind.SOFT_BOUNCED, Kind.DROPPED})


def take(
    session: Session,
    told: Iterable[MailEvent],
    *,
    now: datetime,
    settings: ReactionSettings,
    keyring: Keyring | None = None,
    may_pause: bool = True,
) -> list[Heard]:
    """Keep events and do what follows, in one transaction; return what was new.

    What is told again, in another order, or about a letter that nobody knows changes nothing. With
    a ``keyring`` that goes for events too that name another mailbox than their letter went to; a
    bounce that comes by mail may well do that, because letters are forwarded. ``may_pause``: an
    issue that is being sent is paused when too much comes back.
    """
    heard = events.record(session, told, now=now, keyring=keyring)
    _react(session, heard, now=now, settings=settings, may_pause=may_pause)
    return heard


def take_of_reader(
    session: Session,
    told: MailEvent,
    *,
    subscriber_id: int,
    now: datetime,
    settings: ReactionSettings,
) -> list[Heard]:
    """Keep an event that is surely a reader's, whichever letter it is about, and do what follows.

    It counts for the mailbox that they have now. Returns it unless it was heard before; raises
    `UnknownSubscriberError` where nobody is known.
    """
    mailbox = returned.mailbox_of(session, subscriber_id)
    letter = Letter(subscriber_id=subscriber_id, mailbox=mailbox)
    heard = events.record_of_reader(session, told, letter=letter, now=now)
    _react(session, heard, now=now, settings=settings)
    return heard


def catch_up(
    session: Session, *, now: datetime, settings: ReactionSettings, keyring: Keyring
) -> list[Heard]:
    """Do what follows from events that came before their letters were known."""
    heard = events.match(session, now=now, keyring=keyring)
    _react(session, heard, now=now, settings=settings)
    return heard


def _react(
    session: Session,
    heard: list[Heard],
    *,
    now: datetime,
    settings: ReactionSettings,
    may_pause: bool = True,
) -> None:
    _prove(session, heard, now=now)
    decisions = {one.id: words for one in heard if (words := _person(session, one, now=now))}
    decisions |= _soft(session, heard, now=now, settings=settings)
    if may_pause:
        decisions |= _pause(session, heard, now=now, settings=settings)
    events.decide(session, decisions)


def _prove(session: Session, heard: list[Heard], *, now: datetime) -> None:
    """Settle letters that nobody could know about: whoever tells of one has got it."""
    letters = [
        one.letter for one in heard if one.event.kind in PROOFS and one.letter.may_be_unknown
    ]
    if issues := {one.delivery_id for one in letters if one.delivery_id is not None}:
        proof.prove(session, issues, now=now)
    if notices := {one.notice_id for one in letters if one.notice_id is not None}:
        proof.prove_notices(session, notices, now=now)


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
    for one in heard:
        if one.event.kind in _NOT_TAKEN and one.letter.edition_id is not None:
            run = _run(session, one.letter.subscriber_id, settings=settings)
            if run is not None:
                detail = f"{run} issues in a row, last told by {one.event.source}"
                decisions[one.id] = returned.bounced_softly(
                    session, _to(one), now=now, detail=detail
                )
    turned = {one.letter.subscriber_id for one in heard if one.id in decisions}
    took = {
        one.letter.subscriber_id
        for one in heard
        if one.event.kind is Kind.DELIVERED
        and (one.letter.may_be_bounced or one.letter.subscriber_id in turned)
    }
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
    """Pause the issues whose letters come back, and say so beside the event that was too much."""
    decisions: dict[int, str] = {}
    touched = {
        one.letter.edition_id: one
        for one in heard
        if one.event.kind in GRAVE and one.letter.edition_id is not None
    }
    for edition_id, last in touched.items():
        edition = editions.get(session, edition_id)
        if edition.state not in GOING:
            continue
        reason = _obstacle(session, edition_id, last, settings=settings)
        if reason and editions.move(
            session, edition, to=EditionState.PAUSED, reason=reason, now=now
        ):
            decisions[last.id] = f"{events.PAUSED}: {reason}"
            about = f"issue {edition.period}"
            logbook.note(
                session, actor=ACTOR, action=logbook.PAUSE, about=about, now=now, why=reason
            )
    return decisions


def _obstacle(
    session: Session, edition_id: int, last: Heard, *, settings: ReactionSettings
) -> str | None:
    """Say what speaks against going on with an issue, since a person last let it go on."""
    since = events.last_pause(session, edition_id)
    letters = {
        kind: len(some)
        for kind, some in events.grave_letters(session, edition_id, after=since).items()
    }
    refused = letters.get(Kind.REFUSED, 0)
    if refused >= settings.refusals:
        return (
            f"{refused} letters were refused for reasons of ours"
            f" ({last.event.code or 'no code'}, told by {last.event.source}):"
            " look at standing and content, then 'digest send'"
        )
    for kind, limit, fewest, words in (
        (Kind.COMPLAINED, settings.complaints, FEWEST_COMPLAINTS, "called it spam"),
        (Kind.HARD_BOUNCED, settings.bounces, FEWEST_BOUNCES, "came back for good"),
    ):
        count = letters.get(kind, 0)
        if not is_too_much(count, of=0, limit=limit, fewest=fewest):
            continue
        taken = ledger.accepted(session, edition_id, most=math.ceil(count / max(limit, 1e-6)))
        if is_too_much(count, of=taken, limit=limit, fewest=fewest):
            return f"{count:,} of {taken:,} {words} ({share(count, taken, limit)})"
    return None


def _to(heard: Heard) -> Addressee:
    letter = heard.letter
    return Addressee(subscriber_id=letter.subscriber_id, mailbox=letter.mailbox, email=letter.email)
