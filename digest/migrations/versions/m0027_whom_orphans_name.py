"""What came back about a letter that is not known keeps whom it names, as keys of a mailbox."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision: str | None = "0026"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Go one step up."""
    op.add_column("orphan", sa.Column("mailboxes", sa.Text()))
