"""Takes people off the list who left it since a backup was made.

A list that was restored has them all again: who left, complained, bounced or was erased since. The
database that stood there before knows, as long as it can be read.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from digest import forget, logbook
from digest.app import App
from digest.errors import UsageError
from digest.migrations import schema
from digest.tables import SubscriberRow
from storage.database import Database
from storage.settings import DatabaseSettings
from subscribers import consent, returned, suppression, unsubscribe
from subscribers.returned import Addressee
from subscribers.suppression import Reason, Suppression
from subscribers.tables import ConsentKind, Status
from subscribers.unsubscribe import Leaving

_PIECE = 500  # rows that are compared at once
_GONE = (Status.UNSUBSCRIBED, Status.ERASED)  # those whose mail came back are suppressed
_MAY_BECOME = {
    Status.UNSUBSCRIBED: frozenset({Status.PENDING, Status.CONFIRMED, Status.BOUNCED}),
    Status.ERASED: frozenset(Status) - {Status.ERASED},
}
_RETURNED = {Reason.BOUNCE: returned.bounced, Reason.COMPLAINT: returned.complained}
_PERSON = select(SubscriberRow.id, SubscriberRow.mailbox_key, SubscriberRow.status)
_SOURCE = "the database that stood here before the backup was restored"


@dataclass(frozen=True, kw_only=True)
class Departures:
    """Who is gone by another copy of the list and not by this one.

    ``source`` names the other one, without its password. ``erased`` are numbers of people.
    ``suppressed`` has the mailboxes that must not be mailed for another reason, each with the
    number of whose it is here, if it is anybody's.
    """

    source: str
    left: Sequence[Leaving]
    erased: Sequence[int]
    suppressed: Sequence[tuple[Suppression, int | None]]

    def __len__(self) -> int:
        return len(self.left) + len(self.erased) + len(self.suppressed)


class _Person(NamedTuple):
    id: int
    mailbox_key: str
    status: Status


def look(app: App, place: str) -> Departures:
    """Say who is gone by the database at ``place``, a file of SQLite or an address.

    Whoever has agreed here since they left there stays. Raises `UsageError` where the two lists
    have nobody in common.
    """
    left: list[Leaving] = []
    erased: list[int] = []
    with closing(_open(place)) as other, other.read() as there, app.database.read() as here:
        _refuse_strangers(here, there)
        for gone, person in _still_here(here, _gone(there)):
            leaving = _leaving(there, gone, subscriber_id=person.id, now=app.clock.now())
            if _has_agreed(here, person.id, since=leaving.at):
                continue
            if gone.status is Status.ERASED:
                erased.append(person.id)
            else:
                left.append(leaving)
        mailboxes = list(_still_mailed(here, there))
    return Departures(source=_name(other), left=left, erased=erased, suppressed=mailboxes)


def take_off(app: App, departures: Departures) -> None:
    """Take them off the list, all or none of them."""
    now = app.clock.now()
    with app.database.begin() as session:
        unsubscribe.unsubscribe_all(session, departures.left)
        for subscriber_id in departures.erased:
            forget.erase(session, subscriber_id=subscriber_id, now=now, source=_SOURCE)
        for one, whose in departures.suppressed:
            _suppress(session, one, whose)
        logbook.note(
            session,
            actor=app.actor,
            action="take off departed",
            about="list",
            now=now,
            left=len(departures.left),
            erased=len(departures.erased),
            suppressed=len(departures.suppressed),
        )
    app.database.empty_log()


def _open(place: str) -> Database:
    if "://" not in place and not Path(place).is_file():
        raise UsageError(f"{place}: there is no such file; nothing was done")
    try:
        other = Database(DatabaseSettings(url=place if "://" in place else f"sqlite:///{place}"))
    except ValueError as error:
        raise UsageError(
            "give a file of SQLite, or an address as postgresql+psycopg://user:password@host/name"
        ) from error
    try:
        _refuse_unreadable(other)
    except BaseException:
        other.close()
        raise
    return other


def _name(other: Database) -> str:
    return str(other.file or other.url.render_as_string(hide_password=True))


def _refuse_unreadable(other: Database) -> None:
    name = _name(other)
    try:
        found = schema.current(other)
    except (SQLAlchemyError, OSError) as error:
        reason = getattr(error, "orig", None) or error
        raise UsageError(f"{name} cannot be read ({reason}); nothing was done") from error
    if found != schema.head():
        raise UsageError(
            f"{name} has schema {found or 'none'}, and this version reads {schema.head()};"
            " nothing was done: bring a copy of it to this version by 'digest migrate', with the"
            " copy's place in [database] url, and name the copy"
        )


def _refuse_strangers(here: Session, there: Session) -> None:
    """Refuse another newsletter's list, and one whose mailboxes were hashed with another secret."""
    keys = select(SubscriberRow.mailbox_key).order_by(SubscriberRow.id).limit(_PIECE)
    ours, theirs = here.scalars(keys).all(), there.scalars(keys).all()
    if ours and theirs and not _people(here, theirs) and not _people(there, ours):
        raise UsageError(
            "that database has nobody in common with this list; nothing was done: it is another"
            " newsletter's, or another secret was in force"
        )


