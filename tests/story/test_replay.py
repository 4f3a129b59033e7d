"""Real feeds as they changed over months and years: a weekly digest mails no post twice."""

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from internet import Internet

from digest import roster, weekly
from digest.app import App
from digest.clock import Clock
from digest.config import Configuration
from digest.delivery.audit import audit
from digest.editions import store as editions
from digest.editions.issue import Issue
from digest.posts.identity import canonical_link, title_key
from digest.providers.memory import MemoryCarrier
from digest.sources.guard import Parser
from digest.sources.poll import poll
from digest.sources.shelf import NewSource
from digest.tables import Base

DAY = timedelta(days=1)
FRIDAY, SEVEN = 4, 7  # the slot of the default schedule, in Berlin; 10:00 UTC is after it
FEEDS = ("ab180-eng", "cursor", "dotnetramblings", "innersource", "ollama")


@dataclass(frozen=True)
class Replay:
    """One newsletter that follows one feed; each step is a process of its own."""

    folder: Path
    web: Internet
    parser: Parser

    def app(self, at: datetime) -> App:
        """Open the app as a process that starts at this time."""
        settings: dict[str, Any] = {
            "database": {"url": f"sqlite:///{self.folder}/replay.sqlite3"},
            "app": {"state": str(self.folder / "state")},
            "http": {"allow_networks": ["127.0.0.0/8"]},
            "carrier": {"kind": "memory"},
            "delivery": {"connections": 1},
            "web": {"public_url": "https://digest.example"},
        }
        config = Configuration(**settings)
        return App(config, clock=Clock.starting_at(at), stop=threading.Event())

    def begin(self, at: datetime) -> None:
        """Follow the feed, with one reader on the list."""
        app = self.app(at)
        app.database.create()
        Base.metadata.create_all(app.database.engine)
        roster.add_sources(app, [NewSource(url=self.web.url("/feed"), name="feed")])
        roster.add_subscribers(app, ["ada@example.org"], consent="a test", language="en")
        app.close()

    def read(self, snapshot: Path) -> None:
        """Poll the feed at the time when it looked like this."""
        self.web.serve("/feed", snapshot.read_bytes(), etag=f'"{snapshot.stem}"')
        app = self.app(taken_at(snapshot))
        poll(
            app.database,
            client=app.client,
            parser=self.parser,
            now=app.clock.now,
            settings=app.config.sources,
            processes=app.processes,
            due_only=False,
        )
        app.close()

    def run(self, at: datetime) -> list[str]:
        """Do what the week's run does; return the text of the letters that left."""
        app = self.app(at)
        weekly.run(app)
        assert isinstance(app.carrier, MemoryCarrier)
        letters = [text_of(letter.message) for letter in app.carrier.letters]
        with app.database.read() as session:
            assert audit(session) == []
        app.close()
        return letters

    def issues(self, at: datetime) -> list[Issue]:
        """Return the sealed words of every issue."""
        app = self.app(at)
        with app.database.read() as session:
            all_ = editions.all_editions(session, app.newsletter)
            found = [editions.issue_of(session, edition.id) for edition in all_]
        app.close()
        return [issue for issue in found if issue]


def taken_at(snapshot: Path) -> datetime:
    return datetime.strptime(snapshot.stem, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def text_of(message: bytes) -> str:
    part = message_from_bytes(message, policy=policy.default).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def next_friday(moment: datetime) -> datetime:
    """Return the first Friday at 10:00 UTC after this."""
    noon = moment.replace(hour=10, minute=0, second=0)
    days = (FRIDAY - noon.weekday()) % SEVEN
    friday = noon + days * DAY
    return friday if friday > moment else friday + SEVEN * DAY


@pytest.mark.parametrize("name", FEEDS)
def test_no_post_of_a_real_feed_is_mailed_twice(
    name: str, shared_data: Path, tmp_path: Path
) -> None:
    snapshots = sorted((shared_data / "timeseries" / name).glob("*.xml"))
    letters: list[str] = []
    with Internet() as web, Parser() as parser:
        replay = Replay(tmp_path, web, parser)
        replay.begin(taken_at(snapshots[0]) - 30 * DAY)
        friday = next_friday(taken_at(snapshots[0]))
        for snapshot in snapshots:
            while friday < taken_at(snapshot):
                letters += replay.run(friday)
                friday = max(friday + SEVEN * DAY, next_friday(taken_at(snapshot) - 8 * DAY))
            replay.read(snapshot)
        for weeks in range(3):
            letters += replay.run(friday + weeks * SEVEN * DAY)
        issues = replay.issues(friday)
    posts = [post for issue in issues for post in issue.posts]
    assert posts
    assert len(letters) == len(issues)
    for issue, text in zip(issues, letters, strict=True):
        words = title_key(text)
        assert all(title_key(post.title) in words for post in issue.posts)
    assert most(Counter((title_key(post.title), canonical_link(post.url)) for post in posts)) == 1
    assert most(Counter(title_key(post.title) for post in posts)) == 1


def most(counted: Counter[Any]) -> int:
    return max(counted.values())
