"""Large issues on their way: pages show what was counted of late, and what decides is counted."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from console import Console, app_of
from mailhost import close
from newsroom import FRIDAY, MONDAY, SAID_YES, Ended, Newsroom, newsroom
from people import NOW
from sqlalchemy import update
from visitor import Wristwatch

from digest import complaints, questions, results, steering
from digest.app import App
from digest.delivery import gauge
from digest.delivery.state import DeliveryState
from digest.figures import kept
from digest.tables import DeliveryRow

Call = Callable[..., Ended]
READERS = [f"reader{number}@example.org" for number in range(5)]


@pytest.fixture
def clock() -> Wristwatch:
    return Wristwatch.starting_at(NOW)


@pytest.fixture
def app(
    database_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    clock: Wristwatch,
) -> Iterator[App]:
    """Open an installation whose issue is on its way to five readers, which are many here."""
    monkeypatch.setattr(gauge, "LARGE", len(READERS))
    with newsroom(tmp_path, database_url=database_url) as room:
        begin(room, capsys)
        app = app_of(room, clock=clock)
        yield app
        app.close()


def begin(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> None:
    room.mail.script = {"rcpt": [close()] * 50}
    room.call(capsys, "source", "add", room.blog("cold-reads"), "--at", MONDAY)
    room.call(capsys, "fetch", "--at", "2026-06-11T12:00")
    room.call(capsys, "subscriber", "add", *READERS, *SAID_YES, "--at", MONDAY)
    room.call(capsys, "run", "--at", FRIDAY, code=4)


def accept(app: App, letters: int) -> None:
    with app.database.begin() as session:
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id <= letters)
            .values(state=DeliveryState.ACCEPTED, ended_at=app.clock.now(), next_at=None)
        )


def accepted(app: App, *, lately: bool) -> int:
    edition = questions.edition_named(app, None)
    now = results.sending(app, edition, lately=lately)
    assert sum(now.gauge.counts.values()) == len(READERS)
    assert (now.counted_at is None) is not lately
    return now.gauge.of(DeliveryState.ACCEPTED)


def test_pages_show_what_was_counted_and_say_so_until_it_is_old(
    app: App, clock: Wristwatch
) -> None:
    accept(app, 2)
    kept.renew(app)
    accept(app, 4)
    assert accepted(app, lately=True) == 2
    assert accepted(app, lately=False) == 4
    page = Console(app).get("/issues/2026-W24/sending").text
    assert ('<span class="figure">2</span>' in page, "counted 0" in page) == (True, True)
    fresh = Console(app).get("/issues/2026-W24/sending?fresh=yes").text
    assert ('<span class="figure">4</span>' in fresh, "counted 0" in fresh) == (True, False)
    assert "as it was counted" in Console(app).get("/").text
    with app.database.read() as session:
        now = app.clock.now()
        assert complaints.running(session, app.newsletter, now=now).letters == 2
        assert complaints.running(session, app.newsletter, now=now.replace(year=2030)).letters == 4
    clock.wind(minutes=3)
    assert '<span class="figure">4</span>' in Console(app).get("/issues/2026-W24/sending").text


def test_who_pauses_decides_by_what_is_true_now(app: App) -> None:
    kept.renew(app)
    accept(app, 4)
    steering.pause(app, questions.edition_named(app, None), reason="the relay is slow")
    page = Console(app).get("/issues/2026-W24/sending").text
    assert "1 person is still to be served" in page
    assert '<span class="figure">4</span>' in page
