"""The tables of the console's accounts: who may sign in, and who is signed in."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.types import UTCDateTime


class AccountRow(Base):
    """Somebody who may sign in to the console.

    ``key`` is the name in one spelling. ``totp_salt`` is half of the second factor's secret: the
    other half is the installation's, outside the database. ``totp_step`` is the last code's, which
    counts no second time. Of a sign-in link only the hash is kept, and only until it is used.
    """

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    email: Mapped[str | None] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_salt: Mapped[str | None] = mapped_column(String(64))
    totp_step: Mapped[int | None] = mapped_column()
    link_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    link_ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class IdentityRow(Base):
    """Somebody at an identity provider, who is the owner of an account here.

    An address can pass to somebody else, ``subject`` never does (OpenID Connect Core 5.7). Where
    the provider's groups ``made`` the account, they say its role from then on.
    """

    __tablename__ = "account_identity"
    __table_args__ = (UniqueConstraint("account_id", "issuer"),)

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    made: Mapped[bool] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class RecoveryCodeRow(Base):
    """One of the codes that stand in for a lost second factor, each of them once."""

    __tablename__ = "recovery_code"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)


class SessionRow(Base):
    """One browser that is signed in, found by the hash of what its cookie holds.

    ``network`` is where it signed in from, cut to /24 or /48.
    """

    __tablename__ = "account_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    network: Mapped[str] = mapped_column(String(50))
    agent: Mapped[str] = mapped_column(String(200))
