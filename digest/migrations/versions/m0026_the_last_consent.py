"""An index that finds somebody's last consent, however little the database knows of the table."""

from collections.abc import Sequence

from alembic import op

revision = "0026"
down_revision: str | None = "0025"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Go one step up."""
    op.create_index("ix_consent_event_subscriber_id_id", "consent_event", ["subscriber_id", "id"])
    op.drop_index("ix_consent_event_subscriber_id", table_name="consent_event")
