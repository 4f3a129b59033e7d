"""Where the date of each post was read."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Go one step up; of the posts that are there already, nobody knows it any more."""
    op.add_column("post", sa.Column("dated_by", sa.String(length=20), nullable=True))
