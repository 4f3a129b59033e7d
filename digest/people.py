"""What an operator does about single people and about keys: forget, suppress, let programs in."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from digest import forget, logbook
from digest.app import App
from subscribers import directory, keys, suppression
from subscribers.addresses import Mailbox
from subscribers.errors import UnknownSubscriberError
from subscribers.keys import ApiKey, Scope
from subscribers.suppression import Reason, Suppression

_SHORT = 12  # characters of a hash that tell one mailbox from the others


def erase(app: App, subscriber_id: int, *, source: str) -> bool:
    """Forget somebody for good; False when nothing was left to forget.

    Raises `UnknownSubscriberError`.
    """
    with app.database.begin() as session:
        erased = _erase(app, session, subscriber_id, source=source)
    app.database.empty_log()
    return erased


def erase_address(app: App, address: str, *, source: str) -> bool:
    """Do what `erase` does for whoever has this address."""
    mailbox = Mailbox.parse(address)
    with app.database.begin() as session:
        known = directory.find(session, mailbox=mailbox, keyring=app.keyring)
        if known is None:
            raise UnknownSubscriberError(
                f"nobody is known under {mailbox.masked}; 'digest suppression add' keeps mail from"
                " strangers too"
            )
        erased = _erase(app, session, known.id, source=source)
    app.database.empty_log()
    return erased


def suppressions(app: App, *, after: str, limit: int) -> list[Suppression]:
    """Return a page of the mailboxes that get no mail, by their hashes."""
    with app.database.read() as session:
        return suppression.page(session, after=after, limit=limit)


def suppress(app: App, address: str, *, detail: str | None) -> bool:
    """Mail this mailbox no more; False when it was suppressed before."""
    mailbox = Mailbox.parse(address)
    with app.database.begin() as session:
        key = directory.mailbox_key(session, mailbox=mailbox, keyring=app.keyring)
        _note(app, session, "suppress mailbox", about=f"mailbox {key[:_SHORT]}")
        return suppression.suppress(
            session,
            mailbox_key=key,
            reason=Reason.OPERATOR,
            now=app.clock.now(),
            detail=detail,
        )


def lift(app: App, address: str) -> Suppression | None:
    """Let a mailbox be mailed again; return what stood against it, or None."""
    all_keys = app.keyring.mailbox_keys(Mailbox.parse(address).canonical)
    with app.database.begin() as session:
        found = suppression.find(session, mailbox_keys=all_keys)
        if found is not None:
            about = f"mailbox {found.mailbox_key[:_SHORT]}"
            _note(app, session, "lift suppression", about=about, before=found.reason)
        suppression.lift(session, mailbox_keys=all_keys)
    return found


def find_suppression(app: App, address: str) -> Suppression | None:
    """Return what keeps mail from a mailbox, if anything does."""
    all_keys = app.keyring.mailbox_keys(Mailbox.parse(address).canonical)
    with app.database.read() as session:
        return suppression.find(session, mailbox_keys=all_keys)


def add_key(app: App, name: str, *, scopes: Sequence[Scope]) -> str:
    """Make a key for the JSON interface; what is returned cannot be seen again."""
    with app.database.begin() as session:
        key = keys.create(session, name=name, scopes=scopes, now=app.clock.now())
        _note(app, session, "add key", about=f"key {name}", scopes=sorted(scopes))
        return key


def all_keys(app: App) -> list[ApiKey]:
    """Return every key, without its secret."""
    with app.database.read() as session:
        return keys.everything(session)


def revoke_key(app: App, name: str) -> bool:
    """Let a key open nothing any more; False when it was revoked before."""
    with app.database.begin() as session:
        revoked = keys.revoke(session, name=name, now=app.clock.now())
        if revoked:
            _note(app, session, "revoke key", about=f"key {name}")
        return revoked


def _erase(app: App, session: Session, subscriber_id: int, *, source: str) -> bool:
    now = app.clock.now()
    erased = forget.erase(session, subscriber_id=subscriber_id, now=now, source=source)
    if erased:
        _note(app, session, "erase reader", about=f"reader {subscriber_id}")
    return erased


def _note(app: App, session: Session, action: str, *, about: str, **facts: object) -> None:
    now = app.clock.now()
    logbook.note(session, actor=app.actor, action=action, about=about, now=now, **facts)
