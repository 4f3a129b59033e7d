"""The long proofs: `make soak`. The same promises as in `story`, with many more deaths."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from installation import FEED, Installation, adopt
from internet import Internet
from mailhost import MailHost
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest.delivery import ledger
from digest.delivery.audit import audit
from digest.delivery.state import OPEN, DeliveryState
from digest.tables import DeliveryRow, EditionRow, SubscriberRow
from storage.database import Database

pytestmark = pytest.mark.soak

READERS = 1_000
KILLS_PER_ISSUE = 25
TRIES = 20  # to finish an issue
STARTERS, READERS_OF_MANY = 8, 12
FIRST = datetime(2026, 6, 12, 7, tzinfo=UTC)
CONNECTIONS, IN_FLIGHT = 4, 4  # of one run together; letters that one of them leaves unanswered
OFFERS = ("SIZE 100000000", "8BITMIME", "ENHANCEDSTATUSCODES", "PIPELINING", "CHUNKING")


@dataclass
class Tally:
    """What the deaths so far have cost."""

    kills: int = 0
    issues: int = 0
    letters: int = 0
    accepted: int = 0
    unknown: int = 0
    allowed: int = 0  # unknown ones: what each death may leave between dot and answer
    aside: int = 0  # their sender died three times with them in hand
    lost: int = 0
    most_copies: int = 0
    seconds: float = 0
    victims: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class Field:
    """An installation, its database, the outside world, and how many processes send."""

    home: Installation
    database: Database
    mail: MailHost
    web: Internet
    processes: int
    chance: random.Random

    def start(self, *, week: int) -> subprocess.Popen[str]:
        """Start a run for the issue of a week."""
        return self.home.start("run", "--at", f"{friday(week):%Y-%m-%dT%H:%M}")

    def publish(self, *, week: int) -> None:
        """Write the one post of a week."""
        post = friday(week) - timedelta(days=2)
        feed = FEED.replace(b"Tue, 09 Jun 2026 10:00:00 +0000", format_datetime(post).encode())
        for old in (b"cold", b"<guid>1"):
            feed = feed.replace(old, old + f"{post:%Y%j}".encode())
        self.web.serve("/feed.xml", feed)


def friday(week: int) -> datetime:
    """Return when the issue of this week is due."""
    return FIRST + timedelta(weeks=week)


@contextmanager
def field_of(
    database: Database, url: str, folder: Path, *, processes: int, readers: int
) -> Iterator[Field]:
    """Give an installation with a blog and readers, and the mail host it sends to."""
    adopt(database)
    delivery = f"connections = {CONNECTIONS}"
    if processes > 1:
        delivery += f"\n[engine]\nprocesses = {processes}\nper_process = 100"
    with Internet() as web, MailHost(delay=0.002, offers=OFFERS) as mail:
        home = Installation(folder, database_url=url, mail_port=mail.port, delivery=delivery)
        home.prepare(web.serve("/feed.xml", FEED), readers=readers)
        yield Field(
            home=home,
            database=database,
            mail=mail,
            web=web,
            processes=processes,
            chance=random.Random(1869),
        )


def children_of(process: subprocess.Popen[str]) -> list[int]:
    """Name the senders that a run has started (the kernel keeps the list)."""
    try:
        words = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii")
    except OSError:  # it has ended
        return []
    return [int(word) for word in words.split()]


def strike(here: Field, run: subprocess.Popen[str], tally: Tally) -> bool:
    """Kill the run, or all of it, or one of its senders; tell whether the run is over by that."""
    senders = children_of(run)
    aims = ["parent", "all", "sender"] if senders and here.processes > 1 else ["all"]
    aim = here.chance.choice(aims)
    victims = {"parent": [run.pid], "all": [run.pid, *senders], "sender": senders[:1]}[aim]
    for victim in victims:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            continue
    per_process = CONNECTIONS // here.processes if senders else CONNECTIONS
    tally.kills += 1
    tally.victims[aim] += 1
    tally.allowed += IN_FLIGHT * (per_process if aim == "sender" else CONNECTIONS)
    return aim != "sender"


def run_under_fire(here: Field, *, week: int, most: int, tally: Tally) -> None:
    """Start a run, and strike it again and again after some more letters until it is over."""
    run = here.start(week=week)
    is_over = False
    while not is_over and tally.kills < most:
        enough = len(here.mail.accepted) + here.chance.randrange(0, 2 * READERS // KILLS_PER_ISSUE)
        while run.poll() is None and len(here.mail.accepted) < enough:
            time.sleep(0.001)
        if run.poll() is not None:
            break
        is_over = strike(here, run, tally)
    run.communicate(timeout=300)
    with here.database.read() as session:
        assert audit(session) == []


def issue_of(session: Session, *, week: int) -> int | None:
    """Return the issue of a week; None when it is not opened yet."""
    opened = session.scalars(select(EditionRow.id).order_by(EditionRow.due_at)).all()
    return opened[week] if week < len(opened) else None


def is_closed(here: Field, *, week: int) -> bool:
    """Whether the issue is sealed, and no letter of it open."""
    with here.database.read() as session:
        counts = ledger.counts(session, issue_of(session, week=week) or 0)
    return bool(counts) and not OPEN & counts.keys()


def finish(here: Field, *, week: int) -> None:
    """Let the issue come to its end: senders whose parent was killed finish what is in hand."""
    for _ in range(TRIES):
        if is_closed(here, week=week):
            return
        here.start(week=week).communicate(timeout=300)
    pytest.fail(f"the issue of week {week} does not come to its end")


def settle(here: Field, *, week: int, tally: Tally) -> None:
    """Compare the books of an issue with what the mail host has truly taken."""
    copies = Counter(taken.recipient for taken in here.mail.accepted)
    with here.database.read() as session:
        assert audit(session) == []
        rows = session.execute(
            select(SubscriberRow.email, DeliveryRow.state)
            .join(DeliveryRow, DeliveryRow.subscriber_id == SubscriberRow.id)
            .where(DeliveryRow.edition_id == issue_of(session, week=week))
        ).all()
    states = Counter(state for _, state in rows)
    tally.issues += 1
    tally.letters += len(rows)
    tally.accepted += states[DeliveryState.ACCEPTED]
    tally.unknown += states[DeliveryState.UNKNOWN]
    tally.aside += states[DeliveryState.FAILED]
    tally.lost += sum(
        state == DeliveryState.ACCEPTED and not copies[str(email)] for email, state in rows
    )
    tally.most_copies = max(tally.most_copies, *copies.values())
    known = states[DeliveryState.ACCEPTED] + states[DeliveryState.UNKNOWN]
    assert len(rows) == READERS == known + states[DeliveryState.FAILED], states
    assert len(copies) <= known


@pytest.mark.parametrize("processes", [1, 4])
@pytest.mark.timeout(7200)
def test_killed_again_and_again_nobody_gets_two_and_nobody_is_lost(
    database: Database, database_url: str, tmp_path: Path, processes: int, kills: int
) -> None:
    tally = Tally()
    began = time.monotonic()
    with field_of(
        database, database_url, tmp_path / "digest", processes=processes, readers=READERS
    ) as here:
        while tally.kills < kills:
            week = tally.issues
            here.publish(week=week)
            here.mail.accepted.clear()
            most = min(tally.kills + KILLS_PER_ISSUE, kills)
            for _ in range(2 * KILLS_PER_ISSUE):
                if tally.kills < most and not is_closed(here, week=week):
                    run_under_fire(here, week=week, most=most, tally=tally)
            finish(here, week=week)
            settle(here, week=week, tally=tally)
    tally.seconds = round(time.monotonic() - began)
    print(f"\n{database.engine.dialect.name}, {processes} processes: {tally}")  # noqa: T201
    assert (tally.most_copies, tally.lost) == (1, 0)
    assert tally.unknown <= tally.allowed
    assert tally.aside <= kills // 3


@pytest.mark.timeout(7200)
def test_eight_starters_at_once_send_one_issue_and_one_letter_each(
    database: Database, database_url: str, tmp_path: Path, rounds: int
) -> None:
    began = time.monotonic()
    with field_of(
        database, database_url, tmp_path / "digest", processes=1, readers=READERS_OF_MANY
    ) as here:
        for week in range(rounds):
            here.publish(week=week)
            here.mail.accepted.clear()
            starters = [here.start(week=week) for _ in range(STARTERS)]
            outputs = [starter.communicate(timeout=300)[0] for starter in starters]
            assert all(starter.returncode in {0, 4} for starter in starters), outputs
            copies = Counter(taken.recipient for taken in here.mail.accepted)
            assert (len(copies), set(copies.values())) == (READERS_OF_MANY, {1}), outputs
        with database.read() as session:
            assert audit(session) == []
            assert session.scalar(select(func.count()).select_from(EditionRow)) == rounds
    seconds = round(time.monotonic() - began)
    print(f"\n{database.engine.dialect.name}: {rounds} rounds in {seconds} s")  # noqa: T201
