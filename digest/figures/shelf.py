"""The place where figures are kept by name: what is put there replaces what was."""

from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from digest.tables import FigureRow
from storage.database import Database


def keep(database: Database, name: str, data: dict[str, Any], *, now: datetime) -> None:
    """Put data there that JSON can say, as it was counted now."""
    dialect = sqlite if database.is_sqlite else postgresql
    row = dialect.insert(FigureRow).values(name=name, counted_at=now, data=data)
    with database.begin() as session:
        session.execute(
            row.on_conflict_do_update(
                index_elements=[FigureRow.name], set_={"counted_at": now, "data": data}
            )
        )
