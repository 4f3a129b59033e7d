"""Moves a subscription to another address, and has every letter written that belongs to it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from digest import welcome
from digest.mail.notice import NoticeKind
from digest.welcome import Wanted
from subscribers import moves, moving
from subscribers.addresses import Mailbox
from subscribers.moves import Move, State
from subscribers.moving import Letter
from subscribers.tokens import Keyring

_KIND = {Letter.ADDRESS: NoticeKind.ADDRESS, Letter.EXISTS: NoticeKind.EXISTS}


def ask(
    session: Session, *, subscriber_id: int, mailbox: Mailbox, keyring: Keyring, now: datetime
) -> Move:
    """Ask the new address, and change nothing else; raises as `subscribers.moving.ask` does."""
    asked = moving.ask(
        session, subscriber_id=subscriber_id, mailbox=mailbox, keyring=keyring, now=now
    )
    if asked.letter is not Letter.NONE:
        is_ours = asked.letter is Letter.ADDRESS
        welcome.ask(
            session,
            Wanted(
                kind=_KIND[asked.letter],
                subscriber_id=asked.recipient_id,
                confirmation_id=asked.move.id if is_ours else None,
                email=asked.move.new,
                language=asked.language,
                expires_at=asked.move.expires_at,
            ),
            now=now,
        )
    return asked.move


def confirm(
    session: Session,
    *,
    move_id: int,
    keyring: Keyring,
    now: datetime,
    source: str,
    evidence: Mapping[str, Any],
) -> Move:
    """Move, once, and tell the old address how to undo it within seven days."""
    before = moves.look(session, move_id=move_id, now=now)
    moved = moving.confirm(
        session, move_id=move_id, keyring=keyring, now=now, source=source, evidence=evidence
    )
    if before.state is State.WAITING and moved.state is State.MOVED and moved.old:
        welcome.ask(
            session,
            Wanted(
                kind=NoticeKind.MOVED,
                subscriber_id=moved.subscriber_id,
                confirmation_id=moved.id,
                email=moved.old,
                language=moved.language,
                expires_at=now + moves.UNDO_LIVES,
            ),
            now=now,
        )
    return moved
