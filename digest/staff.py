"""Who runs the newsletter: accounts, passwords, second factors, sign-in links, and the log."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from digest import logbook
from digest.accounts import identities, record, sessions, totp, tries
from digest.accounts.factor import is_code
from digest.accounts.passwords import Passwords
from digest.accounts.record import Account
from digest.accounts.roles import Role
from digest.accounts.sessions import Device
from digest.app import App
from digest.errors import UsageError
from digest.logbook import Entry
from subscribers.addresses import Mailbox


def everybody(app: App) -> list[Account]:
    """Return all accounts, those that are shut too."""
    with app.database.read() as session:
        return record.everything(session)


def one(app: App, name: str) -> Account:
    """Return an account by its name; raises `UsageError`."""
    with app.database.read() as session:
        return record.named(session, name)


def add(app: App, name: str, *, role: Role, email: str = "") -> Account:
    """Add an account; it needs a password or a link before anybody can sign in."""
    address = Mailbox.parse(email).address if email else None
    with app.database.begin() as session:
        account = record.add(session, name=name, role=role, email=address, now=app.clock.now())
        _note(app, session, "add account", account, role=role)
        return account


def set_role(app: App, name: str, *, role: Role) -> Account:
    """Give somebody another role; their sessions end."""
    with _changing(app, name) as (session, account):
        record.set_role(session, account, role=role)
        sessions.end_all(session, account_id=account.id)
        _note(app, session, "change role", account, before=account.role, after=role)
        return account


def disable(app: App, name: str) -> Account:
    """Shut an account: nobody can sign in to it, and its sessions end."""
    with _changing(app, name) as (session, account):
        record.disable(session, account, now=app.clock.now())
        sessions.end_all(session, account_id=account.id)
        _note(app, session, "disable account", account)
        return account


def enable(app: App, name: str) -> Account:
    """Open an account again."""
    with _changing(app, name) as (session, account):
        record.enable(session, account)
        _note(app, session, "enable account", account)
        return account


def set_password(
    app: App, name: str, *, password: str, passwords: Passwords, keep: int = 0
) -> Account:
    """Give somebody a new password; every session ends but the one to ``keep``."""
    made = passwords.hash(password, name=name)
    with _changing(app, name) as (session, account):
        record.set_password(session, account.id, password_hash=made)
        sessions.end_all(session, account_id=account.id, but=keep)
        _note(app, session, "set password", account)
        return account


def change_password(
    app: App, name: str, *, old: str, new: str, passwords: Passwords, keep: int
) -> Account:
    """Change one's own password; raises `UsageError` where the ``old`` one is wrong."""
    check_password(app, name, password=old, passwords=passwords)
    return set_password(app, name, password=new, passwords=passwords, keep=keep)


def check_password(app: App, name: str, *, password: str, passwords: Passwords) -> None:
    """Refuse whoever does not know the account's password, if it has one.

    Raises `UsageError`, and `TooManyTriesError` before it is looked at.
    """
    with app.database.begin() as session:
        account = record.named(session, name)
        tries.spend_signed_in(session, account.id, now=app.clock.now())
        kept = record.password_hash(session, account.id)
    if kept is not None and not passwords.fits(password, kept):
        raise UsageError("the present password is wrong; nothing was changed")


def set_email(app: App, name: str, *, email: str) -> Account:
    """Give somebody another address; who signed in by the identity provider has to do so anew.

    Their sessions end. The next whom the provider vouches for by this address gets the account.
    """
    address = Mailbox.parse(email).address
    with _changing(app, name) as (session, account):
        record.set_email(session, account.id, email=address)
        identities.forget(session, account.id)
        sessions.end_all(session, account_id=account.id)
        _note(app, session, "change address", account)
        return account


