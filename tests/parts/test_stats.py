"""`digest stats`: the figures of a list and of an issue that was really sent, and how they keep."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from books import send_to
from console import app_of
from newsroom import FRIDAY, MONDAY, SAID_YES, Ended, Newsroom
from people import CAST, NOW, subscribe
from sqlalchemy import select

from digest.clock import Clock
from digest.figures import kept, outcome, readers
from digest.figures.outcome import thinned
from digest.tables import DeliveryRow, EditionRow, FigureRow, SubscriberRow
from storage.database import Database
from subscribers import consent, directory, erasure, returned
from subscribers.returned import Addressee
from subscribers.tables import ConsentKind

Call = Callable[..., Ended]
ZONE = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True)
class Stopped(Clock):
    """A clock that stands still."""

    at: datetime = NOW

    def now(self) -> datetime:
        """Return the same time each time."""
        return self.at


def test_an_issue_that_was_sent_is_told_and_drawn(room: Newsroom, call: Call) -> None:
    call("source", "add", room.blog("cold-reads"), "--at", MONDAY, "--yes")
    addresses = ("ada@gmail.com", "emmy@web.de", "alan@example.org", "hedy@example.org")
    call("subscriber", "add", *addresses, *SAID_YES, "--at", MONDAY)
    assert "no issue was sent yet" in call("stats", "providers", code=2).err
    call("run", "--at", FRIDAY)

    (growth,) = call("stats", "growth", "--json", "--at", FRIDAY).data
    assert growth["head"] == ["Week", "Joined", "Left", "Readers"]
    assert growth["rows"][-3:] == [["W22", 0, 0, 0], ["W23", 4, 0, 4], ["W24", 0, 0, 4]]

    (providers,) = call("stats", "providers", "--json", "--at", FRIDAY).data
    assert providers["title"] == "Issue 1 (2026-W24) by provider"
    assert providers["sentence"] == "4 of 4 letters accepted, 100 %."
    assert providers["rows"] == [["GMX and WEB.DE", 1, 1], ["Gmail", 1, 1], ["Others", 2, 2]]

    picture = room.folder / "delivery.svg"
    told = call("stats", "delivery", "--issue", "2026-W24", "--svg", str(picture)).out
    assert "4 letters accepted" in told
    drawn = ET.parse(picture).getroot()  # noqa: S314 - our own
    assert drawn.get("role") == "img"
    assert drawn[0].text == "Issue 1 (2026-W24) over time"

    (sources,) = call("stats", "sources", "--json", "--at", FRIDAY).data
    assert sources["rows"][0][0] == "127.0.0.1"
    assert sources["rows"][0][-2:] == [1, "ok"]
    assert call("stats", "topics", "--json").data[0]["rows"] == [["Further posts", 1]]
    assert len(call("stats", "--json").data) == 3
    assert "--svg draws one picture" in call("stats", "--svg", "x.svg", code=2).err


def test_asking_in_rehearsal_keeps_nothing(room: Newsroom, call: Call) -> None:
    before = room.rows()
    picture = room.folder / "growth.svg"
    assert "would be drawn" in call("-n", "stats", "growth", "--svg", str(picture)).out
    assert not picture.exists()
    assert room.rows() == before
    call("stats", "growth")
    assert len(room.rows()["figure"]) == 1


def test_each_way_to_come_and_go_is_counted_once(database: Database) -> None:
    then = NOW - timedelta(weeks=2)
    with database.begin() as session:
        ada, grace, emmy, alan, hedy = subscribe(session, *CAST, now=then)
        for one in (ada, grace):
            directory.take_off(session, subscriber_id=one, now=NOW, source="a letter")
        for one in (grace, emmy):
            erasure.erase(session, subscriber_id=one, now=NOW, source="asked for it")
        to = Addressee(subscriber_id=alan, email="alan+digest@example.com")
        returned.bounced(session, to, now=NOW, detail="550 5.1.1")
        for kind in (ConsentKind.REQUESTED, ConsentKind.REQUESTED, ConsentKind.MAILED):
            consent.record(session, subscriber_id=hedy, kind=kind, source="a form", now=NOW)
    with database.read() as session:
        found = readers.count(session, now=NOW, zone=ZONE, pending_days=7)
    assert [(week.joined, week.left, week.total) for week in found.weeks[-4:]] == [
        (0, 0, 0),
        (5, 0, 5),
        (0, 0, 5),
        (0, 4, 1),
    ]
    assert found.standing == {"confirmed": 1, "pending": 0, "paused": 0, "bounced": 1, "left": 3}
    assert (found.funnel.asked, found.funnel.mailed, found.funnel.confirmed) == (1, 1, 0)


def test_figures_add_up_whatever_became_of_the_letters(database: Database) -> None:
    edition = send_to(database, readers=3)
    with database.begin() as session:
        rows = session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)).all()
        for row, state in zip(rows, ("deferred", "unknown", "accepted"), strict=True):
            row.state, row.ended_at = state, NOW
        session.get_one(SubscriberRow, rows[0].subscriber_id).email = "reader@gmail.com"
    with database.read() as session:
        found = outcome.count(session, edition.id)
    assert found.candidates == 3
    assert found.providers == {
        "Gmail": {"deferred": 1},
        "Others": {"unknown": 1, "accepted": 1},
    }
    assert found.accepted == ((0, 1),)


def test_figures_are_counted_anew_the_more_often_the_younger_the_issue_is(
    room: Newsroom,
) -> None:
    app = app_of(room)
    try:
        edition = send_to(app.database, readers=1)
        with app.database.begin() as session:
            session.get_one(EditionRow, edition.id).newsletter = app.newsletter
        began = datetime(2026, 6, 12, 5, tzinfo=UTC)
        counted: list[datetime] = []
        for minutes in (1, 1.5, 3, 3.5, 600, 640, 720):
            later = began + timedelta(minutes=minutes)
            app.clock = Stopped(at=later)
            kept.renew(app)
            with app.database.read() as session:
                row = session.get_one(FigureRow, "issue 1")
                counted.append(row.counted_at)
        assert [(at - began) / timedelta(minutes=1) for at in counted] == [
            1, 1, 3, 3, 600, 640 - 40, 720
        ]  # fmt: skip
    finally:
        app.close()


def test_what_was_kept_is_what_was_counted(database: Database, room: Newsroom) -> None:
    app = app_of(room)
    try:
        with app.database.begin() as session:
            subscribe(session, *CAST)
        counted = kept.count_readers(app)
        with database.read() as session:
            assert kept.readers(session) == counted
    finally:
        app.close()


@pytest.mark.parametrize(
    ("counts", "points"),
    [
        ([(0, 5)], ((0, 5),)),
        ([(0, 1), (7, 2), (100, 3)], ((0, 1), (25, 3), (100, 6))),
    ],
)
def test_a_line_has_few_points_and_ends_with_all(
    counts: list[tuple[int, int]], points: tuple[tuple[int, int], ...]
) -> None:
    assert thinned(counts, most=4) == points