def _gone(there: Session) -> Iterator[Sequence[_Person]]:
    """Name those who are gone there, in pieces."""
    last = 0
    while some := _some_gone(there, after=last):
        yield some
        last = some[-1].id


def _some_gone(there: Session, *, after: int) -> list[_Person]:
    rows = there.execute(
        _PERSON.where(SubscriberRow.id > after, SubscriberRow.status.in_(_GONE))
        .order_by(SubscriberRow.id)
        .limit(_PIECE)
    )
    return [_Person(row.id, row.mailbox_key, Status(row.status)) for row in rows]


def _people(here: Session, keys: Collection[str]) -> Mapping[str, _Person]:
    """Return those who have these mailboxes, by mailbox key."""
    rows = here.execute(_PERSON.where(SubscriberRow.mailbox_key.in_(keys)))
    return {row.mailbox_key: _Person(row.id, row.mailbox_key, Status(row.status)) for row in rows}


def _still_here(
    here: Session, pieces: Iterable[Sequence[_Person]]
) -> Iterator[tuple[_Person, _Person]]:
    """Name those who are gone there and not here: as they stand there, and as they stand here."""
    for some in pieces:
        known = _people(here, [gone.mailbox_key for gone in some])
        for gone in some:
            person = known.get(gone.mailbox_key)
            if person and person.status in _MAY_BECOME[gone.status]:
                yield gone, person


def _leaving(there: Session, gone: _Person, *, subscriber_id: int, now: datetime) -> Leaving:
    """Say when and how somebody left there; ``now`` where nothing tells."""
    event = consent.latest(there, subscriber_id=gone.id)
    if event is None:
        return Leaving(subscriber_id=subscriber_id, at=now, source=_SOURCE)
    is_removed = event.kind is ConsentKind.REMOVED
    return Leaving(
        subscriber_id=subscriber_id,
        at=event.at,
        source=event.source,
        evidence=event.evidence,
        kind=ConsentKind.REMOVED if is_removed else ConsentKind.UNSUBSCRIBED,
    )


def _has_agreed(here: Session, subscriber_id: int, *, since: datetime) -> bool:
    events = consent.history(here, subscriber_id=subscriber_id)
    return any(event.kind in consent.AGREED and event.at > since for event in events)


def _still_mailed(here: Session, there: Session) -> Iterator[tuple[Suppression, int | None]]:
    """Name the mailboxes that must not be mailed by the other list alone, and whose they are here.

    Those of the erased are not named again: to erase somebody suppresses the mailbox, too.
    """
    last = ""
    while some := suppression.page(there, after=last, limit=_PIECE):
        last = some[-1].mailbox_key
        keys = [one.mailbox_key for one in some]
        barred, known = suppression.among(here, keys), _people(here, keys)
        for one in some:
            person = known.get(one.mailbox_key)
            if one.mailbox_key in barred:
                continue
            if person is None:
                yield one, None
            elif one.reason is not Reason.ERASURE and not _has_agreed(
                here, person.id, since=one.since
            ):
                yield one, person.id


def _suppress(session: Session, one: Suppression, subscriber_id: int | None) -> None:
    turn_away = _RETURNED.get(one.reason)
    if subscriber_id is None or turn_away is None:
        suppression.suppress(
            session,
            mailbox_key=one.mailbox_key,
            reason=one.reason,
            now=one.since,
            detail=one.detail,
        )
    else:
        to = Addressee(subscriber_id=subscriber_id, mailbox=one.mailbox_key)
        turn_away(session, to, now=one.since, detail=one.detail or "")
