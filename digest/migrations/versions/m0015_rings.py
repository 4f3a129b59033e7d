"""An issue that goes to a first ring of readers, and waits."""

from collections.abc import Sequence

revision = "0015"
down_revision: str | None = "0014"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Go one step up."""
