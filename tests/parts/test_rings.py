"""An issue that goes to a first ring of readers: who they are, the wait, and how it goes on."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from mailhost import close, say
from newsroom import MONDAY, SAID_YES, Ended, Newsroom, newsroom
from people import NOW, Character, subscribe
from sqlalchemy import select, update

from digest import reactions
from digest.delivery import ledger
from digest.delivery.ring import RingSettings
from digest.mail.event import Kind, MailEvent
from digest.reacting import ReactionSettings
from digest.tables import DeliveryRow, EditionRow, LogEntryRow, RingRow, SubscriberRow, VariantRow
from storage.database import Database
from storage.settings import DatabaseSettings

Call = Callable[..., Ended]
RING = """
[ring]
share = 0.1
least = 4
"""
DOMAINS = ("big.example",) * 6 + ("second.example",) * 3 + ("small.example",)
READERS = [f"reader{n}@{DOMAINS[n % 10]}" for n in range(20)]
WEEK = "2026-W24"
AT = "2026-06-12T07:{:02}"


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom(tmp_path, database_url=database_url) as room:
        room.configure(RING)
        yield room


@pytest.fixture
def call(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*arguments: str, code: int = 0, at: int = 0) -> Ended:
        return room.call(capsys, *arguments, "--at", AT.format(at), code=code)

    room.call(capsys, "source", "add", room.blog("cold-reads"), "--at", MONDAY)
    room.call(capsys, "fetch", "--at", "2026-06-11T12:00")
    room.call(capsys, "subscriber", "add", *READERS, *SAID_YES, "--at", MONDAY)
    return call


def ring_of(database: Database) -> RingRow | None:
    with database.read() as session:
        return session.scalars(select(RingRow)).one_or_none()


def edition_with(database: Database, emails: list[str], **ring: float) -> list[str]:
    """Write the ledger of an issue with a ring; return who is in that."""
    people = [Character(name=email.split("@")[0], email=email) for email in emails]
    with database.begin() as session:
        if not session.scalar(select(SubscriberRow.id).limit(1)):
            subscribe(session, *people)
        number = len(session.scalars(select(EditionRow.id)).all())
        edition = EditionRow(
            newsletter="n", period=f"2026-W{10 + number}", state="sending", opens_at=NOW,
            closes_at=NOW, due_at=NOW, created_at=NOW, frozen_at=NOW,
        )  # fmt: skip
        session.add(edition)
        session.flush()
        variant = VariantRow(
            edition_id=edition.id, language="en", subject="S", html="", text="", sha256="0"
        )
        session.add(variant)
        session.flush()
        settings = RingSettings(**ring)  # type: ignore[arg-type] # numbers, by name
        written = ledger.write(
            session, edition.id, otherwise={"en": variant.id}, now=NOW, ring=settings
        )
        assert written == len(emails)
        row = session.get(RingRow, edition.id)
        if row is None:
            return []
        rows = session.scalars(
            select(SubscriberRow.email)
            .join(DeliveryRow, DeliveryRow.subscriber_id == SubscriberRow.id)
            .where(
                DeliveryRow.edition_id == edition.id,
                DeliveryRow.id.between(row.first_id, row.last_id),
            )
            .order_by(DeliveryRow.id)
        )
        return [email for email in rows if email]


def test_the_first_are_of_every_provider_by_its_share_and_others_each_time(
    database: Database,
) -> None:
    emails = [f"r{n}@{domain}" for n, domain in enumerate(sorted(DOMAINS) * 20)]
    first = edition_with(database, emails, share=0.1, least=5)
    domains = Counter(email.partition("@")[2] for email in first)
    assert domains == {"big.example": 12, "second.example": 6, "small.example": 2}
    again = edition_with(database, emails, share=0.1, least=5)
    assert len(again) == 20
    assert not {*first} & {*again}


def test_a_list_no_longer_than_the_ring_goes_at_once_and_so_does_every_one_without(
    database: Database,
) -> None:
    emails = [f"r{n}@a.example" for n in range(10)]
    for ring in ({"share": 0.1, "least": 10}, {"share": 0.0, "least": 2}):
        assert edition_with(database, emails, **ring) == []
    assert ring_of(database) is None


def test_the_others_follow_after_the_wait_by_themselves(room: Newsroom, call: Call) -> None:
    ended = call("run", code=4)
    assert len(room.mail.accepted) == 4
    assert "first ring of 4: served; 16 others follow Fri 12 Jun 2026 07:30" in ended.out
    assert "16 others follow" in call("issue", "show", WEEK).out
    call("run", code=4, at=29)
    assert len(room.mail.accepted) == 4
    call("run", at=31)
    assert len(room.mail.accepted) == len(set(room.mail.accepted)) == 20
    assert "all is well, so the others follow" in call("issue", "show", WEEK).out
    call("audit")


def test_too_many_refusals_pause_the_issue_with_the_figures(room: Newsroom, call: Call) -> None:
    room.mail.script = {"rcpt": [say("550 5.1.1 unknown")]}
    ended = call("run", code=3)
    words = "first ring: 1 of 4 refused for good (25.0 %, limit 5 %); 16 people have got nothing"
    assert words in ended.out
    assert words in call("issue", "show", WEEK).out
    assert len(room.mail.accepted) == 3
    call("run", at=59)
    assert len(room.mail.accepted) == 3  # no run lets it go on
    call("send", WEEK, at=59)  # a person does
    assert len(room.mail.accepted) == 19
    assert "let go by a person" in call("issue", "show", WEEK).out
    call("audit")


def test_what_a_person_pauses_in_the_ring_is_still_in_the_ring(room: Newsroom, call: Call) -> None:
    call("run", code=4)
    call("issue", "pause", WEEK)
    call("run", at=59)
    assert len(room.mail.accepted) == 4
    call("send", WEEK, code=0, at=59)  # the wait is over: all is well
    assert len(room.mail.accepted) == 20


def test_complaints_and_departures_of_the_first_count_from_whoever_tells(
    room: Newsroom, call: Call
) -> None:
    call("run", code=4)
    database = Database(DatabaseSettings(url=room.database_url))
    ring = ring_of(database)
    assert ring
    with database.begin() as session:
        letter = MailEvent(
            kind=Kind.COMPLAINED, source="postmark", delivery_key=f"{WEEK.lower()}.{ring.last_id}"
        )
        told = [letter, replace(letter, event_id="told again")]
        reactions.take(session, told, now=NOW, settings=ReactionSettings())
        first = select(DeliveryRow.subscriber_id).where(DeliveryRow.id == ring.first_id)
        gone = update(SubscriberRow).where(SubscriberRow.id == first.scalar_subquery())
        session.execute(gone.values(status="unsubscribed"))
    ended = call("run", code=3, at=1)
    assert "1 of 4 called it spam (25.00 %, limit 0.1 %); 1 of 4 left the list" in ended.out
    with database.read() as session:
        noted = session.scalars(select(LogEntryRow).order_by(LogEntryRow.id.desc())).first()
        assert noted
        assert (noted.actor, noted.action) == ("the first ring", "pause issue")
        assert "16 people have got nothing" in noted.facts["why"]
    database.close()


def test_without_a_wait_the_others_follow_in_the_same_run(room: Newsroom, call: Call) -> None:
    room.configure(f"{RING}wait_minutes = 0")
    call("run")
    assert len(room.mail.accepted) == 20


def test_a_process_of_a_crew_keeps_to_the_ring(room: Newsroom, call: Call) -> None:
    call("run", code=4)
    call("worker", "--edition", WEEK)
    assert len(room.mail.accepted) == 4


def test_a_mail_server_that_is_down_is_no_answer(room: Newsroom, call: Call) -> None:
    room.mail.script = {"banner": [close()] * 20}
    call("run", code=4)
    assert room.mail.accepted == []
    room.mail.script = {}
    call("run", code=4, at=40)  # only now are the first served, and the wait begins
    assert len(room.mail.accepted) == 4
    call("run", code=4, at=59)
    assert len(room.mail.accepted) == 4
