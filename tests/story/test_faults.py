"""What goes wrong while a week is sent, with a real server that misbehaves on purpose."""

import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from mailhost import close, say
from sqlalchemy import select
from world import World

from digest import questions, steering, weekly
from digest.delivery.state import DeliveryState
from digest.editions.state import EditionState
from digest.tables import SubscriberRow
from digest.weekly import Week
from subscribers.tables import Status

if TYPE_CHECKING:
    from digest.delivery.sender import SendReport

FRIDAY = "2026-06-12T07:00"
THREE = ("ada@example.org", "grace@example.org", "mary@example.org")


def report_of(done: Week) -> "SendReport":
    ((_, report),) = done.sent
    return report


def prepare(world: World, *readers: str) -> None:
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers(*(readers or THREE))


def statuses(world: World) -> dict[str, int]:
    with world.app(FRIDAY).database.read() as session:
        return dict(Counter(session.scalars(select(SubscriberRow.status))))


def copies(world: World) -> list[str]:
    return sorted(taken.recipient for taken in world.mail.accepted)


def test_a_refused_login_pauses_the_issue_and_touches_nobody(world: World) -> None:
    world.mail.offers = ("AUTH PLAIN",)
    world.settings["carrier"] = {
        "smtp": {
            "host": "127.0.0.1",
            "port": world.mail.port,
            "security": "none",
            "username": "digest",
            "password": "canary",
        }
    }
    world.settings["delivery"] = {"connections": 1}
    prepare(world)
    report = report_of(world.run(FRIDAY))
    assert report.state is EditionState.PAUSED
    assert dict(report.counts) == {DeliveryState.PENDING: 3}
    assert len(world.mail.said("AUTH")) == 1
    assert report.trouble is not None
    assert "canary" not in report.trouble


def test_a_mended_fault_goes_on_with_who_was_not_served(world: World) -> None:
    world.settings["delivery"] = {"connections": 1}
    world.mail.script = {"mail": [None, say("550 5.1.8 sender refused")]}
    prepare(world)
    paused = world.run(FRIDAY)
    assert report_of(paused).state is EditionState.PAUSED
    assert world.accepted == 1
    assert world.run("2026-06-12T07:30").sent == ()  # the schedule does not resume by itself
    app = world.app("2026-06-12T08:00")
    assert paused.edition is not None
    resumed, _ = steering.resume(app, paused.edition)
    assert weekly.deliver(app, resumed).state is EditionState.SENT
    assert copies(world) == sorted(THREE)


def test_a_greylisting_server_gets_everybody_on_the_second_try(world: World) -> None:
    world.mail.greylist = True
    prepare(world)
    first = report_of(world.run(FRIDAY))
    assert dict(first.counts) == {DeliveryState.DEFERRED: 3}
    assert world.run("2026-06-12T07:05").sent[0][1].waiting == 3  # too early to try again
    later = report_of(world.run("2026-06-12T07:20"))
    assert dict(later.counts) == {DeliveryState.ACCEPTED: 3}
    assert later.state is EditionState.SENT
    assert copies(world) == sorted(THREE)


def test_a_server_that_always_puts_off_fails_the_letter_at_the_deadline(world: World) -> None:
    world.mail.script = {"rcpt": say("450 4.2.1 busy")}
    prepare(world, "ada@example.org")
    for at in (FRIDAY, "2026-06-12T19:00", "2026-06-13T12:00"):
        assert dict(report_of(world.run(at)).counts) == {DeliveryState.DEFERRED: 1}
    last = report_of(world.run("2026-06-14T06:59"))  # the next try would come after 48 hours
    assert dict(last.counts) == {DeliveryState.FAILED: 1}
    assert last.state is EditionState.SENT


