"""Indexes that hold only the rows that wait or are held, and the pace that all senders share."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_WAITING = sa.text("state IN ('pending', 'deferred')")
_HELD = sa.text("worker_id IS NOT NULL")


def upgrade() -> None:
    """Go one step up."""
    op.create_table(
        "pace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("next_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pace")),
        sa.UniqueConstraint("name", name=op.f("uq_pace_name")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_edition_id_state_id"))
        batch_op.drop_index(batch_op.f("ix_delivery_worker_id"))
        batch_op.create_index(
            "ix_delivery_held",
            ["worker_id"],
            unique=False,
            sqlite_where=_HELD,
            postgresql_where=_HELD,
        )
        batch_op.create_index(
            "ix_delivery_waiting",
            ["edition_id", "id"],
            unique=False,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        )
