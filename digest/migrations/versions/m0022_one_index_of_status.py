"""The index of status and id does what the one of status alone did; every new reader pays less."""

from collections.abc import Sequence

from alembic import op

revision = "0022"
down_revision: str | None = "0021"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Go one step up."""
    op.drop_index("ix_subscriber_status", table_name="subscriber")
