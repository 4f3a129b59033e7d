"""What the console and the command say of how mailbox providers take the mail."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from console import Console, app_of
from newsroom import Newsroom, newsroom
from people import NOW

from digest.app import App
from digest.delivery import flows
from digest.delivery.throttle import FIRST, FREE
from digest.standing import standing

LOUD = "421 4.7.28 unusual rate <script>alert(1)</script>"
CROWD = "421 4.7.0 too many concurrent connections"


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom(tmp_path, database_url=database_url) as room:
        room.configure()
        yield room


@pytest.fixture
def app(room: Newsroom) -> Iterator[App]:
    app = app_of(room)
    asked = app.clock.now() - timedelta(minutes=2)
    with app.database.begin() as session:
        flows.slow_down(session, ("", "gmail"), now=asked, said=LOUD)
        flows.slow_down(session, ("", "gmx"), now=asked, said=CROWD)
        flows.slow_down(session, ("", "yahoo"), now=asked, said="421 wait", wait=3600)
        until = NOW + timedelta(days=1)
        flows.rest(session, "", until=until, said="daily quota", now=asked)
    yield app
    app.close()


def test_who_slowed_us_down_is_named_with_times_and_in_its_words(app: App) -> None:
    found = {one.receiver: one for one in standing(app).held_back}
    gmail, gmx, yahoo, carrier = (found[name] for name in ("gmail", "gmx", "yahoo", None))
    assert (gmail.per_minute, gmail.at_once, gmail.said) == (int(FIRST) + 10, None, LOUD)
    assert (gmx.per_minute, gmx.at_once) == (int(FREE) + 10, 2)
    assert (yahoo.pace, yahoo.per_minute) == ("nothing now", 0)
    assert (carrier.pace, carrier.said) == ("nothing now", "daily quota")
    assert all(one.since and one.since < app.clock.now() < one.until for one in found.values())
    page = Console(app).get("/deliverability").text
    for words in ("unusual rate &lt;script&gt;", CROWD, "2 at once", "daily quota"):
        assert words in page
    assert "nobody could complain" in page


def test_the_command_says_the_same(
    app: App, room: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    at = app.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    told = room.call(capsys, "deliverability", "--json", "--at", at).data
    ours = standing(app)
    assert told["complaints"]["level"] == "good"
    assert [one["said"] for one in told["held_back"]] == [one.said for one in ours.held_back]
    said = room.call(capsys, "deliverability", "--at", at).out
    assert "complaints: 0 about 0 letters" in said
    assert f"{CROWD}" in said
