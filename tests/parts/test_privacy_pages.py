"""What a reader is given of their own data, and what is left of it after they have it deleted."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from books import send_to
from guest import Guest
from people import ADA, GRACE, KEYRING, NOW, Character, subscribe
from sqlalchemy import select, text

from digest.tables import Base, DeliveryRow, NoticeRow
from storage.database import Database
from subscribers import directory, preferences, suppression
from subscribers.preferences import Preferences
from subscribers.tables import Status
from subscribers.tokens import Purpose

HOUR = timedelta(hours=1)
READER = Character(name="Reader 0", email="reader0@example.org")


@pytest.fixture
def guest(database: Database) -> Guest:
    return Guest(database)


def me(guest: Guest, subscriber_id: int) -> str:
    return guest.link("me", subscriber_id, Purpose.MANAGE, until=NOW + HOUR)


def test_the_download_is_everything_we_hold_about_this_reader_only(guest: Guest) -> None:
    send_to(guest.database, readers=2)
    with guest.database.begin() as session:
        known = directory.find(session, mailbox=READER.mailbox, keyring=KEYRING)
        assert known is not None
        wanted = Preferences(topics=("storage",), language="de")
        preferences.change(session, subscriber_id=known.id, to=wanted, now=NOW, source="page")
    guest.press(guest.link("l", known.id, Purpose.ASK), "Send the link")
    guest.ask("POST", me(guest, known.id) + "/address", data={"email": "new@example.org"})
    answer = guest.get(me(guest, known.id) + "/data.json")
    assert answer.headers["content-type"] == "application/json"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    held = json.loads(answer.text)
    assert held["subscriber"]["address"] == READER.email
    assert held["preferences"]["topics"] == ["storage"]
    assert [event["kind"] for event in held["consent"]] == ["added", "changed"]
    assert [(one["period"], one["state"]) for one in held["issues"]] == [("2026-W24", "pending")]
    assert [notice["kind"] for notice in held["notices"]] == ["link", "address"]
    assert [one["address"] for one in held["confirmations"]] == ["new@example.org"]
    assert held["suppression"] is None
    assert "reader1@" not in answer.text


def test_every_table_that_names_a_person_stands_in_the_download() -> None:
    """A table with a subscriber's id that is added later must be told of as well."""
    told = {"consent_event", "confirmation", "delivery", "event", "notice"}
    there = {table.name for table in Base.metadata.tables.values() if "subscriber_id" in table.c}
    assert there == told


def test_deleting_asks_twice_by_pages_and_leaves_no_address_anywhere(guest: Guest) -> None:
    with guest.database.begin() as session:
        ada, grace = subscribe(session, ADA, GRACE)
    guest.ask("POST", me(guest, ada) + "/address", data={"email": "ada@new.example"})
    page = guest.get(me(guest, ada) + "/privacy")
    assert "<button" not in page.text
    assert f"{me(guest, ada)}/erase" in page.text
    asked = guest.get(me(guest, ada) + "/erase")
    assert asked.text.count("<button") == 1
    assert "It cannot be undone." in asked.text
    done = guest.press(me(guest, ada) + "/erase", "Delete everything")
    assert "Everything about you is deleted." in done.text
    assert guest.get(me(guest, ada)).status_code == 404
    with guest.database.read() as session:
        member = directory.get(session, subscriber_id=ada)
        key = KEYRING.mailbox_keys(ADA.mailbox.canonical)
        barrier = suppression.find(session, mailbox_keys=key)
        everything = _dump(guest.database)
    assert member.status is Status.ERASED
    assert barrier is not None
    assert barrier.reason == "erasure"
    for trace in (ADA.email, "ada@new.example", "Ada"):
        assert trace not in everything
    assert GRACE.email in everything
    assert guest.get(me(guest, grace)).status_code == 200
    if guest.database.is_sqlite:
        file = Path(str(guest.database.url.database))
        for one in (file, file.with_name(f"{file.name}-wal")):
            assert ADA.email.encode() not in one.read_bytes()


def _dump(database: Database) -> str:
    """Write out every row of every table."""
    with database.read() as session:
        return "\n".join(
            str(tuple(row))
            for table in Base.metadata.tables
            for row in session.execute(text(f'SELECT * FROM "{table}"'))  # noqa: S608 - our names
        )


def test_letters_of_one_person_are_not_shown_to_another(guest: Guest) -> None:
    send_to(guest.database, readers=2)
    with guest.database.read() as session:
        owners = session.scalars(select(DeliveryRow.subscriber_id)).all()
    first, second = (json.loads(guest.get(me(guest, one) + "/data.json").text) for one in owners)
    assert first["subscriber"]["address"] != second["subscriber"]["address"]
    assert len(first["issues"]) == len(second["issues"]) == 1
    with guest.database.read() as session:
        assert session.scalars(select(NoticeRow)).all() == []
