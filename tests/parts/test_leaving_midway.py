"""Leaving while an issue is on its way: no letter that has not left yet leaves any more."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from books import send_to
from guest import Guest
from press import composer, issue, personaliser
from sqlalchemy import select

from digest.clock import Clock
from digest.delivery import ledger
from digest.delivery.audit import audit
from digest.delivery.pace import Pace, PaceSettings
from digest.delivery.sender import Sender
from digest.delivery.settings import DeliverySettings
from digest.delivery.state import DeliveryState
from digest.editions.store import Edition
from digest.mail.letter import Letter
from digest.processes import Processes
from digest.providers.memory import MemoryCarrier
from digest.tables import DeliveryRow, VariantRow
from storage.database import Database
from subscribers.tokens import Purpose

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


class Watched(MemoryCarrier):
    """A carrier that tells when it has the first letter."""

    def __init__(self, then: Callable[[], None]) -> None:
        super().__init__()
        self._then = then

    def keep(self, letter: Letter) -> None:
        """Keep it, and tell."""
        super().keep(letter)
        if len(self.letters) == 1:
            self._then()


def send(database: Database, edition: Edition, *, carrier: MemoryCarrier, folder: Path) -> None:
    """Send as one process does, one letter after the other."""
    with database.read() as session:
        (variant,) = session.scalars(select(VariantRow.id))
    letters = personaliser(composer().compose(issue(), language="en"), of=issue())
    Sender(
        database,
        carrier=carrier,
        settings=DeliverySettings(connections=1, batch=10, window=1),
        clock=Clock(),
        stop=threading.Event(),
        processes=Processes(folder),
        pace=Pace(database, settings=PaceSettings()),
    ).send(edition, personalisers={variant: letters})


@pytest.mark.parametrize("way", ["one click", "button"])
def test_d3_r11_who_leaves_by_the_page_gets_no_letter_that_has_not_left(
    database: Database, tmp_path: Path, way: str
) -> None:
    edition = send_to(database, readers=4)
    guest = Guest(database)
    with database.read() as session:
        _, second, _, fourth = session.scalars(
            select(DeliveryRow.subscriber_id).order_by(DeliveryRow.id)
        )

    def leave() -> None:
        for reader in (second, fourth):
            path = guest.link("u", reader, Purpose.UNSUBSCRIBE)
            if way == "button":
                guest.press(path, "Unsubscribe")
            else:
                assert guest.ask("POST", path, data=ONE_CLICK).status_code == 200

    carrier = Watched(leave)
    send(database, edition, carrier=carrier, folder=tmp_path)
    assert [letter.recipient for letter in carrier.letters] == [
        "reader0@example.org",
        "reader2@example.org",
    ]
    with database.read() as session:
        counts = ledger.counts(session, edition.id)
        assert audit(session) == []
        rows = session.scalars(select(DeliveryRow).where(DeliveryRow.state == "skipped"))
        assert {row.subscriber_id for row in rows} == {second, fourth}
    assert counts == {DeliveryState.ACCEPTED: 2, DeliveryState.SKIPPED: 2}
