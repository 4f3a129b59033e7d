"""The database keeps the evidence of consent, whoever asks it to change or to delete some."""

import pytest
from people import ADA, NOW, subscribe
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from digest import forget
from storage.database import Database
from subscribers import consent
from subscribers.tables import ConsentKind

CHANGES = [
    "UPDATE consent_event SET source = 'somewhere else'",
    "UPDATE consent_event SET evidence = '{}'",
    "UPDATE consent_event SET at = created_at FROM subscriber",
    "UPDATE consent_event SET kind = 'unsubscribed'",
    "DELETE FROM consent_event",
]
CHANGES_OF_THE_ERASED = [
    """UPDATE consent_event SET evidence = '{"address": "x@example.org"}'""",
    "UPDATE consent_event SET kind = 'imported'",
    "UPDATE consent_event SET id = id + 100",
    "DELETE FROM consent_event",
]


def ada(database: Database) -> int:
    with database.begin() as session:
        return subscribe(session, ADA)[0]


def refused(database: Database, statement: str) -> None:
    with pytest.raises(IntegrityError, match="only ever added"), database.begin() as session:
        session.execute(text(statement))


@pytest.mark.parametrize("statement", CHANGES)
def test_of_a_reader_nothing_is_changed_or_deleted(database: Database, statement: str) -> None:
    ada(database)
    refused(database, statement)


@pytest.mark.parametrize("statement", CHANGES_OF_THE_ERASED)
def test_of_the_erased_nothing_is_added_or_deleted(database: Database, statement: str) -> None:
    who = ada(database)
    with database.begin() as session:
        forget.erase(session, subscriber_id=who, now=NOW, source="by request")
    refused(database, statement)


def test_what_tells_who_the_erased_were_may_be_taken_out(database: Database) -> None:
    who = ada(database)
    with database.begin() as session:
        evidence = {"address": ADA.email, "consent": {"text": "Ünd 100 %", "version": "1"}}
        consent.record(
            session, subscriber_id=who, kind=ConsentKind.CHANGED, source=ADA.email,
            now=NOW, evidence=evidence,
        )  # fmt: skip
        forget.erase(session, subscriber_id=who, now=NOW, source="by request")
    with database.read() as session:
        _, changed, _ = consent.history(session, subscriber_id=who)
    assert (changed.source, changed.evidence) == ("(address)", {"consent": evidence["consent"]})


def test_postgres_does_not_empty_the_table_either(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no TRUNCATE")
    ada(database)
    refused(database, "TRUNCATE consent_event")
