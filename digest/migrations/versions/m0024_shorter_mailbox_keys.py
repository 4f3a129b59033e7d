"""Half of a mailbox's hash is kept: 128 bit tell mailboxes apart, and random keys cost by length.

Deliveries have never kept more.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision: str | None = "0023"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_LONG, _SHORT = 64, 32  # hexadecimal digits


def upgrade() -> None:
    """Go one step up."""
    for name in ("subscriber", "confirmation", "suppression"):
        table = sa.table(name, sa.column("mailbox_key", sa.String))
        key = table.c.mailbox_key
        op.execute(
            sa.update(table)
            .where(sa.func.length(key) == _LONG)
            .values(mailbox_key=sa.func.substr(key, 1, _SHORT))
        )
