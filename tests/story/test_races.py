"""What happens between two steps of a week: nobody and nothing falls into the gap."""

from world import World

from digest import planning, steering, weekly
from digest.delivery.state import DeliveryState
from digest.editions import store as editions
from digest.editions.state import EditionState

FRIDAY = "2026-06-12T07:00"


def times_mailed(world: World, title: str) -> int:
    return sum(title.encode() in taken.message for taken in world.mail.accepted)


def test_a_post_that_comes_while_the_issue_is_written_goes_into_the_next(world: World) -> None:
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers("ada@example.org")
    app = world.app(FRIDAY)
    weekly.fetch(app)
    due = weekly.open_due(app)
    assert due is not None
    planned = planning.plan(app, planning.period_of(app, due))
    world.blog("plain", ("First", "2026-06-09T10:00"), ("Just now", "2026-06-10T10:00"))
    weekly.fetch(world.app("2026-06-12T07:00:30"), due_only=False)
    later = world.app("2026-06-12T07:01")
    weekly.deliver(later, weekly.freeze(later, due, planned))
    assert (times_mailed(world, "First"), times_mailed(world, "Just now")) == (1, 0)
    world.run("2026-06-19T07:00")
    world.run("2026-06-26T07:00")
    assert (times_mailed(world, "First"), times_mailed(world, "Just now")) == (1, 1)


def test_two_issues_that_go_at_once_are_served_one_after_the_other(world: World) -> None:
    world.settings["delivery"] = {"connections": 1}
    world.mail.greylist = True
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers("ada@example.org", "grace@example.org")
    world.run(FRIDAY)
    assert world.accepted == 0  # all are put off for ten minutes, and the machine sleeps a week
    world.blog("plain", ("First", "2026-06-09T10:00"), ("Second", "2026-06-16T10:00"))
    world.mail.greylist = False
    done = world.run("2026-06-19T07:00")
    assert [edition.period for edition, _ in done.sent] == ["2026-W24", "2026-W25"]
    assert world.accepted == 4
    assert (times_mailed(world, "First"), times_mailed(world, "Second")) == (2, 2)


def test_an_issue_that_is_paused_in_mid_send_stops_with_the_letter_in_hand(world: World) -> None:
    world.settings["delivery"] = {"connections": 1, "batch": 50}
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers(*(f"reader{n}@example.org" for n in range(10)))
    app = world.app(FRIDAY)

    def pause(_taken: object) -> None:
        with app.database.begin() as session:
            edition = editions.get(session, 1)
            editions.move(session, edition, to=EditionState.PAUSED, now=app.clock.now())

    world.mail.on_accept = pause
    ((_, report),) = world.run(FRIDAY).sent
    assert report.state is EditionState.PAUSED
    assert dict(report.counts) == {DeliveryState.ACCEPTED: 1, DeliveryState.PENDING: 9}
    assert len(world.mail.said("DATA")) == 1  # no second one was begun
    world.mail.on_accept = None
    later = world.app("2026-06-12T07:10")
    weekly.deliver(later, steering.resume(later, the_edition(world))[0])
    assert world.accepted == 10


def the_edition(world: World) -> editions.Edition:
    with world.opened[-1].database.read() as session:
        return editions.get(session, 1)
