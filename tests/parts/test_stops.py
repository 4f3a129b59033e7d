"""The pauses of an issue: where its picture has them, in the console and in `digest stats`."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from console import Console, app_of
from mailhost import close
from newsroom import FRIDAY, MONDAY, SAID_YES, Newsroom, newsroom
from people import NOW
from sqlalchemy import update
from visitor import Wristwatch

from digest import pictures, questions, steering
from digest.app import App
from digest.delivery.state import DeliveryState
from digest.figures import kept
from digest.figures.stops import stops_of
from digest.tables import DeliveryRow

READERS = [f"reader{number}@example.org" for number in range(4)]
ROWS = [("2 min", "paused by anna"), ("6 min", "resumed by ben"), ("9 min", "paused by anna")]


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom(tmp_path, database_url=database_url) as room:
        yield room


@pytest.fixture
def app(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> Iterator[App]:
    """Open an installation whose issue is on its way, at a time that is wound."""
    room.mail.script = {"rcpt": [close()] * 50}
    room.call(capsys, "source", "add", room.blog("cold-reads"), "--at", MONDAY)
    room.call(capsys, "fetch", "--at", "2026-06-11T12:00")
    room.call(capsys, "subscriber", "add", *READERS, *SAID_YES, "--at", MONDAY)
    room.call(capsys, "run", "--at", FRIDAY, code=4)
    app = app_of(room, clock=Wristwatch.starting_at(NOW))
    yield app
    app.close()


def accept(app: App, letter: int) -> None:
    with app.database.begin() as session:
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == letter)
            .values(state=DeliveryState.ACCEPTED, ended_at=app.clock.now(), next_at=None)
        )


def live_through(app: App) -> None:
    """Accept a letter, pause after two minutes, go on after six, pause again after nine."""
    clock = app.clock
    assert isinstance(clock, Wristwatch)
    anna, ben = app.acting_for("anna"), app.acting_for("ben")
    accept(app, 1)
    clock.wind(minutes=2, seconds=5)
    steering.pause(anna, questions.edition_named(app, None), reason="the relay is slow")
    clock.wind(minutes=4)
    steering.resume(ben, questions.edition_named(app, None))
    clock.wind(minutes=1)
    accept(app, 2)
    clock.wind(minutes=2)
    steering.pause(anna, questions.edition_named(app, None), reason="it is slow again")


def test_each_pause_stands_in_the_picture_its_words_and_its_table(
    app: App, room: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    live_through(app)
    edition = questions.edition_named(app, None)
    with app.database.read() as session:
        first, second = stops_of(session, edition)
    assert (first.by, first.over_by, second.over_at) == ("anna", "ben", None)
    kept.count_outcome(app, edition.id)
    page = Console(app).get("/issues/2026-W24/sending").text
    assert "Paused by anna after 2 min. Resumed by ben after 6 min." in page
    assert page.count("stroke-dasharray") == len(ROWS)

    picture = room.folder / "delivery.svg"
    told = room.call(capsys, "--json", "stats", "delivery", "--svg", str(picture)).data[0]
    assert told["head"] == ["When", "Accepted", "What happened"]
    assert [(row[0], row[2]) for row in told["rows"] if row[2]] == ROWS
    assert [row[1] for row in told["rows"]] == [1, 1, 1, 2, 2]
    drawn = picture.read_text(encoding="utf-8")
    assert all(f">{words}</text>" in drawn for _, words in ROWS)
    assert "Paused by anna after 9 min." in drawn


def test_an_issue_that_was_counted_before_its_start_was_kept_is_drawn_without_pauses(
    app: App,
) -> None:
    live_through(app)
    edition = questions.edition_named(app, None)
    counted = kept.count_outcome(app, edition.id)
    with app.database.read() as session:
        stops = stops_of(session, edition)
    older = replace(counted.outcome, began=None)
    drawn = pictures.of_delivery(older, issue="Issue 1", stops=stops)
    assert "paused" not in drawn.drawing
    assert drawn.head == ("When", "Accepted")
