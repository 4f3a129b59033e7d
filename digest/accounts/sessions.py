"""Sessions in the database: which browser is signed in as whom, until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from digest.accounts import tokens
from digest.accounts.roles import Role
from digest.accounts.settings import ConsoleSettings
from digest.tables import AccountRow, SessionRow
from subscribers.text import one_line

_SEEN_EVERY = timedelta(minutes=5)  # a write for every request would make everybody wait
_LONGEST_AGENT = 200


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Whose session a token is of."""

    session: int
    account: int
    name: str
    role: Role
    seen_at: datetime

    def is_due(self, *, now: datetime) -> bool:
        """Whether it is time to note that the session is in use."""
        return now - self.seen_at >= _SEEN_EVERY


@dataclass(frozen=True, kw_only=True)
class Device:
    """One session, as its owner sees it in a list."""

    id: int
    created_at: datetime
    seen_at: datetime
    network: str
    agent: str


def begin(
    session: Session,
    *,
    account_id: int,
    settings: ConsoleSettings,
    now: datetime,
    network: str,
    agent: str,
) -> str:
    """Begin a session and return its token, which only the browser keeps."""
    token = tokens.new_token()
    session.execute(delete(SessionRow).where(SessionRow.ends_at <= now))
    session.add(
        SessionRow(
            token_hash=tokens.hash_of(token),
            account_id=account_id,
            created_at=now,
            seen_at=now,
            ends_at=now + timedelta(days=settings.days),
            network=network,
            agent=one_line(agent, limit=_LONGEST_AGENT),
        )
    )
    return token


def find(
    session: Session, token: str, *, settings: ConsoleSettings, now: datetime
) -> SignedIn | None:
    """Return whose session this is; None where it ended or its account is shut."""
    row = session.execute(
        select(SessionRow.id, SessionRow.seen_at, AccountRow.id, AccountRow.name, AccountRow.role)
        .join(AccountRow, AccountRow.id == SessionRow.account_id)
        .where(
            SessionRow.token_hash == tokens.hash_of(token),
            SessionRow.ends_at > now,
            SessionRow.seen_at > now - timedelta(hours=settings.idle_hours),
            AccountRow.disabled_at.is_(None),
        )
    ).first()
    if row is None:
        return None
    id_, seen_at, account, name, role = row
    return SignedIn(session=id_, account=account, name=name, role=Role(role), seen_at=seen_at)


def note_use(session: Session, session_id: int, *, now: datetime) -> None:
    """Note that a session is in use."""
    session.execute(update(SessionRow).where(SessionRow.id == session_id).values(seen_at=now))


def of_account(session: Session, account_id: int, *, now: datetime) -> list[Device]:
    """Return the sessions of an account, the latest used first."""
    rows = session.scalars(
        select(SessionRow)
        .where(SessionRow.account_id == account_id, SessionRow.ends_at > now)
        .order_by(SessionRow.seen_at.desc(), SessionRow.id.desc())
    )
    return [
        Device(
            id=row.id,
            created_at=row.created_at,
            seen_at=row.seen_at,
            network=row.network,
            agent=row.agent,
        )
        for row in rows
    ]


def end(session: Session, session_id: int, *, account_id: int) -> bool:
    """End one session of an account; False where there is none."""
    ended = delete(SessionRow).where(
        SessionRow.id == session_id, SessionRow.account_id == account_id
    )
    return session.scalar(ended.returning(SessionRow.id)) is not None


def end_all(session: Session, *, account_id: int, but: int = 0) -> int:
    """End every session of an account except one; return how many that were."""
    ended = delete(SessionRow).where(SessionRow.account_id == account_id, SessionRow.id != but)
    return len(session.scalars(ended.returning(SessionRow.id)).all())
