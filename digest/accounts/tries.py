"""How often somebody may try: counted in the database before anything is looked at."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from digest.accounts.record import key_of
from digest.errors import DigestError
from subscribers import budgets
from subscribers.budgets import Budget
from subscribers.tokens import Keyring

_WINDOW = timedelta(minutes=15)
# Of a name alone nothing is counted: nobody may lock its owner out, who comes from elsewhere.
_MOST_OF_NAME_AND_NETWORK = 8
_MOST_OF_NETWORK = 30
_MOST_OF_ALL = 600
_MOST_OF_SIGNED_IN = 8
_TOO_MANY = (
    "there were too many tries to sign in; wait, or make a link on the machine itself:"
    " digest user link NAME"
)


class TooManyTriesError(DigestError):
    """There were so many tries that the next has to wait until ``free_at``."""

    def __init__(self, message: str, *, free_at: datetime) -> None:
        super().__init__(message)
        self.free_at = free_at


def spend(session: Session, name: str, *, network: str, keyring: Keyring, now: datetime) -> None:
    """Count a try to sign in; raises `TooManyTriesError`."""
    both = keyring.budget_key(f"{key_of(name)} {network}")
    own = Budget(name=f"console name {both}", most=_MOST_OF_NAME_AND_NETWORK)
    _spend(session, own, *_shared(network, keyring=keyring), now=now, message=_TOO_MANY)


def spend_vouched(session: Session, *, network: str, keyring: Keyring, now: datetime) -> None:
    """Count a step on the way over the identity provider; raises `TooManyTriesError`.

    Nobody has a name yet, so it counts towards what all in one network may try.
    """
    _spend(session, *_shared(network, keyring=keyring), now=now, message=_TOO_MANY)


def spend_signed_in(session: Session, account_id: int, *, now: datetime) -> None:
    """Count a try of somebody signed in to prove it is them; raises `TooManyTriesError`.

    It may be a thief, who has the session and not the password.
    """
    _spend(
        session,
        Budget(name=f"console account {account_id}", most=_MOST_OF_SIGNED_IN),
        now=now,
        message="there were too many tries; nothing was changed, try again in a quarter of an hour",
    )


def _shared(network: str, *, keyring: Keyring) -> tuple[Budget, Budget]:
    return (
        Budget(name=f"console network {keyring.budget_key(network)}", most=_MOST_OF_NETWORK),
        Budget(name="console all", most=_MOST_OF_ALL),
    )


def _spend(session: Session, *wanted: Budget, now: datetime, message: str) -> None:
    spent = budgets.spend(session, wanted, now=now, window=_WINDOW)
    if spent:
        raise TooManyTriesError(message, free_at=max(one.free_at for one in spent))
