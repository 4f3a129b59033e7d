"""The sender with a carrier that breaks down, on both databases."""

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from books import send_to
from press import composer, issue, personaliser
from sqlalchemy import select

from digest.clock import Clock
from digest.delivery import ledger
from digest.delivery.audit import audit
from digest.delivery.pace import Pace
from digest.delivery.sender import Sender, SendReport
from digest.delivery.settings import DeliverySettings, PaceSettings
from digest.delivery.state import DeliveryState
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.mail.letter import Letter
from digest.processes import Processes
from digest.providers.capabilities import EVERYTHING
from digest.providers.carrier import Connection, Dot, Fate
from digest.providers.memory import MemoryCarrier, MemoryConnection
from digest.tables import VariantRow, WorkerRow
from storage.database import Database

POISON = "reader1@example.org"


class Stumbling:
    """A carrier with a mistake in it: it raises at one reader's letter."""

    name = "stumbling"
    capabilities = EVERYTHING

    def __init__(self, fault: Callable[[], Exception]) -> None:
        self.memory = MemoryCarrier()
        self._fault = fault

    def connect(self) -> Connection:
        """Give a connection that raises."""
        return _Conversation(self.memory, self._fault)

    def check(self) -> str | None:
        """Find nothing in the way."""
        return None


class _Conversation:
    def __init__(self, memory: MemoryCarrier, fault: Callable[[], Exception]) -> None:
        self._within = MemoryConnection(memory)
        self._fault = fault

    def hand_over(self, letters: Iterable[Letter], *, dot: Dot) -> Iterator[Fate]:
        """Raise at the one letter, keep the others."""
        return self._within.hand_over(map(self._stumble, letters), dot=dot)

    def _stumble(self, letter: Letter) -> Letter:
        if letter.recipient == POISON:
            raise self._fault()
        return letter

    def close(self) -> None:
        """Say goodbye."""
        self._within.close()


def send(database: Database, edition: Edition, *, carrier: Stumbling, folder: Path) -> SendReport:
    """Send as one process does."""
    sender = Sender(
        database,
        carrier=carrier,
        settings=DeliverySettings(connections=1, batch=10),
        clock=Clock(),
        stop=threading.Event(),
        processes=Processes(folder),
        pace=Pace(database, settings=PaceSettings()),
    )
    with database.read() as session:
        (variant,) = session.scalars(select(VariantRow.id))
    letters = personaliser(composer().compose(issue(), language="en"), of=issue())
    return sender.send(edition, personalisers={variant: letters})


def counts(database: Database, edition: Edition) -> dict[DeliveryState, int]:
    with database.read() as session:
        assert audit(session) == []
        assert session.scalars(select(WorkerRow)).all() == []  # each signed off
        return ledger.counts(session, edition.id)


def test_a_letter_that_breaks_the_sender_stops_the_others_for_three_runs_at_most(
    database: Database, tmp_path: Path
) -> None:
    edition = send_to(database, readers=4)
    carrier = Stumbling(lambda: RuntimeError("a mistake"))
    for _ in range(ledger.MAX_CRASHES):
        with pytest.raises(RuntimeError, match="a mistake"):
            send(database, edition, carrier=carrier, folder=tmp_path)
    report = send(database, edition, carrier=carrier, folder=tmp_path)
    assert report.state is EditionState.SENT
    assert counts(database, edition) == {DeliveryState.ACCEPTED: 3, DeliveryState.FAILED: 1}
    assert sorted(letter.recipient for letter in carrier.memory.letters) == [
        "reader0@example.org",
        "reader2@example.org",
        "reader3@example.org",
    ]


def test_a_sender_leaves_no_file_behind(database: Database, tmp_path: Path) -> None:
    edition = send_to(database, readers=2)
    carrier = Stumbling(lambda: RuntimeError("a mistake"))
    with pytest.raises(RuntimeError):
        send(database, edition, carrier=carrier, folder=tmp_path)
    assert list(tmp_path.glob("*.lock")) == []
    assert list(tmp_path.glob("*.notes")) == []
