"""Signing in to the console: few tries, the same answer for every reason, a session at the end."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from digest import admission, logbook
from digest.accounts import record, sessions, tries
from digest.accounts.factor import is_code
from digest.accounts.oidc.attempt import Attempt
from digest.accounts.oidc.errors import ProofError, ProviderError
from digest.accounts.passwords import Passwords
from digest.accounts.record import Account
from digest.app import App
from digest.errors import DigestError
from subscribers.policy import network_of
from subscribers.tokens import Keyring

if TYPE_CHECKING:
    from digest.accounts.oidc.provider import Provider, Reply

log = logging.getLogger(__name__)

_LONGEST_TYPED = 1000
VOUCHED_FOR_NOBODY = (
    "your organisation's sign-in fits no account here; whoever runs this newsletter finds the"
    " reason in its log"
)


class SignInError(DigestError):
    """This name, password and code do not belong together; which one is wrong is not said."""


@dataclass(frozen=True, kw_only=True)
class Browser:
    """Where a request comes from: its network address ("" for a local socket), its User-Agent."""

    ip: str
    agent: str

    @property
    def network(self) -> str:
        """The address, cut to /24 or /48."""
        return network_of(self.ip) if self.ip else "this machine"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What somebody typed; ``code`` is of the second factor, or one to recover with."""

    name: str
    password: str = field(repr=False)
    code: str = field(default="", repr=False)


def sign_in(app: App, proof: Proof, *, browser: Browser, passwords: Passwords) -> str:
    """Begin a session and return its token.

    Raises `SignInError`, and `TooManyTriesError` before anything is looked at. A name that does not
    exist takes as long as a wrong password.
    """
    if app.config.console.oidc.only:
        raise SignInError("passwords sign nobody in here; use your organisation's way")
    now = app.clock.now()
    with app.database.begin() as session:
        tries.spend(session, proof.name, network=browser.network, keyring=app.keyring, now=now)
        account = record.find(session, proof.name[:_LONGEST_TYPED])
        kept = record.password_hash(session, account.id) if account else None
    is_right = passwords.fits(proof.password, kept)  # outside: it takes long, and must
    if account is not None and is_right and account.disabled_at is None:
        with app.database.begin() as session:
            if _has_factor(session, account, proof.code, keyring=app.keyring, now=now):
                return _begin(app, session, account, browser=browser, how="password")
    log.warning("a sign-in to the console was refused")
    raise SignInError("name, password or code is wrong")


def use_link(app: App, token: str, *, browser: Browser) -> str:
    """Begin a session by a link of `digest user link` and return its token; the link is used up.

    Raises `SignInError` and `TooManyTriesError`.
    """
    now = app.clock.now()
    with app.database.begin() as session:
        tries.spend(session, "a link", network=browser.network, keyring=app.keyring, now=now)
        account = record.use_link(session, token, now=now)
        if account is not None:
            return _begin(app, session, account, browser=browser, how="link")
    raise SignInError(
        "this link was used, or is older than 15 minutes; make another: digest user link NAME"
    )


def begin_by_provider(
    app: App, provider: "Provider", *, after: str, redirect_uri: str, browser: Browser
) -> tuple[Attempt, str]:
    """Begin an attempt, which leads to ``after``; return it, and where somebody signs in.

    Raises `TooManyTriesError`, and `ProviderError` where the provider cannot be asked.
    """
    _count_step(app, browser=browser)
    attempt = Attempt.begin(app.keyring, after=after, now=app.clock.now())
    with _told_to_operator():
        return attempt, provider.address(attempt, redirect_uri=redirect_uri)


def sign_in_by_provider(
    app: App, provider: "Provider", reply: "Reply", *, attempt: Attempt, browser: Browser
) -> str | Account:
    """Begin a session and return its token, or the account whose second factor is asked for still.

    The attempt is one that is answered by what the browser brought. Raises `SignInError`, whatever
    is wrong with whom; `TooManyTriesError`; `ProviderError` where the provider cannot be asked.
    """
    _count_step(app, browser=browser)
    try:
        with _told_to_operator():
            person = provider.vouched(reply, attempt=attempt)  # outside: it asks the network
            with app.database.begin() as session:
                account = admission.admit(
                    session, person, settings=provider.settings, now=app.clock.now()
                )
                if account.has_factor:
                    return account
                return _begin(app, session, account, browser=browser, how="provider")
    except ProofError as error:
        raise SignInError(VOUCHED_FOR_NOBODY) from error


def finish_by_code(app: App, account_id: int, code: str, *, browser: Browser) -> str:
    """Begin the session of an account that the provider vouched for, and return its token.

    Raises `SignInError`, and `TooManyTriesError` before the code is looked at.
    """
    now = app.clock.now()
    with app.database.begin() as session:
        tries.spend_signed_in(session, account_id, now=now)
    with app.database.begin() as session:
        account = record.get(session, account_id)
        is_open = account.disabled_at is None
        if is_open and _has_factor(session, account, code, keyring=app.keyring, now=now):
            return _begin(app, session, account, browser=browser, how="provider and code")
    log.warning("a sign-in to the console was refused")
    raise SignInError("this code is wrong or was used")


def sign_out(app: App, *, account_id: int, session_id: int) -> None:
    """End a session."""
    with app.database.begin() as session:
        sessions.end(session, session_id, account_id=account_id)


def _count_step(app: App, *, browser: Browser) -> None:
    with app.database.begin() as session:
        tries.spend_vouched(
            session, network=browser.network, keyring=app.keyring, now=app.clock.now()
        )


@contextmanager
def _told_to_operator() -> Iterator[None]:
    """Write into the log why the provider led nowhere; the browser is not told."""
    try:
        yield
    except (ProofError, ProviderError) as error:
        log.warning("a sign-in by the identity provider was refused: %s", error)
        raise


def _has_factor(
    session: Session, account: Account, code: str, *, keyring: Keyring, now: datetime
) -> bool:
    if not account.has_factor:
        return True
    return is_code(session, account.id, code, keyring=keyring, now=now)


def _begin(app: App, session: Session, account: Account, *, browser: Browser, how: str) -> str:
    now = app.clock.now()
    logbook.note(
        session,
        actor=account.name,
        action="sign in",
        about=f"account {account.name}",
        now=now,
        by=how,
        network=browser.network,
    )
    return sessions.begin(
        session,
        account_id=account.id,
        settings=app.config.console,
        now=now,
        network=browser.network,
        agent=browser.agent,
    )
