"""Mailbox keys become shorter: of a mailbox's hash 80 bits tell all mailboxes apart.

So do those that a move keeps, to be undone; the step before this one forgot them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision: str | None = "0024"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_DIGITS = 20  # hexadecimal


def upgrade() -> None:
    """Go one step up."""
    for name in ("subscriber", "confirmation", "suppression", "delivery"):
        table = sa.table(name, sa.column("mailbox_key", sa.String))
        key = table.c.mailbox_key
        op.execute(
            sa.update(table)
            .where(sa.func.length(key) > _DIGITS)
            .values(mailbox_key=sa.func.substr(key, 1, _DIGITS))
        )
    _shorten_cards()


def _shorten_cards() -> None:
    table = sa.table("confirmation", sa.column("id"), sa.column("wishes", sa.JSON))
    moved = sa.select(table).where(sa.cast(table.c.wishes, sa.Text).contains("mailbox_key"))
    connection = op.get_bind()
    for id_, wishes in connection.execute(moved).all():
        shorter = {name: _card(value) for name, value in wishes.items()}
        connection.execute(sa.update(table).where(table.c.id == id_).values(wishes=shorter))


def _card(value: Any) -> Any:
    if not isinstance(value, Mapping) or not value.get("mailbox_key"):
        return value
    return {**value, "mailbox_key": value["mailbox_key"][:_DIGITS]}
