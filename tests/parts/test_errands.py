"""What every run does beside the issue, whoever starts it: `digest run`, `digest send`, serve."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from newsroom import Newsroom, newsroom
from people import GRACE, KEYRING
from sqlalchemy import select

from digest import errands, welcome
from digest.app import App
from digest.clock import Clock
from digest.config import load
from digest.delivery.state import DeliveryState
from digest.tables import ConfirmationRow, NoticeRow, SubscriberRow
from storage.database import Database
from storage.settings import DatabaseSettings
from subscribers.preferences import Preferences
from subscribers.signup import Application

ASKED = datetime(2026, 6, 11, 4, 0, tzinfo=UTC)


@pytest.fixture
def room(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Newsroom]:
    with newsroom(tmp_path, database_url=database_url) as room:
        room.configure("[signup]\nreminder = true\n")
        room.call(capsys, "source", "add", room.blog("x"), "--at", "2026-06-01T12:00")
        room.call(capsys, "fetch", "--at", "2026-06-10T12:00")
        yield room


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(DatabaseSettings(url=database_url))
    yield database
    database.close()


def apply(database: Database) -> None:
    """Have Grace ask for a subscription that she does not confirm."""
    wanted = Application(mailbox=GRACE.mailbox, wishes=Preferences(), source="sign-up form")
    with database.begin() as session:
        welcome.apply(session, wanted, keyring=KEYRING, now=ASKED)


def kinds(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(NoticeRow.kind).order_by(NoticeRow.id)))


def test_sending_by_hand_reminds_once_hands_notices_over_and_forgets_in_time(
    room: Newsroom, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(database)
    room.call(capsys, "issue", "approve", "2026-W24", "--at", "2026-06-11T09:00")
    for _ in range(2):
        room.call(capsys, "send", "2026-W24", "--at", "2026-06-12T09:00")
    assert kinds(database) == ["confirm", "reminder"]
    assert room.mail.copies(GRACE.email) == 2
    room.call(capsys, "send", "2026-W24", "--at", "2026-06-20T09:00")
    with database.read() as session:
        assert session.scalars(select(ConfirmationRow)).all() == []
        assert session.scalars(select(SubscriberRow.email)).all() == [None]


def test_several_runs_at_once_remind_once(room: Newsroom, database: Database) -> None:
    apply(database)
    clock = Clock.starting_at(ASKED + timedelta(days=1, hours=1))
    config = load(room.folder / "config.toml")
    apps = [App(config, clock=clock, stop=threading.Event()) for _ in range(4)]
    threads = [threading.Thread(target=errands.hand_over_notices, args=(app,)) for app in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for app in apps:
        app.close()
    with database.read() as session:
        sent = select(NoticeRow.kind).where(NoticeRow.state == DeliveryState.ACCEPTED)
        assert sorted(session.scalars(sent)) == ["confirm", "reminder"]
    assert room.mail.copies(GRACE.email) == 2
