"""Leaving while an issue is on its way: no letter that has not left yet leaves any more."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from books import send_to
from guest import Guest
from people import HEDY, KEYRING, NOW
from press import composer, issue, personaliser
from sqlalchemy import select

from digest import welcome
from digest.clock import Clock
from digest.delivery import ledger
from digest.delivery.audit import audit
from digest.delivery.pace import Pace
from digest.delivery.sender import Sender
from digest.delivery.settings import DeliverySettings, PaceSettings
from digest.delivery.state import DeliveryState
from digest.editions.store import Edition
from digest.mail.letter import Letter
from digest.processes import Processes
from digest.providers.memory import MemoryCarrier
from digest.tables import DeliveryRow, VariantRow
from storage.database import Database
from subscribers import signup
from subscribers.preferences import Preferences
from subscribers.signup import Application
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


ONE_BY_ONE = DeliverySettings(connections=1, batch=10, window=1)


def send(
    database: Database,
    edition: Edition,
    *,
    carrier: MemoryCarrier,
    folder: Path,
    settings: DeliverySettings = ONE_BY_ONE,
) -> None:
    """Send as one process does."""
    with database.read() as session:
        (variant,) = session.scalars(select(VariantRow.id))
    letters = personaliser(composer().compose(issue(), language="en"), of=issue())
    Sender(
        database,
        carrier=carrier,
        settings=settings,
        clock=Clock(),
        stop=threading.Event(),
        processes=Processes(folder),
        pace=Pace(database, settings=PaceSettings()),
    ).send(edition, personalisers={variant: letters})


def test_f21_who_joins_or_comes_back_in_mid_send_is_not_mailed_twice(
    database: Database, tmp_path: Path
) -> None:
    """Whoever confirms after the freeze waits for the next issue; whoever has it keeps one."""
    edition = send_to(database, readers=3)
    guest = Guest(database)
    with database.read() as session:
        first, *_ = session.scalars(select(DeliveryRow.subscriber_id).order_by(DeliveryRow.id))

    def come_and_go() -> None:
        with database.begin() as session:
            wanted = Application(mailbox=HEDY.mailbox, wishes=Preferences(), source="form")
            applied = welcome.apply(session, wanted, keyring=KEYRING, now=NOW)
            signup.confirm(
                session,
                confirmation_id=applied.confirmation_id,
                keyring=KEYRING,
                now=NOW,
                source="button",
            )
        path = guest.link("u", first, Purpose.UNSUBSCRIBE)
        guest.press(path, "Unsubscribe")
        guest.press(path, "Undo")

    carrier = Watched(come_and_go)
    for _ in range(2):
        send(database, edition, carrier=carrier, folder=tmp_path)
    assert sorted(letter.recipient for letter in carrier.letters) == [
        f"reader{n}@example.org" for n in range(3)
    ]
    with database.read() as session:
        assert audit(session) == []


@pytest.mark.parametrize("way", ["one click", "button"])
def test_f21_d3_r11_who_leaves_by_the_page_gets_no_letter_that_has_not_left(
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


def test_who_leaves_while_letters_are_claimed_as_they_leave_gets_none_either(
    database: Database, tmp_path: Path
) -> None:
    edition = send_to(database, readers=200)
    guest = Guest(database)
    with database.read() as session:
        *_, leaver, _, last = session.scalars(
            select(DeliveryRow.subscriber_id).order_by(DeliveryRow.id)
        )

    def leave() -> None:
        for reader in (leaver, last):
            path = guest.link("u", reader, Purpose.UNSUBSCRIBE)
            assert guest.ask("POST", path, data=ONE_CLICK).status_code == 200

    carrier = Watched(leave)
    fast = DeliverySettings(connections=1, batch=10, window=40)
    send(database, edition, carrier=carrier, folder=tmp_path, settings=fast)
    assert len({letter.recipient for letter in carrier.letters}) == len(carrier.letters) == 198
    with database.read() as session:
        assert audit(session) == []
        skipped = session.scalars(select(DeliveryRow).where(DeliveryRow.state == "skipped")).all()
        reasons = {row.subscriber_id: row.reason for row in skipped}
        assert ledger.counts(session, edition.id)[DeliveryState.ACCEPTED] == 198
    reason = "left before the letter was handed over"
    assert reasons == {leaver: reason, last: reason}
