"""A first ring under `digest serve`: it widens or stops by itself, and the operator hears of it."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from console import app_of
from newsroom import FRIDAY, MONDAY, SAID_YES, Newsroom, newsroom
from sqlalchemy import select
from visitor import Visitor, Wristwatch

from digest import service
from digest.app import App
from digest.standing import standing
from digest.tables import RingRow

OPERATOR = "ops@example.org"
PASSWORD = "postmark:a password of this test"  # noqa: S105 - of nobody
READERS = [f"reader{n}@example.org" for n in range(12)]
RING, OTHERS = 4, 8


@dataclass
class Served:
    """An installation, and what `digest serve` does in it at a time."""

    room: Newsroom
    app: App
    work: list[Callable[[], object]]
    clock: Wristwatch
    site: Visitor

    def at(self, minutes: int) -> None:
        """Do all that is done again and again, so many minutes after the issue was due."""
        wound = _due() + timedelta(minutes=minutes) - self.clock.now()
        self.clock.wind(seconds=wound.total_seconds())
        for work in self.work:
            work()

    def complain(self) -> int:
        """Have the provider tell that somebody in the ring called it spam; return the status."""
        with self.app.database.read() as session:
            letter = session.scalars(select(RingRow)).one().last_id
        told = {"RecordType": "SpamComplaint", "Metadata": {"delivery": f"2026-w24.{letter}"}}
        password = base64.b64encode(PASSWORD.encode()).decode()
        answer = self.site.ask(
            "POST",
            "/webhooks/postmark",
            content=json.dumps(told),
            headers={"authorization": f"Basic {password}"},
        )
        return answer.status_code

    @property
    def issues(self) -> int:
        """How many readers have got the issue."""
        return sum(one.recipient in READERS for one in self.room.mail.accepted)

    @property
    def told(self) -> list[str]:
        """The subjects of the operator's mails."""
        mails = [one.message for one in self.room.mail.accepted if one.recipient == OPERATOR]
        return [str(message_from_bytes(mail)["Subject"]) for mail in mails]


def _due() -> datetime:
    return datetime.fromisoformat(FRIDAY).replace(tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.fixture
def served(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Served]:
    """Start an installation whose issues go to a first ring, up to where the issue is due."""
    with newsroom(tmp_path, database_url=database_url) as room:
        room.configure(
            f"[ring]\nshare = 0.1\nleast = {RING}\n[alerts]\nto = ['{OPERATOR}']\n"
            f"[hooks.postmark]\npasswords = ['{PASSWORD}']\n"
        )
        room.call(capsys, "source", "add", room.blog("cold-reads"), "--at", MONDAY)
        room.call(capsys, "subscriber", "add", *READERS, *SAID_YES, "--at", MONDAY)
        clock = Wristwatch.starting_at(_due())
        app = app_of(room, clock=clock)
        work = [work for work, _ in service._rounds(app, scheduler=True)]
        yield Served(room=room, app=app, work=work, clock=clock, site=Visitor(service.site_of(app)))
        app.close()


def test_it_widens_by_itself_after_the_wait(served: Served) -> None:
    for minutes, issues in ((0, RING), (1, RING), (29, RING), (31, RING + OTHERS)):
        served.at(minutes)
        assert served.issues == issues
    assert len({one.recipient for one in served.room.mail.accepted}) == len(READERS) + 1
    (subject,) = served.told
    assert "sent" in subject


def test_it_stops_by_itself_with_complaints_and_tells_the_operator(served: Served) -> None:
    served.at(0)
    assert (served.issues, served.told) == (RING, [])
    assert served.complain() == 200
    for minutes in (1, 31, 90):
        served.at(minutes)
    assert served.issues == RING
    with served.app.database.read() as session:
        ring = session.scalars(select(RingRow)).one()
        assert ring.verdict == (
            f"1 of {RING} called it spam (25.00 %, limit 0.1 %); {OTHERS} people have got nothing"
        )
    (subject,) = served.told
    assert "paused" in subject.lower()
    assert standing(served.app).rings["2026-W24"].endswith(f"{OTHERS} people have got nothing")
