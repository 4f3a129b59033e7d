"""Half a year of a made-up newsletter, played on this machine, for pictures of its console."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

import uvicorn

from digest import roster, sourcebook, staff, weekly
from digest.accounts.passwords import Passwords
from digest.accounts.roles import Role
from digest.app import App
from digest.clock import Clock
from digest.config import load
from digest.delivery import domains
from digest.demo.blogs import SampleBlog, sample_blogs
from digest.demo.mailbox import Mailbox
from digest.demo.posts import SamplePost
from digest.demo.settings import settings_text
from digest.demo.web import SampleWeb
from digest.figures import kept
from digest.migrations import schema
from digest.service import site_of
from digest.sources.shelf import NewSource

NAME, PASSWORD = "anna", "four words of hers"  # of a made-up account
BERLIN = ZoneInfo("Europe/Berlin")
WEEKS, A_WEEK = 26, 48  # readers who join
KONRAD = "konrad@example.net"
CUT = "What a Hundred Nights of Queue Lengths Taught Us About Paging Peo…"
CUT_AT = "2026-06-10T15:30"
HOSTS = {
    "kontor.example": "aspmx.l.google.com",
    "werft.example": "kontor.mail.protection.outlook.com",
    "garten.example": "mx00.gmx.net",
    "verlag.example": "mx01.mail.icloud.com",
    "atelier.example": "mx.atelier.example",
}
"""Invented domains, and who takes their mail."""


def moment(text: str) -> datetime:
    """Read a time of day in Berlin, as 2026-06-12T07:00."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The newsletter: 1,200 readers, an issue that has left, and one that waits for a person."""

    config: Path

    @contextmanager
    def app(self, at: datetime) -> Iterator[App]:
        """Open it at this time."""
        stop = threading.Event()
        with closing(App(load(self.config), clock=Clock.starting_at(at), stop=stop)) as app:
            try:
                yield app
            finally:
                stop.set()

    @contextmanager
    def console(self, at: str) -> Iterator[tuple[App, str]]:
        """Serve it at this time; give the app and the console's address."""
        with self.app(moment(at)) as app:
            server = uvicorn.Server(uvicorn.Config(site_of(app), port=0, log_config=None))
            thread = threading.Thread(target=server.run, daemon=True)
            thread.start()
            while not server.started:
                app.clock.sleep(0.05)
            port = server.servers[0].sockets[0].getsockname()[1]
            try:
                yield app, f"http://127.0.0.1:{port}/console"
            finally:
                app.stop.set()  # which ends the streams
                server.should_exit = True
                thread.join()

    @classmethod
    @contextmanager
    def built(cls, folder: Path) -> Iterator[Self]:
        """Play everything that was before the picture; some of the mail fails."""
        folder.mkdir()
        with ExitStack() as stack:
            config = folder / "config.toml"
            more = "\n[delivery]\nconnections = 1\n"
            first = Mailbox(folder / "first mail", fail=0.004, seed=2)
            with first, SampleWeb(blogs=_blogs(until=date(2026, 6, 4))) as web:
                config.write_text(settings_text(smtp_port=first.port) + more, "utf-8")
                stage = cls(config=config)
                stage._gather_readers()
                stage._send_the_first(web)
            # Others are refused this time: those of the first issue are asked no more.
            stack.enter_context(Mailbox(folder / "mail", port=first.port, fail=0.008))
            port = int(web.url.rpartition(":")[2])
            stack.enter_context(SampleWeb(port=port, blogs=_blogs(until=date(2026, 6, 12))))
            with stage.app(moment("2026-06-11T18:00")) as app:
                weekly.fetch(app, due_only=False)
                count(app)
            yield stage

    def _gather_readers(self) -> None:
        """Let people join week by week, and a few leave."""
        with self.app(moment("2025-12-01T12:00")) as app:
            schema.migrate(app.database)
        names = list(HOSTS)
        for week in range(WEEKS):
            with self.app(moment("2025-12-15T12:00") + timedelta(weeks=week)) as app:
                number = A_WEEK + 7 * (week % 5) - week
                people = [f"reader{week}.{n}@{names[int(n % 9 / 2)]}" for n in range(number)]
                roster.add_subscribers(app, people, consent="they are made up")
                for address in people[: 3 * (week % 4)]:
                    roster.remove_subscriber(app, address)

    def _send_the_first(self, web: SampleWeb) -> None:
        with self.app(moment("2026-06-04T18:00")) as app:
            staff.add(app, NAME, role=Role.ADMIN)
            staff.set_password(app, NAME, password=PASSWORD, passwords=Passwords())
            roster.add_subscribers(app, [KONRAD], consent="he is made up", language="de")
            sources = [
                NewSource(url=f"{web.url}{blog.feed_path}", name=blog.name, topic=blog.topic)
                for blog in sample_blogs()
            ]
            roster.add_sources(app, sources)
            weekly.fetch(app, due_only=False)
        for at in ("2026-06-05T07:00", "2026-06-05T08:00"):  # who was put off is tried again
            with self.app(moment(at)) as app:
                _look_up(app)
                weekly.run(app)


def _look_up(app: App) -> None:
    """Keep who takes the mail of the invented domains, as if DNS had said so."""
    now = app.clock.now()
    with app.database.begin() as session:
        domains.receivers_of(session, list(HOSTS), now=now)
        for name, host in HOSTS.items():
            domains.keep(session, name, exchanges=[host], now=now)


def count(app: App) -> None:
    """Count what pages show as kept, as a process that serves does every minute."""
    for counted in (sourcebook.renew, kept.renew):
        counted(app)


def _blogs(*, until: date) -> tuple[SampleBlog, ...]:
    """Return the sample blogs as they were on a day; at last one has a title that is cut."""
    blogs = [
        replace(blog, posts=tuple(post for post in blog.posts if _day(post) <= until))
        for blog in sample_blogs()
    ]
    blog = blogs[-1]
    cut = replace(blog.posts[0], title=CUT, slug="a-hundred-nights", date=moment(CUT_AT))
    if _day(cut) <= until:
        blogs[-1] = replace(blog, posts=(cut, *blog.posts))
    return tuple(blogs)


def _day(post: SamplePost) -> date:
    return post.date.date() if isinstance(post.date, datetime) else post.date
