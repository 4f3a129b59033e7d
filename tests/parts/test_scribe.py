"""What requests bring at the same time: written in one transaction, each with its own answer."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.web.scribe import Scribe
from storage.database import Database


class UnluckyError(Exception):
    """What the work of a test raises."""


class Work:
    """Doubles numbers, remembers which came together, and fails where a number is below 0.

    The first group waits for ``go``, so that all others have come by the time of the second.
    """

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.begun = threading.Event()
        self.go = threading.Event()

    def __call__(self, _: Session, many: Sequence[int]) -> list[int]:
        """Do it."""
        self.groups.append([*many])
        self.begun.set()
        assert self.go.wait(30)
        if min(many) < 0:
            raise UnluckyError
        return [2 * number for number in many]


def brought(scribe: Scribe[int, int], work: Work, numbers: Sequence[int]) -> list[int | str]:
    """Bring 0, and the others while that is being written; return what became of them."""

    async def bring(number: int) -> int | str:
        try:
            return await scribe.write(number)
        except UnluckyError:
            return "failed"

    async def bring_all() -> list[int | str]:
        first = asyncio.create_task(bring(0))
        assert await asyncio.to_thread(work.begun.wait, 30)
        others = [asyncio.create_task(bring(number)) for number in numbers]
        await asyncio.sleep(0)  # each has brought its number then
        work.go.set()
        assert await first == 0
        return await asyncio.gather(*others)

    return asyncio.run(bring_all())


@pytest.mark.parametrize(
    ("most", "groups"), [(100, [[0], [1, 2, 3, 4]]), (2, [[0], [1, 2], [3, 4]])]
)
def test_what_has_come_by_then_is_written_together_up_to_a_limit(
    database: Database, most: int, groups: list[list[int]]
) -> None:
    work = Work()
    scribe = Scribe(database, work, clock=Clock(), name="test", most=most)
    assert brought(scribe, work, [1, 2, 3, 4]) == [2, 4, 6, 8]
    assert work.groups == groups


def test_whoever_fails_in_a_group_fails_alone(database: Database) -> None:
    work = Work()
    scribe = Scribe(database, work, clock=Clock(), name="test")
    assert brought(scribe, work, [1, -2, 3]) == [2, "failed", 6]
    assert work.groups == [[0], [1, -2, 3], [1], [-2], [3]]


def test_a_request_that_was_given_up_hinders_nobody(database: Database) -> None:
    work = Work()
    scribe = Scribe(database, work, clock=Clock(), name="test")

    async def give_up() -> int:
        hasty = asyncio.create_task(scribe.write(2))
        assert await asyncio.to_thread(work.begun.wait, 30)
        hasty.cancel()
        work.go.set()
        return await scribe.write(3)

    assert asyncio.run(give_up()) == 6
