"""Every page of the console, with 1,000,000 readers and two years of issues, in both databases."""

import re
import statistics
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from typing import Any

from application import application
from books import NOW, Book, postgres_book, sqlite_book
from rounds import Row
from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.testclient import TestClient

from digest import headcount, sourcebook
from digest.accounts.passwords import Passwords
from digest.accounts.roles import Role
from digest.app import App
from digest.calendar import next_due
from digest.clock import Clock
from digest.figures import kept
from digest.tables import (
    CaptureRow,
    DeliveryRow,
    EditionRow,
    LogEntryRow,
    PlacementRow,
    PostRow,
    SourceRow,
    SubscriberRow,
    VariantRow,
)
from digest.web.console.gate import Person
from digest.web.console.mount import build_console, console_routes

READERS, QUICK_READERS = 1_000_000, 50_000
ISSUES = 104  # two years
_SMALL = 10_000  # readers of all but the last two issues: a page reads one issue's letters
_BLOGS, _POSTS_EACH = 20, 200
_TOPICS = ("Storage", "Networking", "Security", "Languages", "Operations")
_NOTES = 5_000
_LATER = timedelta(days=3)  # after the last slot: so much of the coming issue is known
_TIMES = 5
MILLISECONDS = 150.0
_BOOKS: Mapping[str, Callable[[int], AbstractContextManager[Book]]] = {
    "SQLite": sqlite_book,
    "PostgreSQL": postgres_book,
}
# What is no page: a stream, files, and what needs somebody who is not signed in.
_NO_PAGES = ("/events", "/static/", "/sign-in", "/link/", "/me/factor")
_PARAMETER = re.compile(r"\{(\w+)\}")
_TEMPLATE = {"name": "edition/weekly/post.j2"}
_OWN_WORDS = {"/templates/file": _TEMPLATE, "/templates/change": _TEMPLATE}
_OF_OPEN_ISSUES = ("/{period}", "/checks", "/weight", "/lens")
_SLOW_BY_NATURE = ("/templates/look",)  # it starts a process with limits


def measure(*, quick: bool) -> list[Row]:
    """Return a row for each page and database."""
    readers = QUICK_READERS if quick else READERS
    return [row for name, book in _BOOKS.items() for row in _measure(name, book, readers=readers)]


def _measure(
    name: str, book: Callable[[int], AbstractContextManager[Book]], *, readers: int
) -> Iterator[Row]:
    with (
        book(readers) as written,
        closing(_office(written)) as app,
    ):
        _live_through(app, readers)
        person = Person(name="anna", role=Role("admin"))
        site = Starlette(routes=console_routes(app, guest=person))
        with TestClient(
            site, base_url="http://localhost:8025", client=("127.0.0.1", 40_000)
        ) as browser:
            for path in _pages(app, person):
                yield _row(browser, path, name=name, readers=readers)


def _office(written: Book) -> App:
    """Open the application some days after the issue of the book, while the next one is made."""
    clock = Clock.starting_at(NOW + _LATER)
    return application(written.url, folder=written.folder, clock=clock)


def _pages(app: App, person: Person) -> Iterator[str]:
    """Yield the addresses of all pages, as the console itself has them.

    Those that an open issue has as well come twice: once of the one that comes next.
    """
    with app.database.read() as session:
        going, done = session.scalars(
            select(EditionRow.period).order_by(EditionRow.due_at.desc()).limit(2)
        )
        reader = session.scalar(select(func.max(DeliveryRow.subscriber_id))) or 1
    console = build_console(app, guest=person, passwords=Passwords())
    values = {"period": done, "source_id": "1"}
    coming = next_due(app.config.schedule, app.clock.now()).name
    for path, ways in console.openapi()["paths"].items():
        if "get" not in ways or any(part in path for part in (*_NO_PAGES, *_SLOW_BY_NATURE)):
            continue
        own = {"period": going} if path.endswith("/sending") else {}
        yield _PARAMETER.sub(lambda found: {**values, **own}.get(found[1], str(reader)), path)  # noqa: B023 - used at once
        if path.endswith(_OF_OPEN_ISSUES):
            yield _PARAMETER.sub(coming, path)


def _row(browser: TestClient, path: str, *, name: str, readers: int) -> Row:
    words = next((own for end, own in _OWN_WORDS.items() if path.endswith(end)), {})
    spent = []
    for _ in range(_TIMES + 1):
        start = time.perf_counter()
        answer = browser.get(path, params=words, follow_redirects=False)
        spent.append((time.perf_counter() - start) * 1e3)
        if answer.status_code >= 400:  # noqa: PLR2004 - an error is no page
            raise RuntimeError(f"{path} answers {answer.status_code}: {answer.text[:300]}")
    middle = statistics.median(spent[1:])
    return {
        "name": f"console {path}, {name}",
        "ratio": round(middle / MILLISECONDS, 2),
        "must": "<= 1",
        "reference": f"{MILLISECONDS:g} ms",
        "note": f"{middle:.0f} ms (the first time {spent[0]:.0f} ms), "
        f"{len(answer.content) / 1e3:.0f} kB, {readers:,} readers, {ISSUES} issues",
    }


