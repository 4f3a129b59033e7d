"""What the operator was told, and who was not reached by an issue."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.types import UTCDateTime

revision = "0016"
down_revision: str | None = "0015"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_NOT_REACHED = sa.text("state IN ('deferred', 'rejected', 'failed', 'skipped', 'unknown')")
_UNKNOWN = sa.text("state = 'unknown'")


def upgrade() -> None:
    """Go one step up."""
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=220), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("told_at", UTCDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("kind", "about", name=op.f("uq_alert_kind_about")),
    )
    op.create_index(
        "ix_delivery_not_reached",
        "delivery",
        ["edition_id", "id", "state"],
        sqlite_where=_NOT_REACHED,
        postgresql_where=_NOT_REACHED,
    )
    op.create_index(
        "ix_delivery_unknown",
        "delivery",
        ["edition_id", "id"],
        sqlite_where=_UNKNOWN,
        postgresql_where=_UNKNOWN,
    )
