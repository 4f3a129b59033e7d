"""Checks a code of an account's second factor, or a recovery code in its place, and uses it up."""

from datetime import datetime

from sqlalchemy.orm import Session

from digest.accounts import record, totp
from subscribers.tokens import Keyring


def is_code(
    session: Session, account_id: int, code: str, *, keyring: Keyring, now: datetime
) -> bool:
    """Whether this is a code of the account's second factor that nobody used; it is used up."""
    salt, after = record.totp_salt(session, account_id)
    if salt is None:
        return False
    for secret in totp.secrets_of(keyring, account_id=account_id, salt=salt):
        step = totp.step_of(code, secret=secret, now=now, after=after)
        if step is not None:
            return record.use_step(session, account_id, step=step)
    return record.use_recovery_code(session, account_id, code)
