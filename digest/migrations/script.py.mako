"""${message}."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.types

revision = ${repr(up_revision)}
down_revision: str | None = ${repr(down_revision)}
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Go one step up."""
    ${upgrades if upgrades else "pass"}
