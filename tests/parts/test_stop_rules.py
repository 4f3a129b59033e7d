"""What pauses an issue that is being sent: complaints, bounces, refusals at the door (R5)."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from books import send_to
from mailhost import say
from newsroom import FRIDAY, MONDAY, SAID_YES, newsroom
from people import NOW
from sqlalchemy import select, update

from digest import complaints, reactions
from digest.complaints import Complaints, Level
from digest.editions import store as editions
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.mail.event import Kind, MailEvent
from digest.reacting import ReactionSettings
from digest.tables import DeliveryRow, EditionRow, EventRow, LogEntryRow
from storage.database import Database

R5 = ReactionSettings(complaints=0.1, bounces=0.5)

_PAUSED = re.compile(
    r"paused: (?P<refused>\d+) of (?P=refused) refused for good \(100\.0 %, limit 10 %\)"
)


def going(database: Database, *, accepted: int) -> tuple[Edition, list[str]]:
    """Send an issue to so many readers; return it and the keys of their letters."""
    edition = send_to(database, readers=accepted)
    with database.begin() as session:
        session.execute(update(DeliveryRow).values(state="accepted"))
        ids = session.scalars(select(DeliveryRow.id).order_by(DeliveryRow.id))
        return edition, [f"{edition.period.lower()}.{id_}" for id_ in ids]


def tell(database: Database, kind: Kind, keys: Iterable[str]) -> None:
    with database.begin() as session:
        for key in keys:
            told = MailEvent(kind=kind, source="postmark", delivery_key=key, event_id=key, at=NOW)
            reactions.take(session, [told], now=NOW, settings=R5)


def state_of(database: Database, edition: Edition) -> tuple[EditionState, str | None]:
    with database.read() as session:
        now = editions.get(session, edition.id)
    return now.state, now.reason


@pytest.mark.parametrize(
    ("kind", "most", "words"),
    [
        (Kind.COMPLAINED, 4, "5 of 40 called it spam (12.5 %, limit 10 %)"),
        (Kind.HARD_BOUNCED, 20, "21 of 40 came back for good (52.5 %, limit 50 %)"),
    ],
)
def test_r5_more_than_the_limit_pauses_an_issue_and_says_the_figures(
    database: Database, kind: Kind, most: int, words: str
) -> None:
    edition, keys = going(database, accepted=40)
    tell(database, kind, [*keys[:most], *keys[:most]])  # told twice
    assert state_of(database, edition) == (EditionState.SENDING, None)
    tell(database, kind, keys[most : most + 1])
    assert state_of(database, edition) == (EditionState.PAUSED, words)
    with database.read() as session:
        last = session.scalars(select(EventRow).order_by(EventRow.id.desc())).first()
        noted = session.scalars(select(LogEntryRow)).one()
    assert last
    assert last.decision == f"issue paused: {words}"
    assert (noted.actor, noted.facts) == ("what came back", {"why": words})


def test_r5_who_resumes_has_seen_the_complaints_and_only_new_ones_count(
    database: Database,
) -> None:
    edition, keys = going(database, accepted=40)
    tell(database, Kind.COMPLAINED, keys[:5])
    with database.begin() as session:
        paused = editions.get(session, edition.id)
        editions.move(session, paused, to=EditionState.SENDING, now=NOW)
    tell(database, Kind.COMPLAINED, keys[5:9])
    assert state_of(database, edition)[0] is EditionState.SENDING
    tell(database, Kind.COMPLAINED, keys[9:10])
    assert state_of(database, edition)[0] is EditionState.PAUSED


def test_a_few_complaints_at_the_begin_and_any_after_the_end_pause_nothing(
    database: Database,
) -> None:
    edition, keys = going(database, accepted=4)
    tell(database, Kind.COMPLAINED, keys[:2])
    assert state_of(database, edition)[0] is EditionState.SENDING
    with database.begin() as session:
        editions.move(session, edition, to=EditionState.SENT, now=NOW)
    tell(database, Kind.COMPLAINED, keys)
    assert state_of(database, edition)[0] is EditionState.SENT


def test_r5_the_running_share_of_complaints_counts_each_letter_once(database: Database) -> None:
    _, keys = going(database, accepted=40)
    with database.begin() as session:
        session.execute(update(EditionRow).values(frozen_at=NOW))
        session.execute(update(DeliveryRow).where(DeliveryRow.id == 1).values(state="rejected"))
        assert complaints.running(session, "n", now=NOW) == Complaints(
            issues=1, letters=39, complaints=0
        )
    tell(database, Kind.COMPLAINED, [keys[1], keys[1]])
    tell(database, Kind.HARD_BOUNCED, keys[2:4])
    with database.read() as session:
        found = complaints.running(session, "n", now=NOW)
        assert complaints.running(session, "another", now=NOW) == Complaints(
            issues=0, letters=0, complaints=0
        )
    assert found == Complaints(issues=1, letters=39, complaints=1)
    assert found.level is Level.BLOCKED


def test_r5_the_lines_are_those_of_the_mailbox_providers() -> None:
    levels = [
        Complaints(issues=8, letters=10_000, complaints=count).level for count in (9, 10, 29, 30)
    ]
    assert levels == [Level.GOOD, Level.WATCH, Level.WATCH, Level.BLOCKED]


def test_an_issue_that_every_tenth_server_refuses_for_good_is_paused_in_mid_send(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with newsroom(tmp_path, database_url=database_url) as room:
        room.configure("[delivery]\nconnections = 1\nwindow = 5\nbatch = 10\n")

        def call(*arguments: str, at: str = FRIDAY, code: int = 0) -> str:
            return room.call(capsys, *arguments, "--at", at, code=code).out

        call("source", "add", room.blog("cold-reads"), at=MONDAY)
        call("fetch", at="2026-06-11T12:00")
        readers = [f"reader{number}@example.org" for number in range(60)]
        call("subscriber", "add", *readers, *SAID_YES, at=MONDAY)
        room.mail.script = {"rcpt": [say("550 5.1.1 unknown")] * 50}
        paused = _PAUSED.search(call("run", code=3))
        assert paused is not None
        assert 20 <= int(paused["refused"]) < 40  # looked at when results are written: 10 at a time
        assert len(room.mail.accepted) == 0
        room.mail.script = {}
        call("send", "2026-W24")
        call("audit")
        assert 0 < len(room.mail.accepted) <= 40