def make_link(app: App, name: str) -> str:
    """Return the address of a page that signs somebody in, once, within 15 minutes."""
    with _changing(app, name) as (session, account):
        if account.disabled_at is not None:
            raise UsageError(f"{account.name} is disabled; first: digest user enable {name}")
        token = record.new_link(session, account, now=app.clock.now())
        _note(app, session, "make sign-in link", account)
    return app.config.console.url(f"/console/link/{token}", web=app.config.web)


def factor_uri(app: App, account: Account, *, salt: str) -> tuple[str, str]:
    """Return a new second factor for an authenticator app: as otpauth address, and to type."""
    secret = totp.secrets_of(app.keyring, account_id=account.id, salt=salt)[0]
    name = app.config.newsletter.name
    return totp.uri(secret, account=account.name, issuer=name), totp.text_of(secret)


def turn_factor_on(app: App, name: str, *, salt: str, code: str, keep: int = 0) -> list[str]:
    """Ask for codes from now on; return the recovery codes, which are shown only now.

    Raises `UsageError` where the ``code`` is not one of this second factor.
    """
    now = app.clock.now()
    with _changing(app, name) as (session, account):
        secret = totp.secrets_of(app.keyring, account_id=account.id, salt=salt)[0]
        step = totp.step_of(code, secret=secret, now=now)
        if step is None:
            raise UsageError(
                "this code is not the one that the app shows now; if it is, one of the clocks is"
                " wrong. Nothing was changed"
            )
        record.set_factor(session, account.id, salt=salt, step=step)
        sessions.end_all(session, account_id=account.id, but=keep)
        _note(app, session, "turn second factor on", account)
        return record.new_recovery_codes(session, account.id)


def turn_factor_off(app: App, name: str, *, code: str, keep: int = 0) -> Account:
    """Ask for no codes any more; raises `UsageError` for a wrong one."""
    now = app.clock.now()
    with _changing(app, name) as (session, account):  # apart: a wrong code takes nothing back
        tries.spend_signed_in(session, account.id, now=now)
    with _changing(app, name) as (session, account):
        if not is_code(session, account.id, code, keyring=app.keyring, now=now):
            raise UsageError("this code is wrong or was used; the second factor stays on")
        return _drop_factor(app, session, account, keep=keep)


def reset_factor(app: App, name: str) -> Account:
    """Take the second factor from an account whose owner has lost it."""
    with _changing(app, name) as (session, account):
        return _drop_factor(app, session, account)


def log(
    app: App,
    *,
    most: int,
    about: str | None = None,
    actor: str | None = None,
    before: int | None = None,
) -> list[Entry]:
    """Return what was done, the newest first; ``before`` goes on below an entry's id."""
    with app.database.read() as session:
        return logbook.entries(session, most=most, about=about, actor=actor, before=before)


def devices(app: App, account_id: int) -> list[Device]:
    """Return the sessions of an account."""
    with app.database.read() as session:
        return sessions.of_account(session, account_id, now=app.clock.now())


def end_session(app: App, name: str, *, session_id: int) -> bool:
    """End one session of an account; False where it ended before."""
    with _changing(app, name) as (session, account):
        ended = sessions.end(session, session_id, account_id=account.id)
        if ended:
            _note(app, session, "end session", account)
        return ended


def _drop_factor(app: App, session: Session, account: Account, *, keep: int = 0) -> Account:
    record.set_factor(session, account.id, salt=None, step=None)
    sessions.end_all(session, account_id=account.id, but=keep)
    _note(app, session, "turn second factor off", account)
    return account


@contextmanager
def _changing(app: App, name: str) -> Iterator[tuple[Session, Account]]:
    """Open a transaction about an account; raises `UsageError` where there is none."""
    with app.database.begin() as session:
        yield session, record.named(session, name)


def _note(app: App, session: Session, action: str, account: Account, **facts: object) -> None:
    logbook.note(
        session,
        actor=app.actor,
        action=action,
        about=f"account {account.name}",
        now=app.clock.now(),
        **facts,
    )
