"""How an issue goes and how it went: its figures with their base, and who did not get it, and why.

Nothing here reads the letters that were accepted, so that pages stay quick for a million readers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest import events, logbook, refusals
from digest.app import App
from digest.delivery import gauge, leavers, ledger
from digest.delivery.gauge import Counted, Gauge, Pace
from digest.delivery.state import DeliveryState
from digest.editions import feedback
from digest.editions import store as editions
from digest.editions.feedback import Answer
from digest.editions.state import GOING, EditionState
from digest.editions.store import Edition
from digest.logbook import Entry
from digest.mail.event import Kind
from digest.tables import NOT_REACHED, UNSETTLED, DeliveryRow
from subscribers import audience
from subscribers.addresses import mask

PAGE = 50
_CLOSED = frozenset({EditionState.FAILED, EditionState.WITHDRAWN})
_STOPPED_FOR_GOOD = "mailed no more; the person's page says since when"


@dataclass(frozen=True, kw_only=True)
class Missed:
    """One person whom an issue has not reached: what the server said, and what we do.

    ``number`` is the delivery's. An erased reader has no ``email``. ``code`` and ``reason`` are the
    server's, as "550 5.1.1", or ours.
    """

    number: int
    subscriber_id: int
    email: str | None
    state: DeliveryState
    code: str | None
    reason: str | None
    then: str

    @property
    def said(self) -> str:
        """The reply in a line."""
        return " ".join(part for part in (self.code, self.reason) if part) or "no answer"

    @property
    def shown(self) -> str:
        """The address, shortened for a list."""
        return mask(self.email) if self.email else "(erased)"


@dataclass(frozen=True, kw_only=True)
class Sending:
    """An issue on its way at one moment; ``paused_at`` is None where nobody noted it.

    ``counted_at`` is the moment of the gauge; None: this one.
    """

    edition: Edition
    gauge: Gauge
    pace: Pace | None
    paused_at: datetime | None
    counted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of an issue: letters by state, readers left out by reason, and what came back.

    ``left`` counts who left because of it, as `leavers` understands that. ``most_complaints`` is
    the share of complaints that pauses an issue. ``counted_at`` is the moment of the gauge; None:
    this one.
    """

    edition: Edition
    gauge: Gauge
    excluded: Mapping[str, int]
    left: int
    complaints: int
    bounces: int
    votes: Mapping[Answer, int]
    most_complaints: float
    counted_at: datetime | None = None


def sending(app: App, edition: Edition, *, lately: bool = False) -> Sending:
    """Look how far an issue is.

    With ``lately`` one that is large and going is shown as it was counted of late; a paused one
    never is, for people decide by its figures.
    """
    now = app.clock.now()
    with app.database.read() as session:
        edition = editions.get(session, edition.id)
        is_going = edition.state in GOING
        counted = _counted(session, edition, now=now if lately and is_going else None)
        to_go = counted.gauge.to_go
        return Sending(
            edition=edition,
            gauge=counted.gauge,
            pace=gauge.pace(session, edition.id, to_go=to_go, now=now)
            if is_going and to_go
            else None,
            paused_at=_paused_at(session, edition),
            counted_at=counted.at,
        )


def result(app: App, edition: Edition, *, lately: bool = False) -> Result:
    """Return what became of a sealed issue.

    With ``lately`` one that is large and on its way is shown as it was counted of late.
    """
    with app.database.read() as session:
        edition = editions.get(session, edition.id)
        grave = events.grave_letters(session, edition.id)
        counted = _counted(session, edition, now=app.clock.now() if lately else None)
        return Result(
            edition=edition,
            gauge=counted.gauge,
            counted_at=counted.at,
            excluded=ledger.excluded(session, edition.id),
            left=leavers.left_after(session, edition.id, since=edition.frozen_at)
            if edition.frozen_at
            else 0,
            complaints=len(grave.get(Kind.COMPLAINED, ())),
            bounces=len(grave.get(Kind.HARD_BOUNCED, ())),
            votes=feedback.votes(session, edition_id=edition.id),
            most_complaints=app.config.reactions.complaints,
        )


def missed(
    app: App,
    edition: Edition,
    *,
    after: int = 0,
    most: int = PAGE,
    state: DeliveryState | None = None,
    newest: bool = False,
) -> list[Missed]:
    """Name so many whom an issue has not reached, from behind this delivery on.

    Those whose turn has not come yet are not among them: they are counted, not named. A ``state``
    leaves out all others; the ``newest`` letters are the last that were written.
    """
    only_unknown = state is DeliveryState.UNKNOWN
    query = (
        select(DeliveryRow)
        .where(
            DeliveryRow.edition_id == edition.id,
            UNSETTLED if only_unknown else NOT_REACHED,
            DeliveryRow.id > after,
        )
        .order_by(DeliveryRow.id.desc() if newest else DeliveryRow.id)
        .limit(most)
    )
    if state is not None and not only_unknown:
        query = query.where(DeliveryRow.state == state)
    with app.database.read() as session:
        return _named(app, session, session.scalars(query).all())


def is_paused_by_hand(session: Session, *, about: str) -> bool:
    """Whether it was a person who paused an issue ("issue 2026-W24") the last time."""
    last = _last_pause(session, about)
    return bool(last and last.facts.get("by_hand"))


def share(part: int, whole: int, *, digits: int = 1) -> str:
    """Write a share, cut and never rounded up: 4,851 of 4,862 are "99.7 %"."""
    scale = 10**digits
    units = part * 100 * scale // whole if whole else 0
    return f"{units // scale}.{units % scale:0{digits}} %"


