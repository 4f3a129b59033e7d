"""The figures of an issue, read without its accepted letters: they are those of the rows."""

from datetime import timedelta

import pytest
from books import claim, register, send_to
from people import NOW
from sqlalchemy import update

from digest.delivery import gauge, ledger
from digest.delivery.state import DeliveryState
from digest.tables import DeliveryRow
from storage.database import Database

_READERS = len(DeliveryState) * 2


def test_the_figures_are_those_of_the_rows_and_add_up(database: Database) -> None:
    edition = send_to(database, readers=_READERS)
    worker = register(database)
    with database.begin() as session:
        for number, state in enumerate([*DeliveryState, *DeliveryState], start=1):
            held = state in {DeliveryState.CLAIMED, DeliveryState.COMMITTING}
            session.execute(
                update(DeliveryRow)
                .where(DeliveryRow.id == number)
                .values(state=state, worker_id=worker.id if held else None)
            )
    with database.read() as session:
        read = gauge.read(session, edition.id, candidates=_READERS)
        assert dict(read.counts) == ledger.counts(session, edition.id)
        assert gauge.unknown(session) == {edition.id: 2}
    assert sum(read.counts.values()) == read.candidates == _READERS
    assert (read.to_go, read.stoppable, read.tried) == (8, 6, 8)


@pytest.mark.parametrize(("seconds", "per_second"), [(10, 2.0), (0, 20.0)])
def test_the_pace_is_that_of_the_letters_below_those_in_hand(
    database: Database, seconds: int, per_second: float
) -> None:
    edition = send_to(database, readers=30)
    began = NOW - timedelta(seconds=seconds)
    claim(database, edition, worker=register(database), limit=25)
    with database.begin() as session:
        assert gauge.pace(session, edition.id, to_go=30, now=NOW) is None  # nothing has left yet
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id <= 20)
            .values(state=DeliveryState.ACCEPTED, worker_id=None, ended_at=began)
        )
        found = gauge.pace(session, edition.id, to_go=10, now=NOW)
    assert found == gauge.Pace(
        per_second=per_second, ends_at=NOW + timedelta(seconds=10 / per_second)
    )


def test_nobody_has_a_pace_when_nothing_is_in_hand(database: Database) -> None:
    edition = send_to(database, readers=30)
    with database.begin() as session:
        session.execute(update(DeliveryRow).values(state=DeliveryState.ACCEPTED, ended_at=NOW))
        assert gauge.pace(session, edition.id, to_go=0, now=NOW) is None
