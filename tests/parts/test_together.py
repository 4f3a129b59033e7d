"""Writes in shared transactions, and statements that the driver runs, on both real databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.database import Database
from storage.statement import Statement
from subscribers.tables import ConfirmationRow, Status, SubscriberRow

NOON = datetime(2026, 6, 12, 12, 0, tzinfo=UTC)
_COUNT_ON = Statement(
    "UPDATE subscriber SET language = CAST(CAST(language AS integer) + 1 AS varchar(35))"
    " RETURNING language"
)
_READER = Statement(
    "INSERT INTO subscriber (mailbox_key, language, status, created_at, pace, format)"
    " VALUES (:key, '0', :status, :now, 'weekly', 'html') RETURNING id, created_at",
    times=(1,),
)


@pytest.fixture
def reader(database: Database) -> int:
    """Somebody whose language is a number that can be counted on."""
    with database.begin() as session:
        [(number, _)] = _READER.run(session, {"key": "a", "status": Status.PENDING, "now": NOON})
    return int(number)


def language(database: Database) -> str:
    with database.read() as session:
        return session.scalars(select(SubscriberRow.language)).one()


@pytest.mark.usefixtures("reader")
def test_many_threads_share_transactions_and_each_gets_its_own_answer(database: Database) -> None:
    def count_on(_: int) -> str:
        return database.together(lambda session: str(_COUNT_ON.run(session, {})[0][0]))

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(count_on, range(80)))
    assert sorted(map(int, answers)) == list(range(1, 81))
    assert language(database) == "80"


class UnluckyError(Exception):
    """What the work of a test raises."""


@pytest.mark.usefixtures("reader")
def test_whoever_fails_in_a_shared_transaction_fails_alone(database: Database) -> None:
    def unlucky(session: Session) -> str:
        _COUNT_ON.run(session, {})
        raise UnluckyError

    def lucky(session: Session) -> str:
        return str(_COUNT_ON.run(session, {})[0][0])

    def attempt(number: int) -> str:
        work: Callable[[Session], str] = lucky if number % 2 else unlucky
        try:
            return database.together(work)
        except UnluckyError:
            return "failed"

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(attempt, range(40)))
    assert answers[::2] == ["failed"] * 20
    assert sorted(map(int, answers[1::2])) == list(range(1, 21))
    assert language(database) == "20"


def test_a_statement_keeps_times_words_and_wishes_as_sqlalchemy_reads_them(
    database: Database, reader: int
) -> None:
    berlin = datetime(2026, 6, 12, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    note = Statement(
        "INSERT INTO confirmation (subscriber_id, purpose, wishes, requested_at, expires_at,"
        " tries_left) VALUES (:whose, 'signup', :wishes, :at, :at, 5)"
        " RETURNING requested_at, used_at",
        times=(0, 1),
    )
    values = {"whose": reader, "wishes": {"topics": ["a:b", "100 %"]}, "at": berlin}
    with database.begin() as session:
        assert note.run(session, values) == [(NOON, None)]
        assert note.run(session, values)[0][0].utcoffset() == timedelta(0)
    with database.read() as session:
        row = session.scalars(select(ConfirmationRow)).first()
    assert row is not None
    assert (row.requested_at, row.wishes) == (NOON, {"topics": ["a:b", "100 %"]})


@pytest.mark.usefixtures("reader")
def test_a_statement_fails_as_others_do_and_tells_no_values(database: Database) -> None:
    values = {"key": "a", "status": Status.PENDING, "now": NOON}
    with pytest.raises(IntegrityError) as told, database.begin() as session:
        _READER.run(session, values)
    assert "2026" not in str(told.value)
    with pytest.raises(ValueError, match="attach a time zone"), database.begin() as session:
        _READER.run(session, {**values, "now": NOON.replace(tzinfo=None)})