def headline(gauge: Gauge) -> str:
    """Say the figures of an issue so that they add up to its candidates."""
    unbegun = gauge.to_go - gauge.of(DeliveryState.DEFERRED)
    words = [
        f"{gauge.of(DeliveryState.ACCEPTED):,} of {gauge.candidates:,} accepted",
        f"{unbegun:,} to go",
        f"{gauge.of(DeliveryState.DEFERRED):,} deferred",
        f"{gauge.of(DeliveryState.REJECTED):,} refused",
        f"{gauge.of(DeliveryState.UNKNOWN):,} unknown",
    ]
    # There are none as a rule, and then nobody has to read of them.
    for state in (DeliveryState.FAILED, DeliveryState.SKIPPED):
        words += [f"{count:,} {state}"] if (count := gauge.of(state)) else []
    return " · ".join(words)


def paused(app: App, sending: Sending) -> str:
    """Say since when an issue is paused, and what resuming would do."""
    at = f" at {sending.paused_at.astimezone(app.zone):%H:%M}" if sending.paused_at else ""
    left = sending.gauge.to_go
    who = "1 person is" if left == 1 else f"{left:,} people are"
    return f"Paused{at}. {who} still to be served. Resume sends to them only."


def outcome(done: Result) -> list[str]:
    """Say how an issue went, each figure with what it is of."""
    g, tried = done.gauge, done.gauge.tried
    accepted = g.of(DeliveryState.ACCEPTED)
    lines = [
        f"{share(accepted, tried)} accepted: {accepted:,} of {tried:,} tried",
        f"{g.of(DeliveryState.REJECTED):,} refused of {tried:,} tried",
    ]
    for state, words in _RARE:
        lines += [f"{count:,} {words}"] if (count := g.of(state)) else []
    if g.to_go:
        lines.append(f"{g.to_go:,} of {g.candidates:,} still to be served")
    lines.append(f"{done.left:,} left of {accepted:,} accepted")
    lines.append(
        f"{done.complaints:,} complaints of {accepted:,} accepted"
        f" ({share(done.complaints, accepted, digits=2)}, limit {100 * done.most_complaints:.1f} %)"
    )
    if done.bounces:
        lines.append(f"{done.bounces:,} bounced afterwards")
    return lines


_RARE = (
    (DeliveryState.UNKNOWN, "unknown: nobody can know whether they have it"),
    (DeliveryState.FAILED, "put off by their servers until the deadline"),
    (DeliveryState.SKIPPED, "skipped: they left, or the issue was closed"),
)


def _counted(session: Session, edition: Edition, *, now: datetime | None) -> Counted:
    """Count an issue; with ``now`` it may have been counted of late."""
    if now is not None:
        return gauge.lately(session, edition, now=now)
    return Counted(gauge=gauge.read(session, edition.id, candidates=edition.candidates or 0))


def _paused_at(session: Session, edition: Edition) -> datetime | None:
    if edition.state is not EditionState.PAUSED:
        return None
    last = _last_pause(session, f"issue {edition.period}")
    return last.at if last else None


def _last_pause(session: Session, about: str) -> Entry | None:
    noted = logbook.entries(session, most=20, about=about)
    return next((entry for entry in noted if entry.action == logbook.PAUSE), None)


def _named(app: App, session: Session, rows: Sequence[DeliveryRow]) -> list[Missed]:
    ids = [row.subscriber_id for row in rows]
    names = {one.subscriber_id: one.email for one in audience.readers(session, subscriber_ids=ids)}
    wanted = audience.wanted_among(session, ids)
    edition = editions.get(session, rows[0].edition_id) if rows else None
    taken = _taken(session, edition) if edition else None
    return [
        Missed(
            number=row.id,
            subscriber_id=row.subscriber_id,
            email=names.get(row.subscriber_id),
            state=DeliveryState(row.state),
            code=row.code,
            reason=row.reason,
            then=_then(app, row, is_reader=row.subscriber_id in wanted, taken=taken),
        )
        for row in rows
    ]


class _Taken(NamedTuple):
    """Refusals of an issue that will be taken like bounces: those since then, and when."""

    since: datetime
    when: str


def _taken(session: Session, edition: Edition) -> _Taken | None:
    """Return what becomes of an issue's refusals; None where nobody takes them any more."""
    if edition.state in _CLOSED:
        return None
    is_paused = edition.state is EditionState.PAUSED
    when = "once the issue goes on" if is_paused else "after this run"
    return _Taken(since=refusals.counts_from(session, edition), when=when)


def _then(app: App, row: DeliveryRow, *, is_reader: bool, taken: _Taken | None) -> str:
    """Say what is done about somebody who was not reached."""
    if row.state == DeliveryState.DEFERRED:
        return f"tried again {app.local(row.next_at)}" if row.next_at else "tried again"
    if row.state == DeliveryState.UNKNOWN:
        return "waits for your word: they have it, or send it again"
    if not is_reader:
        return _STOPPED_FOR_GOOD
    if row.state == DeliveryState.FAILED:
        return "given up for this issue; they can be tried once more"
    is_taken = taken and row.ended_at and row.ended_at > taken.since
    if taken and is_taken and refusals.kind_of(row) is Kind.HARD_BOUNCED:
        return f"no such mailbox: mailed no more {taken.when}"
    return "kept: the next issue goes to them again"
