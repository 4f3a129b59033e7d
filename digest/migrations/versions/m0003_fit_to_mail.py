"""What was repaired in a post, why one is held, and what stands in quarantine."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Go one step up."""
    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shape", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("alarm", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("alarm_reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("quarantined_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.add_column(sa.Column("raw_title", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("raw_summary", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("rules", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(
            sa.Column("fitness", sa.String(length=12), server_default="clean", nullable=False)
        )
        batch_op.add_column(sa.Column("looked_up_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("alarm", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("decision", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("freed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_post_alarm"), ["alarm"], unique=False)
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no lengths, and would copy it all
        op.alter_column(
            "post", "held", existing_type=sa.String(length=40), type_=sa.String(length=100)
        )
    _move_floods()


def _move_floods() -> None:
    """Turn posts that the old flood guard held into a quarantine that can be released."""
    op.execute("UPDATE post SET alarm = held, held = NULL WHERE held = 'flood'")
    op.execute(
        "UPDATE source SET alarm = 'flood',"
        " alarm_reason = 'many of its new posts were older than its last reading',"
        " quarantined_at = (SELECT max(first_seen_at) FROM post"
        " WHERE post.source_id = source.id AND post.alarm IS NOT NULL)"
        " WHERE id IN (SELECT source_id FROM post WHERE alarm IS NOT NULL)"
    )
