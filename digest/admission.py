"""Finds the account of somebody whom the identity provider vouches for, or adds one."""

from datetime import datetime

from sqlalchemy.orm import Session

from digest import logbook
from digest.accounts import identities, record, sessions
from digest.accounts.identities import Identity
from digest.accounts.oidc.errors import ProofError
from digest.accounts.oidc.settings import OidcSettings
from digest.accounts.oidc.vouched import EMAIL, Vouched
from digest.accounts.record import Account
from digest.accounts.roles import Role
from digest.errors import UsageError
from storage.database import one_at_a_time

PROVIDER = "the identity provider"
"""Who acts where its groups make an account, or change its role."""


def admit(session: Session, person: Vouched, *, settings: OidcSettings, now: datetime) -> Account:
    """Return somebody's account; raises `ProofError` where they have none that is open.

    Whoever came before is known by subject. Whoever comes for the first time is known by what the
    settings name, and then the account is theirs. Who has none gets one where the groups say so.
    """
    known = identities.find(session, issuer=person.issuer, subject=person.subject)
    if known is None:  # the same person may be coming by another browser at this very moment
        one_at_a_time(session, "admit")
        known = identities.find(session, issuer=person.issuer, subject=person.subject)
    if known is not None:
        account = record.get(session, known.account_id)
        if known.made and account.disabled_at is None:
            account = _follow_groups(session, account, person, settings=settings, now=now)
    else:
        account = _claimed(session, person, settings=settings, now=now) or _added(
            session, person, settings=settings, now=now
        )
    if account.disabled_at is not None:
        raise ProofError(f"the account {account.name} is disabled")
    return account


def _claimed(
    session: Session, person: Vouched, *, settings: OidcSettings, now: datetime
) -> Account | None:
    """Give somebody the account that waits for them; None where there is none."""
    account = _waiting(session, person, claim=settings.claim)
    if account is None:
        return None
    if identities.of_account(session, account.id, issuer=person.issuer) is not None:
        raise ProofError(
            f"the account {account.name} belongs to somebody else at the provider; if that is the"
            f" same person, give it its address once more: digest user email {account.name} ADDRESS"
        )
    if account.disabled_at is None:
        _bind(session, account, person, made=False, now=now)
        _note(session, "bind account", account, actor=account.name, now=now)
    return account


def _waiting(session: Session, person: Vouched, *, claim: str) -> Account | None:
    if claim != EMAIL:
        return record.find(session, person.text(claim))
    found = list(identities.at_address(session, person.mailbox()))
    if len(found) > 1:
        names = " and ".join(one.name for one in found)
        raise ProofError(f"{names} have the same address; 'digest user email' changes one of them")
    return found[0] if found else None


def _added(session: Session, person: Vouched, *, settings: OidcSettings, now: datetime) -> Account:
    """Add an account in the role that the groups say."""
    role = person.role(settings)
    if role is None:
        raise ProofError(
            "no account fits; add one with the address that the provider has: digest user add"
            " NAME --email ADDRESS"
        )
    email = person.mailbox().address if settings.claim == EMAIL else None
    name = person.name() if settings.claim == EMAIL else person.text(settings.claim)
    try:
        account = record.add(session, name=name, role=role, email=email, now=now)
    except UsageError as error:
        raise ProofError(f"no account can be added for somebody new: {error}") from error
    _bind(session, account, person, made=True, now=now)
    _note(session, "add account", account, actor=PROVIDER, now=now, role=role)
    return account


def _follow_groups(
    session: Session, account: Account, person: Vouched, *, settings: OidcSettings, now: datetime
) -> Account:
    """Change the role of an account to what the groups say by now; its other sessions end."""
    role = person.role(settings)
    if role is None:
        raise ProofError(f"{account.name} is in no group with a role any more")
    if role is account.role:
        return account
    try:
        record.set_role(session, account, role=role)
    except UsageError as error:
        raise ProofError(f"the role of {account.name} was not changed: {error}") from error
    sessions.end_all(session, account_id=account.id)
    facts = {"before": account.role, "after": role}
    _note(session, "change role", account, actor=PROVIDER, now=now, **facts)
    return record.get(session, account.id)


def _bind(
    session: Session, account: Account, person: Vouched, *, made: bool, now: datetime
) -> None:
    identity = Identity(
        issuer=person.issuer, subject=person.subject, account_id=account.id, made=made
    )
    identities.bind(session, identity, now=now)


def _note(
    session: Session, action: str, account: Account, *, actor: str, now: datetime, **facts: Role
) -> None:
    about = f"account {account.name}"
    logbook.note(session, actor=actor, action=action, about=about, now=now, **facts)
