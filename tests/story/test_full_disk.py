"""The disk is full: nothing leaves without its intent, and the week goes on when there is room.

SQLite gives the same error at its page limit; PostgreSQL has no such limit to set.
"""

import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError
from world import World

from digest import weekly
from digest.delivery import ledger
from digest.delivery.state import DeliveryState
from digest.editions.state import EditionState

if TYPE_CHECKING:
    from digest.app import App

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FRIDAY = "2026-06-12T07:00"
READERS = 300
LEASE = 1.0  # seconds; with less a slow machine takes a busy sender for dead


@pytest.fixture
def crowded(world: World) -> World:
    """Give a world with many readers."""
    world.settings["delivery"] = {"connections": 1, "lease_seconds": LEASE}
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers(*(f"reader{n}@example.org" for n in range(READERS)))
    return world


def fill(engine: Engine, *, spare: int) -> None:
    """Leave the database room for so many pages more, as far as this engine is concerned."""
    with engine.connect() as connection:
        limit = connection.execute(text("PRAGMA page_count")).scalar_one() + spare

    def limited(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {limit}")

    engine.dispose()
    event.listen(engine, "connect", limited)


def counts(app: "App") -> dict[DeliveryState, int]:
    with app.database.read() as session:
        return ledger.counts(session, 1)


def test_a_disk_that_is_full_at_the_freeze_seals_nothing(crowded: World) -> None:
    weekly.fetch(crowded.app(FRIDAY))
    app = crowded.app(FRIDAY)
    fill(app.database.engine, spare=4)
    with pytest.raises(OperationalError, match="disk is full"):
        weekly.run(app)
    assert counts(app) == {}
    done = crowded.run("2026-06-12T07:10")
    assert done.edition is not None
    assert done.edition.state is EditionState.SENT
    assert crowded.accepted == READERS


def test_a_disk_that_is_full_in_mid_send_costs_nobody_a_letter(crowded: World) -> None:
    app = crowded.app(FRIDAY)
    weekly.fetch(app)
    due = weekly.open_due(app)
    assert due is not None
    sealed = weekly.settle(app, due)
    fill(app.database.engine, spare=0)
    with pytest.raises(OperationalError, match="disk is full"):
        weekly.deliver(app, sealed)
    assert crowded.accepted < READERS
    later = crowded.app("2026-06-12T07:10")
    later.clock.wait(2 * LEASE, stop=threading.Event())  # it could not even sign off
    crowded.run("2026-06-12T07:10")
    told = counts(later)
    assert told.get(DeliveryState.UNKNOWN, 0) <= 1  # one connection, one dot
    assert told[DeliveryState.ACCEPTED] + told.get(DeliveryState.UNKNOWN, 0) == READERS
    copies = Counter(taken.recipient for taken in crowded.mail.accepted)
    assert max(copies.values()) == 1
    assert len(copies) >= told[DeliveryState.ACCEPTED]