def test_a_refused_reader_stops_nobody_else(world: World) -> None:
    world.settings["delivery"] = {"connections": 1}
    world.mail.script = {"rcpt": [say("550 5.1.1 no such user")]}
    prepare(world)
    report = report_of(world.run(FRIDAY))
    assert dict(report.counts) == {DeliveryState.REJECTED: 1, DeliveryState.ACCEPTED: 2}
    assert report.state is EditionState.SENT
    assert statuses(world) == {Status.CONFIRMED: 2, Status.BOUNCED: 1}
    world.blog("plain", ("First", "2026-06-09T10:00"), ("Second", "2026-06-16T10:00"))
    report = report_of(world.run("2026-06-19T07:00"))
    assert dict(report.counts) == {DeliveryState.ACCEPTED: 2}  # who is gone is asked no more


@pytest.mark.parametrize(
    "answer", ["552 5.2.2 mailbox full", "550 5.7.1 blocked for spam", "554 5.3.4 too big"]
)
def test_a_refusal_that_may_pass_or_is_about_us_keeps_the_reader(world: World, answer: str) -> None:
    world.settings["delivery"] = {"connections": 1}
    world.mail.script = {"rcpt": [None, say(answer)]}
    prepare(world)
    report = report_of(world.run(FRIDAY))
    assert dict(report.counts) == {DeliveryState.REJECTED: 1, DeliveryState.ACCEPTED: 2}
    assert statuses(world) == {Status.CONFIRMED: 3}


def test_a_server_that_refuses_everybody_says_nothing_about_anybody(world: World) -> None:
    world.settings["delivery"] = {"connections": 1}
    world.mail.script = {"rcpt": [say("550 5.1.1 unknown here")] * 20}
    prepare(world, *(f"reader{number}@example.org" for number in range(30)))
    assert report_of(world.run(FRIDAY)).state is EditionState.PAUSED
    app = world.app(FRIDAY)
    steering.resume(app, questions.edition_named(app, "2026-W24"))
    assert report_of(world.run(FRIDAY)).state is EditionState.SENT
    assert statuses(world) == {Status.CONFIRMED: 30}


def test_silence_after_the_dot_is_unknown_and_never_sent_again(world: World) -> None:
    world.settings["delivery"] = {"connections": 1}
    world.mail.script = {"taken": [close()]}
    prepare(world)
    report = report_of(world.run(FRIDAY))
    assert dict(report.counts) == {DeliveryState.UNKNOWN: 1, DeliveryState.ACCEPTED: 2}
    world.run("2026-06-12T09:00")
    assert copies(world) == sorted(THREE)  # the server had it, and nobody got it twice


def test_a_server_that_is_away_leaves_everything_to_the_next_run(world: World) -> None:
    world.mail.script = {"banner": close("421 4.3.2 shutting down")}
    prepare(world)
    report = report_of(world.run(FRIDAY))
    assert dict(report.counts) == {DeliveryState.PENDING: 3}
    assert report.trouble is not None
    world.mail.script = {}
    assert report_of(world.run("2026-06-12T07:10")).state is EditionState.SENT
    assert copies(world) == sorted(THREE)


def test_a_limit_per_connection_costs_nobody_a_try(world: World) -> None:
    world.settings["delivery"] = {"connections": 1}
    world.mail.limit = 2
    prepare(world, *(f"reader{n}@example.org" for n in range(7)))
    report = report_of(world.run(FRIDAY))
    assert dict(report.counts) == {DeliveryState.ACCEPTED: 7}
    assert world.mail.connections == 4


def test_told_to_stop_it_finishes_the_letter_in_hand_and_gives_back_the_rest(
    world: World,
) -> None:
    world.settings["delivery"] = {"connections": 1}
    prepare(world)
    world.mail.on_accept = lambda _taken: world.stop.set()
    report = report_of(world.run(FRIDAY))
    assert dict(report.counts) == {DeliveryState.ACCEPTED: 1, DeliveryState.PENDING: 2}
    world.stop = threading.Event()
    world.mail.on_accept = None
    assert report_of(world.run("2026-06-12T07:10")).state is EditionState.SENT
    assert copies(world) == sorted(THREE)


def test_an_address_that_fits_no_mail_is_skipped_with_a_reason(world: World) -> None:
    prepare(world, "ada@example.org", "j\u00f6rg@example.org")
    report = report_of(world.run(FRIDAY))
    assert report.counts[DeliveryState.ACCEPTED] == 1
    assert report.state is EditionState.SENT
