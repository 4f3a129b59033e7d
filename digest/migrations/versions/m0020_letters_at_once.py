"""How many letters a receiving provider takes at once, and when it asked for fewer."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.types import UTCDateTime

revision = "0020"
down_revision: str | None = "0019"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Go one step up."""
    op.add_column("flow", sa.Column("at_once", sa.Float(), nullable=True))
    op.add_column("flow", sa.Column("asked_at", UTCDateTime(), nullable=True))
