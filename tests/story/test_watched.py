"""Those who watch over a newsletter hear when all is well, and when an issue is late."""

import logging
import threading

import pytest
from mailhost import say
from visitor import Visitor
from world import World

from digest import fence, heartbeat, weekly
from digest.metrics import Meter
from digest.service import site_of
from digest.tables import SourceRow

FRIDAY = "2026-06-12T07:00"
IN_TIME, TOO_LATE = "2026-06-12T09:39", "2026-06-12T09:41"
THREE = ("ada@example.org", "grace@example.org", "mary@example.org")


def prepare(world: World) -> None:
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers(*THREE)


def late(world: World, at: str) -> str | None:
    return heartbeat.late_issue(world.app(at))


def test_an_issue_that_was_never_opened_is_late_from_the_hour_that_was_set(
    world: World,
) -> None:
    assert late(world, TOO_LATE) is None  # no source, no newsletter
    prepare(world)
    assert late(world, IN_TIME) is None
    assert late(world, TOO_LATE) == (
        "issue 2026-W24 should have reached 99 % of its readers by Fri 12 Jun 2026 09:40:"
        " it was never opened"
    )
    world.settings["heartbeat"] = {"by": ""}
    assert late(world, TOO_LATE) is None


def test_an_issue_is_late_until_enough_readers_have_it(world: World) -> None:
    prepare(world)
    world.settings["delivery"] = {"connections": 1}
    world.mail.on_accept = lambda _taken: world.stop.set()
    world.run(FRIDAY)
    world.stop, world.mail.on_accept = threading.Event(), None
    assert str(late(world, TOO_LATE)).endswith("1 of 3 letters have been accepted")
    world.settings["heartbeat"] = {"share": 0.3}
    assert late(world, TOO_LATE) is None
    world.settings.pop("heartbeat")
    world.run("2026-06-12T09:50")
    assert late(world, "2026-06-12T09:51") is None


def test_a_held_issue_is_late_and_one_for_which_there_was_nothing_is_not(world: World) -> None:
    prepare(world)
    world.settings["schedule"] = {"approval": "manual"}
    world.run(FRIDAY)
    assert "it is held (" in str(late(world, TOO_LATE))
    world.settings["schedule"] = {"approval": "checked"}
    world.settings["selection"] = {"minimum": 5}
    app = world.app(FRIDAY)
    edition = weekly.open_due(app)
    assert edition is not None
    weekly.settle(app, edition)
    assert late(world, TOO_LATE) is None


def test_a_complete_run_is_told_to_the_monitor_and_a_late_issue_is_not(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    prepare(world)
    url = world.web.serve("/ping/0f3b1a44-1111-4222-8333-123456789abc", "OK")
    path = "/ping/0f3b1a44-1111-4222-8333-123456789abc"
    world.settings["heartbeat"] = {"url": url}
    heartbeat.complete(world.app(IN_TIME))
    assert len(world.web.requests(path)) == 1
    with caplog.at_level(logging.WARNING, logger="digest.heartbeat"):
        heartbeat.complete(world.app(TOO_LATE))
    assert len(world.web.requests(path)) == 1
    assert "should have reached" in caplog.text
    world.run(FRIDAY)
    app = world.app(TOO_LATE)
    heartbeat.complete(app)
    assert len(world.web.requests(path)) == 2
    with app.database.read() as session:
        assert fence.last_run(session) is not None


@pytest.mark.parametrize("broken", ["refused", "error"])
def test_a_monitor_that_does_not_answer_stops_nothing(
    world: World, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    url = world.web.serve("/ping/secret-part", "no", status=503)
    if broken == "refused":
        url = url.replace(str(world.web.port), "9")
    world.settings["heartbeat"] = {"url": url}
    with caplog.at_level(logging.WARNING, logger="digest.heartbeat"):
        heartbeat.complete(world.app(FRIDAY))
    assert "the heartbeat was not heard" in caplog.text
    assert "secret-part" not in caplog.text


def test_the_figures_tell_what_a_monitor_needs_and_nobodys_name(world: World) -> None:
    prepare(world)
    world.mail.script = {"rcpt": [say("550 5.1.1 no such user")]}
    world.run(FRIDAY)
    app = world.app(FRIDAY)
    heartbeat.complete(app)
    with app.database.begin() as session:
        source = session.query(SourceRow).one()
        source.name = 'Hostile "name"\n{x="y"} 1'
    meter = Meter(app.database, newsletter=app.newsletter, clock=app.clock)
    text = meter.text().decode()
    lines = {line.partition(" ")[0]: line.partition(" ")[2] for line in text.splitlines()}
    assert lines['digest_issues{state="sent"}'] == "1.0"
    assert lines['digest_letters{issue="2026-W24",state="accepted"}'] == "2.0"
    assert lines['digest_letters{issue="2026-W24",state="rejected"}'] == "1.0"
    assert lines["digest_queue_letters"] == "0.0"
    for job in ("fetch", "run", "send"):
        at = float(lines[f'digest_last_success_timestamp_seconds{{job="{job}"}}'])
        assert abs(at - app.clock.now().timestamp()) < 3600
    assert not any(name in text for name in (*THREE, "Hostile", "@"))
    assert meter.text().decode() == text


def test_strangers_do_not_learn_that_there_are_figures(world: World) -> None:
    app = world.app(FRIDAY)
    site, here = site_of(app), "http://127.0.0.1:8025"
    passed_on = {"X-Forwarded-For": "203.0.113.9"}
    assert Visitor(site, base_url=here).ask("GET", "/metrics").status_code == 200
    for stranger, headers in (
        (Visitor(site, ip="203.0.113.9", base_url=here), {}),
        (Visitor(site, base_url=here), passed_on),
        (Visitor(site, base_url="https://digest.example"), {}),  # a proxy that says nothing
    ):
        assert stranger.ask("GET", "/metrics", headers=headers).status_code == 404
    world.settings["metrics"] = {"open": True}
    stranger = Visitor(site_of(world.app(FRIDAY)), ip="203.0.113.9")
    answer = stranger.ask("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