def _live_through(app: App, readers: int) -> None:
    """Make two years of the one issue that a book has; let it be on its way, half served."""
    with app.database.begin() as session:
        _publish(session)
        _choose(session)
        session.execute(
            update(EditionRow)
            .where(EditionRow.id == 1)
            .values(state="sending", candidates=readers, number=ISSUES)
        )
        first = session.execute(
            select(*EditionRow.__table__.columns).where(EditionRow.id == 1)
        ).mappings()
        going = dict(first.one())
        for week in range(1, ISSUES):
            many = readers if week == 1 else min(_SMALL, readers)
            _repeat(session, going, week=week, readers=many)
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.edition_id == 1, DeliveryRow.id <= readers // 2)
            .values(state="accepted", ended_at=NOW)
        )
        session.execute(
            insert(LogEntryRow),
            [
                {
                    "at": NOW,
                    "actor": "anna",
                    "action": "edit post",
                    "about": f"post {n}",
                    "facts": {},
                }
                for n in range(_NOTES)
            ],
        )
    if not app.database.is_sqlite:
        with app.database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    sourcebook.renew(app)  # as the process that serves does by itself
    kept.renew(app)
    headcount.refresh_all(app)


def _publish(session: Session) -> None:
    """Give the blogs two years of posts."""
    for blog in range(2, _BLOGS + 2):
        name = f"Blog {blog}"
        topic = _TOPICS[blog % len(_TOPICS)]
        url = f"https://{blog}.example/"
        session.add(SourceRow(id=blog, name=name, url=url, topic=topic, added_at=NOW))
    session.flush()
    rows: list[dict[str, Any]] = [
        {
            "id": 1_000 * blog + n,
            "source_id": blog,
            "url": f"https://{blog}.example/{n}",
            "title": f"Post {n} of blog {blog}, about queues and disks",
            "summary": "Three measurements, and what they say about a cache that nobody reads.",
            "first_seen_at": NOW - timedelta(days=n * 3.6),
            "published_at": NOW - timedelta(days=n * 3.6),
        }
        for blog in range(2, _BLOGS + 2)
        for n in range(_POSTS_EACH)
    ]
    session.execute(insert(PostRow), rows)
    _answer(session)


def _answer(session: Session) -> None:
    """Keep what the first source answered last, as long as a feed is."""
    body = b"<p>Three measurements, and what they say about a cache.</p>\n" * 4_000
    kept_body = zlib.compress(body)
    session.add(
        CaptureRow(source_id=1, at=NOW, media="text/html", size=len(body), content=kept_body)
    )


def _choose(session: Session) -> None:
    """Let every third reader have chosen one topic or two."""
    names = [name.lower() for name in _TOPICS]
    for at, name in enumerate(names):
        others = {0: name, 1: ",".join(sorted((name, names[at - 1])))}
        for remainder, topics in others.items():
            session.execute(
                update(SubscriberRow)
                .where(SubscriberRow.id % (6 * len(names)) == 6 * at + 3 * remainder)
                .values(topics=topics)
            )


def _repeat(session: Session, going: dict[str, Any], *, week: int, readers: int) -> None:
    """Write an issue of so many weeks before, which all of its readers got."""
    back = timedelta(days=7 * week)
    due = going["due_at"] - back
    year, number, _ = due.isocalendar()
    moved = {name: value - back for name, value in going.items() if name.endswith("_at") and value}
    own = {
        **going,
        **moved,
        "id": None,
        "period": f"{year}-W{number:02}",
        "number": ISSUES - week,
        "state": "sent",
        "candidates": readers,
        "ended_at": due,
    }
    del own["id"]
    edition_id = session.scalars(insert(EditionRow).values(own).returning(EditionRow.id)).one()
    variant = dict(
        session.execute(select(*VariantRow.__table__.columns).where(VariantRow.edition_id == 1))
        .mappings()
        .first()
        or {}
    )
    del variant["id"]
    variant["edition_id"] = edition_id
    variant_id = session.scalars(insert(VariantRow).values(variant).returning(VariantRow.id)).one()
    places = [
        {
            "newsletter": own["newsletter"],
            "post_id": post_id,
            "edition_id": edition_id,
            "position": place,
        }
        for place, post_id in enumerate(
            session.scalars(
                select(PostRow.id)
                .where(PostRow.source_id > 1)
                .order_by(PostRow.id)
                .offset(week * 10)
                .limit(10)
            ),
            start=1,
        )
    ]
    session.execute(insert(PlacementRow), places)
    names = ("edition_id", "subscriber_id", "mailbox_key", "variant_id", "state", "ended_at")
    session.execute(
        insert(DeliveryRow).from_select(
            names,
            select(
                literal(edition_id),
                DeliveryRow.subscriber_id,
                DeliveryRow.mailbox_key,
                literal(variant_id),
                literal("accepted"),
                literal(due, DeliveryRow.ended_at.type),
            ).where(DeliveryRow.edition_id == 1, DeliveryRow.subscriber_id <= readers),
        )
    )


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(row)
