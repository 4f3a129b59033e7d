"""Budgets: how often something may be asked for, of one address, network, domain, and by all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage.statement import Rows, Statement
from subscribers.tables import BudgetRow

WINDOW = timedelta(hours=1)
_KEPT = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Budget:
    """An allowance of so many in an hour, or in whatever window it is spent with.

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


def spend(
    session: Session, budgets: Sequence[Budget], *, now: datetime, window: timedelta = WINDOW
) -> list[Spent]:
    """Use each of these once, in one statement; return those that were used up before.

    Roll back where one that is not quiet was used up: then nothing has been used. The rows are
    locked in the order of their names, so that two transactions never wait for each other.
    """
    [spent] = spend_all(session, [budgets], now=now, window=window)
    return spent


def spend_all(
    session: Session,
    many: Sequence[Sequence[Budget]],
    *,
    now: datetime,
    window: timedelta = WINDOW,
) -> list[list[Spent]]:
    """Do what `spend` does for several requests, one after the other."""
    found: list[list[Spent]] = [[] for _ in many]
    for count in {len(budgets) for budgets in many if budgets}:  # a statement for each
        places = [place for place, budgets in enumerate(many) if len(budgets) == count]
        values = [_values(many[place], now=now, over=now - window) for place in places]
        for place, rows in zip(places, _spending(count).run_all(session, values), strict=True):
            found[place] = _over(many[place], rows, window=window)
    return found


def _values(budgets: Sequence[Budget], *, now: datetime, over: datetime) -> dict[str, Any]:
    names = sorted(budget.name for budget in budgets)
    return {"now": now, "over": over} | {f"name{n}": name for n, name in enumerate(names)}


def _over(budgets: Sequence[Budget], rows: Rows, *, window: timedelta) -> list[Spent]:
    used = {name: (since, count) for name, since, count in rows}
    return [
        Spent(budget=budget, free_at=used[budget.name][0] + window)
        for budget in budgets
        if used[budget.name][1] > budget.most
    ]


def is_stale(session: Session, *, now: datetime) -> bool:
    """Whether there is anything to forget; only reads."""
    stale = select(BudgetRow.name).where(BudgetRow.since < now - _KEPT).limit(1)
    return session.scalar(stale) is not None


def forget(session: Session, *, now: datetime) -> None:
    """Forget what was asked for a day ago and more: who asked is of no use any longer."""
    session.execute(delete(BudgetRow).where(BudgetRow.since < now - _KEPT))


@cache
def _spending(count: int) -> Statement:
    rows = ", ".join(f"(:name{n}, :now, 1)" for n in range(count))
    return Statement(_SPENDING.format(rows=rows), times=(1,))


_SPENDING = """
INSERT INTO budget (name, since, used) VALUES {rows}
ON CONFLICT (name) DO UPDATE SET
    since = CASE WHEN budget.since <= :over THEN excluded.since ELSE budget.since END,
    used = CASE WHEN budget.since <= :over THEN 1 ELSE budget.used + 1 END
RETURNING name, since, used
"""
