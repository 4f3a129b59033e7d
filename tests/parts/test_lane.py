"""The letters of one carrier: none stays with a carrier that takes nothing more."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from books import claim, send_to
from mailhost import MailHost
from press import reader
from sending import by_smtp

from digest.clock import Clock
from digest.delivery.desk import Desk, Task
from digest.delivery.duty import on_duty
from digest.delivery.job import Job
from digest.delivery.lane import Lane
from digest.delivery.pace import Pace
from digest.delivery.retry import Doubt
from digest.delivery.settings import DeliverySettings, PaceSettings
from digest.processes import Processes
from storage.database import Database


@pytest.fixture
def lane(database: Database, tmp_path: Path) -> Iterator[Lane]:
    """Give a carrier's lane, with nobody at work."""
    clock, settings = Clock(), DeliverySettings(connections=1)
    edition = send_to(database, readers=3)
    duty = on_duty(database, processes=Processes(tmp_path), places=1, lease=60, clock=clock)
    with MailHost() as host, duty as on:
        job = Job(
            edition=edition,
            carrier=by_smtp(host),
            personalisers={},
            desk=Desk(full=settings.batch),
            duty=on,
            settings=settings,
            clock=clock,
            stop=threading.Event(),
            doubt=Doubt(most=3, is_cleared=True),
        )
        yield Lane(job, pace=Pace(database, settings=PaceSettings()))


def test_letters_given_out_at_the_moment_a_carrier_falls_come_back(
    lane: Lane, database: Database
) -> None:
    claims = claim(database, lane.job.edition, worker=lane.job.duty.worker, limit=3)
    lane.job.fall("greeting: no")
    lane.supply([Task(one, reader()) for one in claims], stock=[])  # permitted before it fell
    assert lane.out == len(claims)
    assert lane.appetite(is_all=False) == 0
    assert [one.delivery_id for one in lane.collect().returned] == [
        one.delivery_id for one in claims
    ]
    assert lane.out == 0
