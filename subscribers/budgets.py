"""Budgets: how often something may be asked for, of one address, network, domain, and by all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, case, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from subscribers.tables import BudgetRow

WINDOW = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Budget:
    """An allowance of so many in an hour.

    ``name`` must tell neither an address nor a network: see `Keyring.budget_key`. When a ``quiet``
    one is used up nobody may notice.
    """

    name: str
    most: int
    quiet: bool = False


@dataclass(frozen=True, kw_only=True)
class Spent:
    """An allowance that is used up, until ``free_at``."""

    budget: Budget
    free_at: datetime


def spend(session: Session, budgets: Sequence[Budget], *, now: datetime) -> list[Spent]:
    """Use each of these once, in one statement; return those that were used up before.

    Roll back where one that is not quiet was used up: then nothing has been used. The rows are
    locked in the order of their names, so that two transactions never wait for each other.
    """
    if not budgets:
        return []
    connection = session.connection()
    values: dict[str, Any] = {"now": now, "over": now - WINDOW}
    values |= {f"name{n}": name for n, name in enumerate(sorted(b.name for b in budgets))}
    used = connection.execute(_spending(connection.dialect.name, len(budgets)), values)
    found = {row.name: row for row in used}
    return [
        Spent(budget=budget, free_at=found[budget.name].since + WINDOW)
        for budget in budgets
        if found[budget.name].used > budget.most
    ]


@cache
def _spending(dialect: str, count: int) -> Executable:
    """Build the statement once: that takes longer than the database takes over it."""
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    now = bindparam("now", type_=BudgetRow.since.type)
    statement = insert(BudgetRow).values(
        [{"name": bindparam(f"name{n}"), "since": now, "used": 1} for n in range(count)]
    )
    is_over = BudgetRow.since <= bindparam("over", type_=BudgetRow.since.type)
    return statement.on_conflict_do_update(
        index_elements=[BudgetRow.name],
        set_={
            "since": case((is_over, statement.excluded.since), else_=BudgetRow.since),
            "used": case((is_over, literal_column("1")), else_=BudgetRow.used + 1),
        },
    ).returning(BudgetRow.name, BudgetRow.since, BudgetRow.used)
