"""An issue that goes to a first ring of readers, and waits; an index to count complaints by."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.types import UTCDateTime

revision = "0015"
down_revision: str | None = "0014"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_GRAVE = sa.text("kind IN ('refused', 'hard bounce', 'complaint')")


def upgrade() -> None:
    """Go one step up."""
    op.create_table(
        "ring",
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("served_at", UTCDateTime(), nullable=True),
        sa.Column("stopped_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_ring_edition_id_edition")
        ),
        sa.PrimaryKeyConstraint("edition_id", name=op.f("pk_ring")),
    )
    op.drop_index("ix_event_refused", "event")
    op.create_index(
        "ix_event_grave",
        "event",
        ["edition_id", "kind"],
        sqlite_where=_GRAVE,
        postgresql_where=_GRAVE,
    )
