"""How many left because of an issue: those who left by themselves after it, as their last one."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from console import Console, app_of
from newsroom import newsroom
from people import ADA, ALAN, EMMY, GRACE, HEDY, NOW, subscribe
from sqlalchemy.orm import Session

from digest.delivery import leavers
from digest.tables import DeliveryRow, EditionRow, VariantRow
from storage.database import Database
from subscribers import unsubscribe as leaving
from subscribers.tables import ConsentKind

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def seal(session: Session, period: str, readers: list[int], *, at: datetime, state: str) -> int:
    """Write a sealed issue, whose letters all ended an hour later."""
    edition = EditionRow(
        newsletter="weekly-dive", period=period, state="sent", opens_at=at, closes_at=at, due_at=at,
        created_at=at, frozen_at=at, candidates=len(readers),
    )  # fmt: skip
    session.add(edition)
    session.flush()
    variant = VariantRow(
        edition_id=edition.id, language="en", subject="S", html="", text="t", sha256="0"
    )
    session.add(variant)
    session.flush()
    session.add_all(
        DeliveryRow(edition_id=edition.id, subscriber_id=one, mailbox_key=f"k{one}",
                    variant_id=variant.id, state=state, ended_at=at + HOUR)
        for one in readers
    )  # fmt: skip
    return edition.id


def leave(session: Session, who: int, *, at: datetime, kind: ConsentKind | None = None) -> None:
    leaving.unsubscribe(
        session, subscriber_id=who, now=at, source="link", kind=kind or ConsentKind.UNSUBSCRIBED
    )


def left(session: Session, edition: int, *, since: datetime) -> int:
    session.flush()
    return leavers.left_after(session, edition, since=since)


def test_who_left_counts_for_the_last_issue_that_had_reached_them(database: Database) -> None:
    week = 7 * DAY
    with database.begin() as session:
        ada, grace, emmy, alan, hedy = subscribe(session, ADA, GRACE, EMMY, ALAN, HEDY)
        first = seal(session, "2026-W23", [ada, grace, emmy], at=NOW, state="accepted")
        second = seal(session, "2026-W24", [ada, grace], at=NOW + week, state="accepted")
        leave(session, ada, at=NOW + DAY)
        leaving.tell_why(session, subscriber_id=ada, why="often", now=NOW + DAY)
        leave(session, grace, at=NOW + week + DAY)
        leave(session, emmy, at=NOW + week + DAY)  # the second one was not sent to her
        leave(session, hedy, at=NOW + DAY)  # nothing was sent to her
        leave(session, alan, at=NOW + DAY, kind=ConsentKind.REMOVED)
        assert left(session, first, since=NOW) == 2
        assert left(session, second, since=NOW + week) == 1


@pytest.mark.parametrize(
    ("state", "days", "comes_back", "counted"),
    [
        ("accepted", 1, False, 1),
        ("accepted", 13, False, 1),
        ("accepted", 15, False, 0),
        ("accepted", 1, True, 0),
        ("rejected", 1, False, 0),
    ],
    ids=["soon", "late", "too late", "came back", "was not reached"],
)
def test_who_came_back_left_late_or_was_not_reached_does_not_count(
    database: Database, state: str, days: int, *, comes_back: bool, counted: int
) -> None:
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
        issue = seal(session, "2026-W23", [ada], at=NOW, state=state)
        leave(session, ada, at=NOW + days * DAY)
        if comes_back:
            leaving.undo(session, subscriber_id=ada, now=NOW + days * DAY, source="page")
        assert left(session, issue, since=NOW) == counted


def test_today_says_how_many_left_because_of_the_last_issue(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    with newsroom(tmp_path, database_url=database_url) as room:
        app = app_of(room)
        with database.begin() as session:
            ada, grace = subscribe(session, ADA, GRACE)
            seal(session, "2026-W23", [ada, grace], at=NOW - DAY, state="accepted")
            leave(session, ada, at=NOW - HOUR)
        assert "1 left of 2 accepted" in Console(app).get("/").text
        app.close()
