"""Who at an identity provider owns which account: bound at the first sign-in, by subject."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from digest.accounts import record
from digest.accounts.record import Account
from digest.tables import IdentityRow
from subscribers.addresses import Mailbox


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Somebody at a provider; where its groups ``made`` the account, they say its role."""

    issuer: str
    subject: str
    account_id: int
    made: bool


def find(session: Session, *, issuer: str, subject: str) -> Identity | None:
    """Return whose account somebody at the provider owns, if any."""
    row = session.get(IdentityRow, (issuer, subject))
    return _identity(row) if row else None


def of_account(session: Session, account_id: int, *, issuer: str) -> Identity | None:
    """Return who at the provider owns an account, if anybody."""
    row = session.scalars(
        select(IdentityRow).where(
            IdentityRow.account_id == account_id, IdentityRow.issuer == issuer
        )
    ).first()
    return _identity(row) if row else None


def bind(session: Session, identity: Identity, *, now: datetime) -> None:
    """Keep who owns an account from now on."""
    session.add(
        IdentityRow(
            issuer=identity.issuer,
            subject=identity.subject,
            account_id=identity.account_id,
            made=identity.made,
            created_at=now,
        )
    )
    session.flush()


def forget(session: Session, account_id: int) -> None:
    """Forget who at any provider owns an account: the next to be vouched for by address may."""
    session.execute(delete(IdentityRow).where(IdentityRow.account_id == account_id))


def at_address(session: Session, mailbox: Mailbox) -> Iterator[Account]:
    """Yield the accounts whose address is this mailbox, in whatever spelling."""
    for account in record.everything(session):
        if account.email and Mailbox.parse(account.email).canonical == mailbox.canonical:
            yield account


def _identity(row: IdentityRow) -> Identity:
    return Identity(
        issuer=row.issuer, subject=row.subject, account_id=row.account_id, made=row.made
    )
