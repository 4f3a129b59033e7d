"""What readers choose, how they confirm, and the letters to them that are no issue."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_WAITING = sa.text("state IN ('pending', 'deferred')")


def upgrade() -> None:
    """Go one step up."""
    with op.batch_alter_table("subscriber", schema=None) as batch_op:
        batch_op.add_column(sa.Column("topics", sa.Text(), nullable=True))
        batch_op.add_column(_with_default("pace", "weekly"))
        batch_op.add_column(_with_default("format", "html"))
    _remake_confirmation()
    _make_the_small()
    _make_notice()


def _with_default(name: str, value: str) -> "sa.Column[str]":
    return sa.Column(name, sa.String(length=10), server_default=value, nullable=False)


def _time(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, storage.types.UTCDateTime(timezone=True), nullable=nullable)


def _remake_confirmation() -> None:
    """Make it anew: no version before this one wrote a row of it."""
    op.drop_table("confirmation")
    op.create_table(
        "confirmation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("mailbox_key", sa.String(length=64), nullable=True),
        sa.Column("wishes", sa.JSON(), nullable=False),
        _time("requested_at"),
        _time("expires_at"),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        _time("used_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_confirmation_subscriber_id_subscriber"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation")),
    )
    op.create_index(op.f("ix_confirmation_subscriber_id"), "confirmation", ["subscriber_id"])


def _make_the_small() -> None:
    op.create_table(
        "budget",
        sa.Column("name", sa.String(length=100), nullable=False),
        _time("since"),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_budget")),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        _time("created_at"),
        _time("used_at", nullable=True),
        _time("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("name", name=op.f("uq_api_key_name")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_key_key_hash")),
    )
    op.create_table(
        "feedback",
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_feedback_edition_id_edition")
        ),
        sa.PrimaryKeyConstraint("edition_id", "answer", name=op.f("pk_feedback")),
    )


def _make_notice() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("confirmation_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        _time("created_at"),
        _time("expires_at"),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("worker_id", sa.Integer(), nullable=True),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        _time("next_at", nullable=True),
        sa.Column("code", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        _time("ended_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_notice_subscriber_id_subscriber")
        ),
        sa.ForeignKeyConstraint(
            ["confirmation_id"],
            ["confirmation.id"],
            name=op.f("fk_notice_confirmation_id_confirmation"),
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_notice_worker_id_worker")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index(op.f("ix_notice_subscriber_id"), "notice", ["subscriber_id"])
    op.create_index(
        "ix_notice_waiting", "notice", ["id"], sqlite_where=_WAITING, postgresql_where=_WAITING
    )
