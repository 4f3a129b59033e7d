"""Finds the letter that something which came back is about, and checks whom it went to."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from digest.mail.event import Kind, MailEvent
from digest.tables import DeliveryRow, EditionRow, NoticeRow, SubscriberRow
from subscribers.addresses import Mailbox
from subscribers.errors import AddressError
from subscribers.tokens import Keyring

NOTICE = "n"
"""What stands in the place of the period in the key of a notice."""

_MOST_ID = 2**31
_RETELLING = frozenset({"ses"})
"""Who names the recipient of a bounce as the receiving side does, which may have forwarded it:
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounced-recipients"""
_BOUNCES = frozenset({Kind.HARD_BOUNCED, Kind.SOFT_BOUNCED, Kind.REFUSED})


class Letter(NamedTuple):
    """The letter that an event is about.

    Where it went: ``mailbox`` is the mailbox key that an issue's reader had then, ``email`` the
    address of a notice. ``mailbox_now`` is the key that the reader has now: who moves before their
    turn is mailed there. ``may_be_unknown`` and ``may_be_bounced`` are False where the letter's
    row, and its reader, were seen not to be when the event was kept.
    """

    subscriber_id: int
    mailbox: str | None = None
    email: str | None = None
    mailbox_now: str | None = None
    delivery_id: int | None = None
    edition_id: int | None = None
    notice_id: int | None = None
    may_be_unknown: bool = True
    may_be_bounced: bool = True

    def went_to(self, named: Collection[str], *, keyring: Keyring | None) -> bool:
        """Whether the mailbox with one of these keys is whom the letter went to.

        It is where nobody is ``named``, and where the address of a notice is forgotten.
        """
        if not named or keyring is None:
            return True
        theirs = {self.mailbox, self.mailbox_now} - {None}
        if self.email is not None:
            theirs = {*keys_of(self.email, keyring=keyring)}
        return not theirs or not theirs.isdisjoint(named)


def named_by(event: MailEvent, *, keyring: Keyring) -> tuple[str, ...]:
    """Return the keys of the mailbox that an event says its letter went to, under each secret."""
    if event.recipient is None or (event.source in _RETELLING and event.kind in _BOUNCES):
        return ()
    return keys_of(event.recipient, keyring=keyring)


def keys_of(address: str, *, keyring: Keyring) -> tuple[str, ...]:
    """Return the keys of a mailbox, under each secret; none of what is no address."""
    try:
        return keyring.mailbox_keys(Mailbox.parse(address).canonical)
    except AddressError:
        return ()


def letters_of(session: Session, keys: Collection[str]) -> dict[str, Letter]:
    """Find the letters that have these keys."""
    found: dict[str, Letter] = {}
    deliveries: dict[int, str] = {}
    notices: dict[int, str] = {}
    for key in keys:
        period, number = parts_of(key)
        if number:
            (notices if period == NOTICE else deliveries)[number] = period
    if deliveries:
        for row in session.connection().execute(_DELIVERIES, {"ids": [*deliveries]}):
            if row.period.lower() == deliveries[row.id]:
                found[f"{deliveries[row.id]}.{row.id}"] = Letter(
                    subscriber_id=row.subscriber_id,
                    mailbox=row.mailbox_key,
                    mailbox_now=row.mailbox_now,
                    delivery_id=row.id,
                    edition_id=row.edition_id,
                )
    if notices:
        for id_, whose, email in session.connection().execute(_NOTICES, {"ids": [*notices]}):
            found[f"{NOTICE}.{id_}"] = Letter(subscriber_id=whose, email=email, notice_id=id_)
    return found


def parts_of(key: str | None) -> tuple[str, int]:
    """Return the period and the number in a key; 0 where there is none."""
    period, _, number = (key or "").partition(".")
    is_number = number.isascii() and number.isdigit() and int(number) < _MOST_ID
    return period, int(number) if is_number else 0


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_DELIVERIES = (  # built once: that takes longer than to run it
    select(
        DeliveryRow.id,
        DeliveryRow.subscriber_id,
        DeliveryRow.mailbox_key,
        SubscriberRow.mailbox_key.label("mailbox_now"),
        DeliveryRow.edition_id,
        EditionRow.period,
    )
    .join(EditionRow, EditionRow.id == DeliveryRow.edition_id)
    .join(SubscriberRow, SubscriberRow.id == DeliveryRow.subscriber_id)
    .where(DeliveryRow.id.in_(_IDS))
)
_NOTICES = select(NoticeRow.id, NoticeRow.subscriber_id, NoticeRow.email).where(
    NoticeRow.id.in_(_IDS)
)
