"""What an operator enters by hand: sources to follow, and readers who have agreed."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from digest.app import App
from digest.errors import UsageError
from digest.sources import fetch
from digest.sources.adapter import Reading, UnreadableError
from digest.sources.guard import Parser
from digest.tables import SourceRow
from subscribers import directory
from subscribers.addresses import Mailbox
from subscribers.directory import Member
from subscribers.errors import SubscriberError

_LONGEST_URL = 2048
_LONGEST_NAME = 100
_BATCH = 500  # people per transaction: short locks, few commits


@dataclass(frozen=True, kw_only=True)
class AddedSource:
    """A source that is followed now; ``new`` is False when it was there already."""

    name: str
    url: str
    new: bool


def add_source(
    app: App, url: str, *, name: str | None = None, topic: str | None = None
) -> AddedSource:
    """Follow one feed (see `add_sources`)."""
    return add_sources(app, [url], name=name, topic=topic)[0]


def add_sources(
    app: App,
    urls: Sequence[str],
    *,
    name: str | None = None,
    topic: str | None = None,
    write: bool = True,
) -> list[AddedSource]:
    """Follow feeds: all of them, or none when one is no web address.

    The same address twice is one source. Without ``write`` nothing is kept.
    """
    for url in urls:
        _refuse_no_address(url)
    for word in (name, topic):
        if word is not None and not 0 < len(word.strip()) <= _LONGEST_NAME:
            raise UsageError(f"--name and --topic take 1 to {_LONGEST_NAME} characters")
    with app.database.begin() as session:
        added = [_follow(session, url, name=name, topic=topic, now=app.clock.now()) for url in urls]
        if not write:
            session.rollback()
    return added


def try_source(app: App, url: str) -> Reading:
    """Read a feed without saving anything; raises `DigestError` when there is nothing to read."""
    with Parser(app.config.parser) as parser:
        fetched = fetch.fetch(
            fetch.Source(id=0, name=url, url=url),
            client=app.client,
            parser=parser,
            now=app.clock.now(),
        )
    if fetched.reading is None:
        raise UnreadableError(f"{url}: {fetched.state}: {fetched.detail}", state=str(fetched.state))
    return fetched.reading


def sources(app: App) -> Sequence[SourceRow]:
    """Return every source, by name."""
    with app.database.read() as session:
        return session.scalars(select(SourceRow).order_by(SourceRow.name)).all()


def count_sources(app: App, *, names: Iterable[str] | None = None, due_only: bool = False) -> int:
    """Count the sources that a fetch would ask; an unknown name is an error."""
    wanted = list(names) if names is not None else None
    with app.database.read() as session:
        statement = select(func.count()).select_from(SourceRow).where(SourceRow.paused_at.is_(None))
        if due_only:
            due = or_(SourceRow.next_check_at.is_(None), SourceRow.next_check_at <= app.clock.now())
            statement = statement.where(due)
        if wanted:
            for name in wanted:
                _named(session, name)
            statement = statement.where(SourceRow.name.in_(wanted))
        return session.scalar(statement) or 0


def pause_source(app: App, name: str, *, until_resumed: bool, write: bool = True) -> None:
    """Stop reading a source, or read it again; without ``write`` only look whether it is there."""
    with app.database.begin() as session:
        row = _named(session, name)
        if write:
            row.paused_at = app.clock.now() if until_resumed else None


def add_subscribers(
    app: App,
    addresses: Sequence[str],
    *,
    consent: str,
    name: str | None = None,
    language: str | None = None,
    again: bool = False,
    write: bool = True,
    step: Callable[[], None] = lambda: None,
) -> list[tuple[str, str]]:
    """Record confirmed readers; returns each address with what became of it.

    An address that cannot be taken is ``refused: ...`` and does not stop the others.
    """
    results: list[tuple[str, str]] = []
    now = app.clock.now()
    for start in range(0, len(addresses), _BATCH):
        with app.database.begin() as session:
            for address in addresses[start : start + _BATCH]:
                fate = _add_one(
                    app,
                    session,
                    address,
                    consent=consent,
                    name=name,
                    language=language or app.config.newsletter.language,
                    again=again,
                    now=now,
                )
                results.append((address, fate))
                step()
            if not write:
                session.rollback()
    return results


def members(app: App, *, after: int, limit: int) -> Sequence[Member]:
    """Return a page of the list, by id."""
    with app.database.read() as session:
        return directory.members(session, after_id=after, limit=limit)


def remove_subscriber(app: App, address: str) -> None:
    """Take somebody off the list."""
    with app.database.begin() as session:
        directory.remove(
            session, mailbox=Mailbox.parse(address), keyring=app.keyring, now=app.clock.now()
        )


def _add_one(
    app: App,
    session: Session,
    address: str,
    *,
    consent: str,
    name: str | None,
    language: str,
    again: bool,
    now: datetime,
) -> str:
    try:
        added = directory.add(
            session,
            mailbox=Mailbox.parse(address),
            keyring=app.keyring,
            name=name,
            language=language,
            source=consent,
            again=again,
            now=now,
        )
    except SubscriberError as error:
        return f"refused: {error}"
    return str(added.outcome)


def _refuse_no_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and len(url) <= _LONGEST_URL
    except ValueError:  # a broken IPv6 address
        usable = False
    if not usable:
        raise UsageError(f"{url!r} is no web address; it starts with https:// or http://")


def _follow(
    session: Session, url: str, *, name: str | None, topic: str | None, now: datetime
) -> AddedSource:
    known = session.scalar(select(SourceRow).where(SourceRow.url == url))
    if known:
        return AddedSource(name=known.name, url=url, new=False)
    wanted = name or _name_for(session, url)
    if session.scalar(select(SourceRow.id).where(SourceRow.name == wanted)):
        raise UsageError(f"a source is named {wanted!r} already; choose another --name")
    session.add(SourceRow(name=wanted, url=url, kind="feed", topic=topic, added_at=now))
    return AddedSource(name=wanted, url=url, new=True)


def _named(session: Session, name: str) -> SourceRow:
    row = session.scalar(select(SourceRow).where(SourceRow.name == name))
    if row is None:
        raise UsageError(f"no source is named {name!r}; 'digest source list' names them all")
    return row


def _name_for(session: Session, url: str) -> str:
    """Name a source after its address, with a number when that name is taken."""
    parts = urlsplit(url)
    base = re.sub(r"^www\.", "", parts.hostname or "source")
    path = re.sub(r"\W+", "-", re.sub(r"\.(xml|json|rss|atom|rdf)$", "", parts.path)).strip("-")
    generic = {"", "feed", "rss", "atom", "index", "feed-xml"}
    name = base if path.casefold() in generic else f"{base}-{path}"
    taken = set(session.scalars(select(SourceRow.name).where(SourceRow.name.startswith(name))))
    number = 2
    candidate = name
    while candidate in taken:
        candidate, number = f"{name}-{number}", number + 1
    return candidate
