"""Accounts in the database: who there is, in which role, and what proves that it is them."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from digest.accounts import tokens
from digest.accounts.roles import Role
from digest.errors import UsageError
from digest.tables import AccountRow, RecoveryCodeRow
from subscribers.text import one_line

LINK_LASTS = timedelta(minutes=15)
_LONGEST_NAME = 60
_FOREIGN = (" on ", "the ")  # how the log names the command line ("anna on host") and the schedule


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account, without what proves it."""

    id: int
    name: str
    email: str | None
    role: Role
    created_at: datetime
    disabled_at: datetime | None
    has_password: bool
    has_factor: bool


def add(session: Session, *, name: str, role: Role, email: str | None, now: datetime) -> Account:
    """Add an account that nobody can sign in to yet; raises `UsageError` for a name in use."""
    name = _checked(name)
    if _row(session, name) is not None:
        raise UsageError(f"an account is named {name!r} already; 'digest user list' names them")
    row = AccountRow(name=name, key=key_of(name), email=email, role=role, created_at=now)
    session.add(row)
    session.flush()
    return _account(row)


def find(session: Session, name: str) -> Account | None:
    """Return an account by its name, in whatever spelling."""
    row = _row(session, name)
    return _account(row) if row else None


def get(session: Session, account_id: int) -> Account:
    """Return an account that is there, by its number."""
    return _account(session.get_one(AccountRow, account_id, populate_existing=True))


def named(session: Session, name: str) -> Account:
    """Return an account by its name, or raise `UsageError`."""
    account = find(session, name)
    if account is None:
        raise UsageError(f"no account is named {name!r}; 'digest user list' names them all")
    return account


def everything(session: Session) -> list[Account]:
    """Return all accounts by name, those that are shut too."""
    return [_account(row) for row in session.scalars(select(AccountRow).order_by(AccountRow.key))]


def set_role(session: Session, account: Account, *, role: Role) -> None:
    """Give an account another role; raises `UsageError` where no admin would be left."""
    if account.role is Role.ADMIN and role is not Role.ADMIN:
        _keep_an_admin(session, account)
    _change(session, account.id, role=role)


def disable(session: Session, account: Account, *, now: datetime) -> None:
    """Shut an account; raises `UsageError` where no admin would be left."""
    _keep_an_admin(session, account)
    _change(session, account.id, disabled_at=now, link_hash=None, link_ends_at=None)


def enable(session: Session, account: Account) -> None:
    """Open an account again."""
    _change(session, account.id, disabled_at=None)


def set_email(session: Session, account_id: int, *, email: str) -> None:
    """Keep where to reach somebody, and by which address an identity provider names them."""
    _change(session, account_id, email=email)


def set_password(session: Session, account_id: int, *, password_hash: str) -> None:
    """Keep the hash of a new password; a sign-in link that was not used yet works no more."""
    _change(session, account_id, password_hash=password_hash, link_hash=None, link_ends_at=None)


def password_hash(session: Session, account_id: int) -> str | None:
    """Return what is kept of an account's password."""
    return session.scalar(select(AccountRow.password_hash).where(AccountRow.id == account_id))


def new_link(session: Session, account: Account, *, now: datetime) -> str:
    """Return the token of a link that signs in once, within 15 minutes; an older one is void."""
    token = tokens.new_token()
    _change(session, account.id, link_hash=tokens.hash_of(token), link_ends_at=now + LINK_LASTS)
    return token


def use_link(session: Session, token: str, *, now: datetime) -> Account | None:
    """Return whose link this is, which is then used up; None where it is not or was."""
    used = session.scalar(
        update(AccountRow)
        .where(
            AccountRow.link_hash == tokens.hash_of(token),
            AccountRow.link_ends_at > now,
            AccountRow.disabled_at.is_(None),
        )
        .values(link_hash=None, link_ends_at=None)
        .returning(AccountRow.id)
    )
    row = session.get(AccountRow, used) if used else None
    return _account(row) if row else None


def totp_salt(session: Session, account_id: int) -> tuple[str | None, int]:
    """Return the half of the second factor that is kept, and the step of the last code."""
    row = session.execute(
        select(AccountRow.totp_salt, AccountRow.totp_step).where(AccountRow.id == account_id)
    ).one()
    return row.totp_salt, -1 if row.totp_step is None else row.totp_step


def use_step(session: Session, account_id: int, *, step: int) -> bool:
    """Note that a code was used; False where it was before, by whoever came first."""
    return (
        session.scalar(
            update(AccountRow)
            .where(AccountRow.id == account_id, func.coalesce(AccountRow.totp_step, -1) < step)
            .values(totp_step=step)
            .returning(AccountRow.id)
        )
        is not None
    )


def set_factor(session: Session, account_id: int, *, salt: str | None, step: int | None) -> None:
    """Set up a second factor, or with no ``salt`` take it away; its recovery codes go with it."""
    _change(session, account_id, totp_salt=salt, totp_step=step)
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account_id))


def new_recovery_codes(session: Session, account_id: int) -> list[str]:
    """Return new codes, which nobody can show again, in place of all that were left."""
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account_id))
    codes = tokens.new_recovery_codes()
    session.add_all(
        RecoveryCodeRow(account_id=account_id, code_hash=tokens.recovery_hash(one)) for one in codes
    )
    return codes


def use_recovery_code(session: Session, account_id: int, code: str) -> bool:
    """Use up a recovery code; False where it is none, or was used."""
    return (
        session.scalar(
            delete(RecoveryCodeRow)
            .where(
                RecoveryCodeRow.account_id == account_id,
                RecoveryCodeRow.code_hash == tokens.recovery_hash(code),
            )
            .returning(RecoveryCodeRow.account_id)
        )
        is not None
    )


def key_of(name: str) -> str:
    """Return a name in the one spelling that tells accounts apart."""
    shown = name.replace("\0", "\ufffd")  # PostgreSQL has no place for it
    return unicodedata.normalize("NFKC", shown).casefold().strip()[: 2 * _LONGEST_NAME]


def _checked(name: str) -> str:
    name = one_line(name, limit=_LONGEST_NAME)
    if not name:
        raise UsageError("an account needs a name, as its owner is to stand in the log")
    if name.casefold().startswith(_FOREIGN[1]) or _FOREIGN[0] in name.casefold():
        raise UsageError(f"{name!r} would look in the log like the schedule or the command line")
    return name


def _keep_an_admin(session: Session, account: Account) -> None:
    """Refuse to lose the last admin; the admins are locked, so that two cannot go at once."""
    admins = session.scalars(
        select(AccountRow.id)
        .where(AccountRow.role == Role.ADMIN, AccountRow.disabled_at.is_(None))
        .with_for_update()
    ).all()
    if set(admins) == {account.id}:
        raise UsageError(
            f"{account.name} is the last admin; make somebody else admin first:"
            " digest user role NAME admin"
        )


def _change(session: Session, account_id: int, **values: object) -> None:
    session.execute(update(AccountRow).where(AccountRow.id == account_id).values(**values))


def _row(session: Session, name: str) -> AccountRow | None:
    return session.scalars(select(AccountRow).where(AccountRow.key == key_of(name))).first()


def _account(row: AccountRow) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        email=row.email,
        role=Role(row.role),
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        has_password=row.password_hash is not None,
        has_factor=row.totp_salt is not None,
    )
