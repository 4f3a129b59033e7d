"""A small world for whole weeks: blogs on loopback, a mail host, a database, and a clock to set."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from internet import Internet
from mailhost import MailHost

from digest import roster, weekly
from digest.app import App
from digest.clock import Clock
from digest.config import Configuration
from digest.delivery.audit import audit
from digest.sources.shelf import NewSource
from digest.weekly import Week

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(text: str) -> datetime:
    """Read a time of day in Berlin, as 2026-06-12T07:00."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@dataclass
class World:
    """Everything around one newsletter."""

    web: Internet
    mail: MailHost
    folder: Path
    database_url: str
    settings: dict[str, Any] = field(default_factory=dict)
    opened: list[App] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def configuration(self) -> Configuration:
        """Return settings that reach this world and nothing else."""
        base: dict[str, Any] = {
            "database": {"url": self.database_url},
            "app": {"state": str(self.folder / "state")},
            "http": {"allow_networks": ["127.0.0.0/8"]},
            "sources": {"gap_seconds": 0.0, "per_host": 4},
            "carrier": {
                "smtp": {"host": "127.0.0.1", "port": self.mail.port, "security": "none"},
            },
            "delivery": {"connections": 2, "reconnect_seconds": 0.01},
            "web": {"public_url": "https://digest.example"},
        }
        for section, values in self.settings.items():
            base[section] = base.get(section, {}) | values
        return Configuration(**base)

    def app(self, at: str) -> App:
        """Open the app as a process that starts at this time, in Berlin."""
        clock = Clock.starting_at(berlin(at))
        app = App(self.configuration(), clock=clock, stop=self.stop)
        self.opened.append(app)
        return app

    def blog(self, name: str, *posts: tuple[str, str], at: str = "2026-06-01T12:00") -> None:
        """Publish (title, date in Berlin or "") as an RSS feed, and follow it if it is new."""
        items = "".join(
            f"<item><title>{escape(title)}</title>"
            f"<link>https://{name}.example/{n}-{abs(hash(title))}</link>"
            f"<guid>{name}-{escape(title)}</guid>"
            f"<description>What there is to say about {escape(title)}.</description>"
            + (f"<pubDate>{berlin(date):%a, %d %b %Y %H:%M:%S %z}</pubDate>" if date else "")
            + "</item>"
            for n, (title, date) in enumerate(posts)
        )
        body = (
            f'<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title>'
            f"<link>https://{name}.example/</link>{items}</channel></rss>"
        )
        url = self.web.serve(
            f"/{name}.xml", body.encode(), headers={"Content-Type": "application/rss+xml"}
        )
        roster.add_sources(self.app(at), [NewSource(url=url, name=name)])

    def readers(self, *addresses: str, at: str = "2026-06-01T12:00", language: str = "en") -> None:
        """Put confirmed readers on the list."""
        results = roster.add_subscribers(
            self.app(at), addresses, consent="a test", language=language
        )
        assert [fate for _, fate in results] == ["added"] * len(addresses)

    def run(self, at: str) -> Week:
        """Do what `digest run` does, and prove the books afterwards."""
        app = self.app(at)
        done = weekly.run(app)
        self.prove()
        return done

    def prove(self) -> None:
        """Check that the counts add up."""
        app = self.opened[-1]
        with app.database.read() as session:
            assert audit(session) == []

    @property
    def accepted(self) -> int:
        """How many letters the mail host has truly taken."""
        return len(self.mail.accepted)
