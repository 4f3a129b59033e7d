"""Budgets: how often something may be asked for, of one address, network, domain, and by all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from storage.bulk import BulkStatement
from subscribers.tables import BudgetRow

WINDOW = timedelta(hours=1)
LETTERS = "letters "
"""Before the hash of a mailbox: the letters that it did not answer, and when the last was sent."""
REST = timedelta(days=90)
"""For so long nobody is written to who did not answer; then their letters are forgotten.

A stranger may type an address every day: so its owner gets twelve letters a year at the most. For
ever would let the stranger keep the owner out.
"""
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
    """Do what `spend` does for several requests, one after the other, in one statement."""
    asked = Counter(budget.name for budgets in many for budget in budgets)
    rows = _SPENDING.run(
        session,
        [{"name": name, "used": used} for name, used in asked.items()],
        now=now,
        over=now - window,
    )
    used = {name: total - asked[name] for name, _, total in rows}
    free_at = {name: since + window for name, since, _ in rows}
    return [
        [
            Spent(budget=budget, free_at=free_at[budget.name])
            for budget in budgets
            if _use(used, budget) > budget.most
        ]
        for budgets in many
    ]


def _use(used: dict[str, int], budget: Budget) -> int:
    """Count one use, and return how many there are now."""
    used[budget.name] += 1
    return used[budget.name]


def remember(session: Session, letters: Iterable[tuple[str, int, datetime]]) -> None:
    """Keep how many letters mailboxes did not answer, and the last one's time, by their hashes.

    It is for those of whom nothing else is kept: they would be written to again from the start.
    """
    rows = [{"key": key, "used": used, "since": since} for key, used, since in letters]
    _REMEMBERING.run(session, rows, letters=LETTERS)


def is_stale(session: Session, *, now: datetime) -> bool:
    """Whether there is anything to forget; only reads."""
    return session.scalar(select(BudgetRow.name).where(_is_over(now)).limit(1)) is not None


def forget(session: Session, *, now: datetime) -> None:
    """Forget what was asked for a day ago and more: who asked is of no use any longer.

    Letters that nobody answered are forgotten after `REST`.
    """
    session.execute(delete(BudgetRow).where(_is_over(now)))


def _is_over(now: datetime) -> ColumnElement[bool]:
    of_letters = BudgetRow.name.startswith(LETTERS)
    return (BudgetRow.since < now - _KEPT) & ~of_letters | (BudgetRow.since <= now - REST)


_REMEMBERING = BulkStatement(
    """
    INSERT INTO budget (name, since, used)
    SELECT :letters || "row".key, "row".since, "row".used FROM {rows}
    WHERE true ORDER BY "row".key
    ON CONFLICT (name) DO UPDATE SET since = excluded.since, used = budget.used + excluded.used
    """,
    columns={"key": "text", "used": "integer", "since": "timestamptz"},
)
_SPENDING = BulkStatement(
    """
    INSERT INTO budget (name, since, used)
    SELECT "row".name, :now, "row".used FROM {rows} WHERE true ORDER BY "row".name
    ON CONFLICT (name) DO UPDATE SET
        since = CASE WHEN budget.since <= :over THEN excluded.since ELSE budget.since END,
        used = CASE
            WHEN budget.since <= :over THEN excluded.used ELSE budget.used + excluded.used
        END
    RETURNING name, since, used
    """,
    columns={"name": "text", "used": "integer"},
    times=(1,),
)
