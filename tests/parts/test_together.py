"""Writes in shared transactions, and statements that the driver runs, on both real databases."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.database import Database
from storage.settings import DatabaseSettings
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


@pytest.mark.usefixtures("reader")
def test_values_that_come_together_are_done_in_one_go_and_each_gets_its_own_result(
    database: Database,
) -> None:
    def count_on(session: Session, many: Sequence[int]) -> list[tuple[int, str]]:
        counted = _COUNT_ON.run_all(session, [{} for _ in many])
        return [(value, rows[0][0]) for value, rows in zip(many, counted, strict=True)]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: database.together_all(count_on, n), range(80)))
    assert [value for value, _ in answers] == list(range(80))
    assert sorted(int(counted) for _, counted in answers) == list(range(1, 81))


def test_a_statement_run_for_many_answers_in_their_order_or_fails_for_all(
    database: Database,
) -> None:
    many = [{"key": key, "status": Status.PENDING, "now": NOON} for key in "abca"]
    with database.begin() as session:
        assert _READER.run_all(session, []) == []
        rows = _READER.run_all(session, many[:3])
        found = session.execute(select(SubscriberRow.id).order_by(SubscriberRow.mailbox_key))
        assert [one[0] for [one] in rows] == list(found.scalars())
    with pytest.raises(IntegrityError), database.begin() as session:
        _READER.run_all(session, many[3:] + many[:1])
    with database.begin() as session:  # the connection is as good as before
        assert len(_READER.run_all(session, [{**many[0], "key": key} for key in "de"])) == len("de")


def test_a_connection_that_the_server_has_closed_is_replaced_before_it_is_used(
    database: Database,
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no server")
    with database.read() as session:
        old = session.scalars(text("SELECT pg_backend_pid()")).one()
    other = Database(DatabaseSettings(url=database.url.render_as_string(hide_password=False)))
    with other.begin() as session:  # waits until it has ended
        session.execute(text("SELECT pg_terminate_backend(:old, 10000)"), {"old": old})
    other.close()
    with database.read() as session:
        assert session.scalars(text("SELECT pg_backend_pid()")).one() != old


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
