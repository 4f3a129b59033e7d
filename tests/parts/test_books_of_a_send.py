"""The books of a send, when somebody or something comes between: no answer is lost."""

import errno
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from books import send_to
from people import NOW
from sending import Office
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from digest.delivery import batches, journal
from digest.delivery.pace import Pace
from digest.delivery.state import DeliveryState
from digest.editions.state import EditionState
from digest.mail.letter import Letter
from digest.mail.outcome import Outcome
from digest.providers.carrier import Connection, Dot, Fate
from digest.providers.memory import MemoryCarrier, MemoryConnection
from storage.database import Database
from subscribers import audience, erasure
from subscribers.person import Person

READERS = 30


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    """Give an issue that one conversation sends to thirty readers."""
    return Office(database=database, edition=send_to(database, readers=READERS), folder=tmp_path)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_reader_who_is_erased_while_letters_are_permitted_is_skipped(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the statement that permits and the one that looks readers up."""
    look_up, calls = audience.readers, 0

    def readers(session: Session, *, subscriber_ids: Sequence[int]) -> list[Person]:
        nonlocal calls
        calls += 1
        if calls == 2:
            with office.database.begin() as other:
                other.execute(text("SET LOCAL lock_timeout = '5s'"))
                erasure.erase(other, subscriber_id=subscriber_ids[0], now=NOW, source="test")
        return look_up(session, subscriber_ids=subscriber_ids)

    monkeypatch.setattr(audience, "readers", readers)
    report = office.send(MemoryCarrier())
    assert report.state is EditionState.SENT
    assert office.counts == {
        DeliveryState.ACCEPTED: READERS - 1,
        DeliveryState.SKIPPED: 1,
    }


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_database_that_hung_up_on_a_sender_that_was_frozen_is_asked_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL ends a transaction in which nothing was said for too long."""
    claim, frozen = batches.claim, threading.Event()

    def freeze_first(session: Session, due: batches.Due) -> list[batches.Claim]:
        if not frozen.is_set():
            frozen.set()
            session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 50"))
            time.sleep(0.5)  # ten times as long as the server lets it
        return claim(session, due)

    monkeypatch.setattr(batches, "claim", freeze_first)
    report = office.send(MemoryCarrier())
    assert frozen.is_set()
    assert report.state is EditionState.SENT
    assert office.counts == {DeliveryState.ACCEPTED: READERS}


def test_a_database_that_is_busy_when_the_pace_is_asked_for_is_asked_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no letter leaves whose turn was not booked."""
    take, asked, booked = Pace.take, threading.Event(), list[int]()

    def busy_first(pace: Pace, letters: int, *, carrier: str = "") -> float:
        if not asked.is_set():
            asked.set()
            raise OperationalError("", None, Exception("database is locked"))
        booked.append(letters)
        return take(pace, letters, carrier=carrier)

    class Watched(MemoryCarrier):
        def keep(self, letter: Letter) -> None:
            super().keep(letter)
            assert sum(booked) >= len(self.letters)

    monkeypatch.setattr(Pace, "take", busy_first)
    report = office.send(Watched())
    assert asked.is_set()
    assert report.state is EditionState.SENT
    assert office.counts == {DeliveryState.ACCEPTED: READERS}


def test_an_answer_that_no_disk_has_room_for_is_kept_in_the_books(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    note, answers = journal._Place.answer, 0

    def answer(place: journal._Place, delivery_id: int, outcome: Outcome) -> None:
        nonlocal answers
        answers += 1
        if answers == 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        note(place, delivery_id, outcome)

    monkeypatch.setattr(journal._Place, "answer", answer)
    carrier = MemoryCarrier()
    with pytest.raises(OSError, match="No space left"):
        office.send(carrier)
    assert len(carrier.letters) == 10
    assert office.counts == {
        DeliveryState.ACCEPTED: 10,
        DeliveryState.PENDING: READERS - 10,
    }


class _Retrying(MemoryCarrier):
    """Asks for each dot twice: the first conversation was over, the next one takes it."""

    def connect(self) -> Connection:
        return _Again(self)


class _Again(MemoryConnection):
    def hand_over(self, letters: Iterable[Letter], *, dot: Dot) -> Iterator[Fate]:
        return super().hand_over((letter for letter in letters if dot(letter)), dot=dot)


def test_a_letter_that_is_given_once_more_has_one_dot_for_its_one_answer(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else who looks back takes it for one that nobody can know about."""
    dot, dots = journal._Place.dot, list[int]()

    def note(place: journal._Place, delivery_id: int) -> None:
        dots.append(delivery_id)
        dot(place, delivery_id)

    monkeypatch.setattr(journal._Place, "dot", note)
    office.send(_Retrying())
    assert len(dots) == len(set(dots)) == READERS
