"""F20: a machine that was off, a database that was restored or copied, and nobody served twice."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text, update
from world import World

from digest import adopt, errands, fence, questions
from digest.delivery import batches, ledger
from digest.delivery.state import DeliveryState
from digest.editions.state import EditionState
from digest.errors import BusyError, PersonNeededError
from digest.logbook import entries
from digest.tables import InstallationRow

THURSDAY = "2026-06-11T12:00"
FRIDAY = "2026-06-12T07:00"
LATER = "2026-06-12T10:00"
THREE = ("ada@example.org", "grace@example.org", "mary@example.org")
Restore = Callable[[], None]


@pytest.fixture
def snapshot(world: World, tmp_path: Path) -> Iterator[Callable[[], Restore]]:
    """Copy the database; what is returned puts the copy in its place."""
    home = make_url(world.database_url)
    copied = tmp_path / "snapshot.sqlite3"
    name = f"{home.database}_copy"

    def close() -> None:
        for app in world.opened:
            app.close()

    def take() -> Restore:
        close()
        if home.drivername == "sqlite":
            shutil.copy(str(home.database), copied)
        else:
            _execute(home, f"CREATE DATABASE {name} TEMPLATE {home.database}")
        return put_back

    def put_back() -> None:
        close()
        if home.drivername == "sqlite":
            shutil.copyfile(copied, str(home.database))  # into the same file: the same inode
        else:
            world.database_url = home.set(database=name).render_as_string(hide_password=False)

    yield take
    close()
    if home.drivername != "sqlite":
        _execute(home, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _execute(home: URL, sql: str) -> None:
    engine = create_engine(home.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(sql))
    engine.dispose()


def prepare(world: World) -> None:
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers(*THREE)


@pytest.mark.parametrize(
    ("wakes_at", "state", "letters"),
    [
        (LATER, EditionState.SENT, 3),  # three hours late: one catch-up
        ("2026-06-15T10:00", EditionState.HELD, 0),  # three days late: a person says so first
    ],
)
def test_f20_a_machine_that_was_off_catches_up_once_inside_the_window_and_asks_outside(
    world: World, wakes_at: str, state: EditionState, letters: int
) -> None:
    prepare(world)
    for _ in range(2):
        done = world.run(wakes_at)
        assert done.edition is not None
        assert done.edition.state is state
        assert world.accepted == letters


def test_f20_a_machine_that_was_off_for_two_weeks_sends_no_two_issues_in_one_day(
    world: World,
) -> None:
    prepare(world)
    world.run(FRIDAY)
    world.blog("plain", ("Second", "2026-06-16T10:00"), ("Third", "2026-06-24T10:00"))
    for at in ("2026-06-26T08:00", "2026-06-26T09:00"):
        world.run(at)
    assert world.accepted == 6  # the first issue, and one more with the posts of both weeks


def test_f20_a_restored_snapshot_does_not_send(
    world: World, snapshot: Callable[[], Restore]
) -> None:
    prepare(world)
    world.run(THURSDAY)
    restore = snapshot()
    world.run(FRIDAY)
    assert world.accepted == 3
    restore()
    for _ in range(2):
        with pytest.raises(PersonNeededError, match="digest adopt"):
            world.run(LATER)
    assert world.accepted == 3


def test_an_adopted_snapshot_holds_the_issue_that_may_have_been_sent(
    world: World, snapshot: Callable[[], Restore]
) -> None:
    prepare(world)
    world.run(THURSDAY)
    restore = snapshot()
    world.run(FRIDAY)
    restore()
    app = world.app(LATER)
    seen = adopt.look(app, fate="unknown")
    assert (seen.letters, seen.passed) == ({}, ("2026-W24",))
    assert adopt.adopt(app, fate="unknown").passed == ("2026-W24",)
    done = world.run("2026-06-12T10:05")
    assert done.edition is not None
    assert done.edition.state is EditionState.HELD
    assert "may have been sent since" in str(done.edition.reason)
    assert world.accepted == 3
    with app.database.read() as session:
        (entry,) = entries(session, most=10, about="installation")
    assert (entry.action, entry.facts["held"]) == ("adopt database", ["2026-W24"])


def begun(world: World, snapshot: Callable[[], Restore]) -> Restore:
    """Stop a send after its first letter, copy the database, and let the original end it."""
    prepare(world)
    world.settings["delivery"] = {"connections": 1}
    world.mail.on_accept = lambda _taken: world.stop.set()
    world.run(FRIDAY)
    world.stop, world.mail.on_accept = threading.Event(), None
    restore = snapshot()
    world.run("2026-06-12T07:10")
    assert world.accepted == 3
    return restore


def test_letters_that_were_open_in_a_snapshot_become_unknown_and_do_not_leave_again(
    world: World, snapshot: Callable[[], Restore]
) -> None:
    begun(world, snapshot)()
    app = world.app(LATER)
    assert adopt.adopt(app, fate="unknown").letters == {"2026-W24": 2}
    world.run(LATER)
    assert world.accepted == 3
    edition = questions.edition_named(world.app(LATER), "2026-W24")
    with app.database.read() as session:
        counts = ledger.counts(session, edition.id)
    assert counts == {DeliveryState.ACCEPTED: 1, DeliveryState.UNKNOWN: 2}


def test_an_operator_who_knows_that_nothing_has_left_since_has_the_open_letters_sent(
    world: World, snapshot: Callable[[], Restore]
) -> None:
    prepare(world)
    world.settings["delivery"] = {"connections": 1}
    world.mail.on_accept = lambda _taken: world.stop.set()
    world.run(FRIDAY)
    world.stop, world.mail.on_accept = threading.Event(), None
    snapshot()()
    with world.app(LATER).database.begin() as session:  # as in a file of `digest backup`
        session.execute(update(InstallationRow).values(place=fence.NOWHERE))
    with pytest.raises(PersonNeededError, match="comes from a backup"):
        world.run(LATER)
    adopt.adopt(world.app(LATER), fate="resend")
    world.run(LATER)
    assert sorted(taken.recipient for taken in world.mail.accepted) == sorted(THREE)


def test_a_database_from_before_the_first_letter_is_known_as_restored(
    world: World, snapshot: Callable[[], Restore]
) -> None:
    prepare(world)
    restore = snapshot()
    world.run(FRIDAY)
    restore()
    with pytest.raises(PersonNeededError, match="restored"):
        world.run(LATER)


def test_a_machine_that_joins_a_fleet_works_on_the_shared_database(world: World) -> None:
    prepare(world)
    world.run(THURSDAY)
    world.settings["app"] = {"state": str(world.folder / "another machine")}
    world.run(FRIDAY)
    assert world.accepted == 3
    world.settings.clear()
    assert fence.refusal(world.app(LATER)) is None  # the first one sees that it is not alone


def test_a_database_that_has_sent_is_shared_by_machines_but_is_no_file_of_another(
    world: World,
) -> None:
    prepare(world)
    world.run(FRIDAY)
    world.settings["app"] = {"state": str(world.folder / "another machine")}
    app = world.app(LATER)
    if app.database.is_sqlite:
        assert "does not know it" in str(fence.refusal(app))
    else:
        assert fence.refusal(app) is None


def test_nobody_adopts_a_database_from_which_letters_are_leaving(world: World) -> None:
    prepare(world)
    world.run(THURSDAY)
    app = world.app(FRIDAY)
    with app.database.begin() as session:
        batches.register(session, "elsewhere:1:abcd", now=app.clock.now())
    with pytest.raises(BusyError, match="stop every sender"):
        adopt.adopt(app, fate="unknown")


def test_a_restored_database_serves_its_pages_and_sends_no_notice(
    world: World, snapshot: Callable[[], Restore]
) -> None:
    restore = snapshot()
    prepare(world)
    world.run(FRIDAY)
    restore()
    app = world.app(LATER)
    errands.hand_over_notices(app)
    assert world.accepted == 3
