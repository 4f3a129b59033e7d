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
from digest.delivery.lane import Lane, Speed
from digest.delivery.pace import Pace
from digest.delivery.retry import Doubt
from digest.delivery.settings import DeliverySettings, PaceSettings
from digest.processes import Processes
from storage.database import Database


@pytest.fixture
def job(database: Database, tmp_path: Path) -> Iterator[Job]:
    """Give a carrier's part of a send, with nobody at work."""
    clock, settings = Clock(), DeliverySettings(connections=1)
    edition = send_to(database, readers=3)
    duty = on_duty(database, processes=Processes(tmp_path), places=1, lease=60, clock=clock)
    with MailHost() as host, duty as on:
        yield Job(
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


def lane_of(job: Job, database: Database, *, speed: Speed | None = None) -> Lane:
    return Lane(job, pace=Pace(database, settings=PaceSettings()), speed=speed or Speed())


def test_letters_given_out_at_the_moment_a_carrier_falls_come_back(
    job: Job, database: Database
) -> None:
    lane = lane_of(job, database)
    claims = claim(database, job.edition, worker=job.duty.worker, limit=3)
    job.fall("greeting: no")
    lane.supply([Task(one, reader()) for one in claims], stock=[])  # permitted before it fell
    assert lane.out == len(claims)
    assert lane.appetite(is_all=False) == 0
    assert [one.delivery_id for one in lane.collect().returned] == [
        one.delivery_id for one in claims
    ]
    assert lane.out == 0


@pytest.mark.parametrize(("seconds_ago", "letters"), [(5, 50), (3_600, 0)])
def test_a_send_begins_as_fast_as_the_one_before_if_that_was_just_now(
    job: Job, database: Database, seconds_ago: float, letters: int
) -> None:
    speed = Speed(rate=100.0, at=job.clock.monotonic() - seconds_ago)
    assert lane_of(job, database, speed=speed).appetite(is_all=False) == letters  # of half a second
