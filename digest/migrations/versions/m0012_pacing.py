"""How fast letters may leave to each receiving provider."""

from collections.abc import Sequence

revision = "0012"
down_revision: str | None = "0011"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Go one step up."""
