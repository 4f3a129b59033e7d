"""A few of many readers, who stand for all: of every mailbox provider, and of every age."""

from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from subscribers.audience import candidates
from subscribers.tables import Pace, Status, SubscriberRow

_SORTED = 20_000  # people are put in order at least, where there are so many
_PER_PLACE = 10  # or so many for each one who is taken
_DIGITS = 8  # of a mailbox key, that say where a part of all keys begins


def count(session: Session, *, now: datetime, pace: str = Pace.WEEKLY) -> int:
    """Count all who get an issue frozen now (`audience.candidates`)."""
    people = candidates(now=now, pace=pace).order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(people)) or 0


def spread(
    session: Session, *, people: int, of: int, turn: int, now: datetime, pace: str = Pace.WEEKLY
) -> list[int]:
    """Return the ids of ``people`` candidates, ``of`` whom there are.

    They stand in one line, ordered by the domain of the mailbox and then by id, and those at even
    distances are taken: so each provider has its share of them, and so have old readers and new
    ones. Of a long list only a part stands in line, which their mailbox keys, keyed hashes, choose
    as a lot would. The next ``turn`` takes others: nobody is the first each time.
    """
    wanted = candidates(now=now, pace=pace).order_by(None).subquery()
    domain = func.substr(SubscriberRow.email, _at(session) + 1)
    place = func.row_number().over(order_by=(domain, SubscriberRow.id)) + turn
    line = (
        select(SubscriberRow.id, place.label("place"), func.count().over().label("length"))
        .join(wanted, wanted.c.id == SubscriberRow.id)
        .where(*_part(turn, share=max(_SORTED, _PER_PLACE * people) / max(of, 1)))
        .subquery()
    )
    step = literal(people)
    taken = select(line.c.id).where((line.c.place * step) % line.c.length < step)
    return sorted(session.scalars(taken))


def has_left(subscriber_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Say in SQL whether this subscriber has left the list."""
    return exists().where(
        SubscriberRow.id == subscriber_id, SubscriberRow.status == Status.UNSUBSCRIBED
    )


def _part(turn: int, *, share: float) -> list[ColumnElement[bool]]:
    """Return what the mailbox keys of a part of all people are: the next one with each turn."""
    if share >= 1:
        return []
    everything = 16**_DIGITS
    first = int(turn * share * everything) % everything
    end = first + int(share * everything)
    begins = SubscriberRow.mailbox_key >= _key(first)
    if end < everything:
        return [and_(begins, SubscriberRow.mailbox_key < _key(end))]
    return [or_(begins, SubscriberRow.mailbox_key < _key(end - everything))]


def _key(number: int) -> str:
    return f"{number:0{_DIGITS}x}"


def _at(session: Session) -> ColumnElement[int]:
    """Return the place of the @ in an address; each database has a word of its own for that."""
    find = func.instr if session.get_bind().dialect.name == "sqlite" else func.strpos
    return find(SubscriberRow.email, "@")
